/**
 * From an `Authorization` header to a caller with its rights, or a refusal.
 *
 * It guarantees that nothing in a token is believed before its signature is: what is read before only chooses whose keys
 * to verify it with, among issuers that the settings and the policy name. Which algorithm is used, and with which key, is
 * decided by what is accepted here and by what the issuer publishes; a key, or the address of one, in a token's header
 * means nothing. Whoever is refused is told the same in every case; the reason is in the error, for the log.
 */

import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import type { AccessPolicy } from '../core/access-policy.ts';
import type { Caller } from '../core/caller.ts';
import { CallerRefusedError, type RefusalFacts, type RefusalReason } from '../core/caller-refused.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { KIBIBYTE } from '../core/units.ts';
import { findPermissions } from './grants.ts';
import { createIssuers, type Issuer } from './issuers.ts';
import { KeysUnavailableError, type ReadKeySet } from './signing-keys.ts';
import type { CallerClaims } from './token-claims.ts';

export interface AuthenticatorOptions {
  /** GUIDs in lower case. */
  readonly tenantIds: readonly string[];
  readonly audiences: readonly string[];
  /** Base of Entra ID's key endpoints, without a slash at the end. */
  readonly authorityHost: string;
  readonly policy: AccessPolicy;
  readonly readKeySet: ReadKeySet;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of each refusal. Called synchronously; must not throw. */
  readonly onRefused: (refusal: { readonly reason: RefusalReason }) => void;
}

export interface Authenticator {
  /**
   * The caller whom the header identifies. Verifies one signature, and waits for the issuer's keys when there are none
   * yet, or when the key is a new one.
   *
   * @param authorization the header; several of them joined with commas, which identify nobody
   * @throws {CallerRefusedError} `UNAUTHENTICATED`, `FORBIDDEN` when the policy grants nothing, `IDENTITY_UNAVAILABLE`
   *   when the issuer's keys could not be read since the start
   */
  identify(authorization: string | undefined): Promise<Caller>;
  /** Judges by this policy from now on; keys of issuers that stay are kept. */
  adopt(policy: AccessPolicy): void;
  /** Reads the keys of every issuer that has none yet; never rejects. */
  warm(): Promise<void>;
}

/** Node limits all headers of a request together to 16 KiB unless told otherwise; nothing is decoded above it. */
const MAXIMUM_TOKEN_LENGTH = 16 * KIBIBYTE;
/** `b64token` of RFC 6750 section 2.1. A comma is in none: it separates what several headers say. */
const TOKEN_FORM = /^[\w.~+/-]+=*$/;
/** Clocks differ. */
const CLOCK_TOLERANCE_SECONDS = 60;
/** Signatures with a private key of the issuer's. HMAC would take the public key for a secret, and `none` takes nothing. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];
/** RFC 9068 and what everybody wrote before it. A token of another type is for something else. */
const TOKEN_TYPES: ReadonlySet<unknown> = new Set([undefined, 'jwt', 'at+jwt', 'application/at+jwt']);
const MAXIMUM_FACT_LENGTH = 100;

const UNAUTHENTICATED_MESSAGE =
  'The request must carry a valid access token for this API, as "Authorization: Bearer <token>": sign in and send a new one.';
const FORBIDDEN_MESSAGE =
  'This caller has no rights here: ask whoever runs the gateway for a role, a scope or a group that its access policy grants something to.';
const UNAVAILABLE_MESSAGE = 'Callers cannot be identified at the moment: try again.';

export function createAuthenticator(options: AuthenticatorOptions): Authenticator {
  const { clock, log, onRefused } = options;
  let policy = options.policy;
  let issuers = createIssuers(options, policy.issuers);
  let hasToldOfGroups = false;

  return {
    async identify(authorization) {
      try {
        return await judge(authorization);
      } catch (error) {
        if (error instanceof CallerRefusedError) onRefused(error);
        throw error;
      }
    },
    adopt(next) {
      policy = next;
      issuers = createIssuers(options, next.issuers, issuers);
    },
    warm: async () => {
      await Promise.all([...new Set(issuers.values())].map(({ keys }) => keys.warm()));
    },
  };

  async function judge(authorization: string | undefined): Promise<Caller> {
    const token = findBearerToken(authorization);
    if (token === undefined) throw unauthenticated('TOKEN_MISSING');
    if (token.length > MAXIMUM_TOKEN_LENGTH) throw unauthenticated('TOKEN_TOO_LARGE');
    if (!TOKEN_FORM.test(token)) throw unauthenticated('TOKEN_MALFORMED');
    const { facts, issuer } = findIssuer(token);
    const found = issuer.read(await verify(token, issuer, facts));
    if ('reason' in found) throw unauthenticated(found.reason, facts);
    tellOfGroups(found);
    const permissions = findPermissions(policy, found, issuer.origin);
    if (permissions === undefined) {
      throw new CallerRefusedError('FORBIDDEN', FORBIDDEN_MESSAGE, {
        reason: 'NO_GRANT',
        facts: { ...facts, callerId: found.id },
      });
    }
    return Object.freeze({ id: found.id, subject: found.subject, kind: found.kind, ...permissions });
  }

  /** Whose token it claims to be. */
  function findIssuer(token: string): { readonly facts: RefusalFacts; readonly issuer: Issuer } {
    const { header, claims } = decode(token);
    const facts = { ...toFact('issuer', claims.iss), ...toFact('keyId', header.kid) };
    const issuer = typeof claims.iss === 'string' ? issuers.get(claims.iss) : undefined;
    if (issuer === undefined) throw unauthenticated('ISSUER_UNKNOWN', facts);
    if (typeof header.alg !== 'string' || !ALGORITHMS.includes(header.alg)) {
      throw unauthenticated('ALGORITHM_REFUSED', facts);
    }
    if (typeof header.kid !== 'string') throw unauthenticated('KEY_UNKNOWN', facts);
    return { facts, issuer };
  }

  async function verify(token: string, issuer: Issuer, facts: RefusalFacts): Promise<JWTPayload> {
    try {
      const { payload, protectedHeader } = await jwtVerify(token, issuer.keys.find, {
        algorithms: ALGORITHMS,
        issuer: [...issuer.names],
        audience: [...issuer.audiences],
        requiredClaims: ['exp'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: new Date(clock.now()),
      });
      const type = protectedHeader.typ?.toLowerCase();
      if (!TOKEN_TYPES.has(type)) throw unauthenticated('NOT_AN_ACCESS_TOKEN', facts);
      return payload;
    } catch (error) {
      if (error instanceof CallerRefusedError) throw error;
      if (error instanceof KeysUnavailableError) {
        throw new CallerRefusedError('IDENTITY_UNAVAILABLE', UNAVAILABLE_MESSAGE, {
          reason: 'KEYS_UNAVAILABLE',
          facts,
          retryable: true,
          retryAtMs: error.retryAtMs,
        });
      }
      throw unauthenticated(toReason(error), facts, error);
    }
  }

  function tellOfGroups({ hasGroupsElsewhere, id }: CallerClaims): void {
    if (!hasGroupsElsewhere || hasToldOfGroups) return;
    hasToldOfGroups = true;
    log.warn(
      { event: 'groups_not_in_token', callerId: id },
      'a caller is in more groups than its token can hold, and counts as in none: have Entra ID emit only the groups that are assigned to the application. This is said once',
    );
  }
}

function unauthenticated(
  reason: RefusalReason,
  facts: RefusalFacts = {},
  cause?: unknown,
): CallerRefusedError {
  return new CallerRefusedError('UNAUTHENTICATED', UNAUTHENTICATED_MESSAGE, { reason, facts, cause });
}

/** RFC 6750 section 2.1; the scheme in any case of letters (RFC 9110 section 11.1). */
function findBearerToken(authorization: string | undefined): string | undefined {
  return /^bearer +(\S.*)$/is.exec(authorization ?? '')?.[1]?.trimEnd();
}

/** Header and claims as they stand; neither is believed yet. */
function decode(token: string) {
  try {
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    throw unauthenticated('TOKEN_MALFORMED');
  }
}

function toFact(name: 'issuer' | 'keyId', value: unknown): RefusalFacts {
  return typeof value === 'string' ? { [name]: value.slice(0, MAXIMUM_FACT_LENGTH) } : {};
}

/** What the library refuses a token for. */
function toReason(error: unknown): RefusalReason {
  if (error instanceof errors.JWTExpired) return 'EXPIRED';
  if (error instanceof errors.JWTClaimValidationFailed) {
    const ofClaim: Readonly<Record<string, RefusalReason>> = {
      aud: 'AUDIENCE_WRONG',
      iss: 'ISSUER_UNKNOWN',
      nbf: 'NOT_YET_VALID',
    };
    return error.reason === 'check_failed' ? (ofClaim[error.claim] ?? 'CLAIMS_INVALID') : 'CLAIMS_INVALID';
  }
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'SIGNATURE_INVALID';
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return 'KEY_UNKNOWN';
  }
  if (error instanceof errors.JOSEAlgNotAllowed) return 'ALGORITHM_REFUSED';
  return error instanceof errors.JOSEError ? 'TOKEN_MALFORMED' : 'KEY_UNUSABLE';
}
