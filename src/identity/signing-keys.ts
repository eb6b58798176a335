/**
 * The public keys that one issuer signs tokens with, read from where it publishes them and kept.
 *
 * It guarantees that no key is lost: while the issuer cannot be reached, or publishes nothing that can be used, the last
 * good keys stay. Nobody makes it ask often: for an unknown key id it asks again, at most every 30 s, and callers with
 * known keys never wait for that. It does not judge tokens.
 */

import { type CryptoKey, createLocalJWKSet, errors, type JWK, type JWTVerifyGetKey } from 'jose';
import type { Clock } from '../core/clock.ts';
import { findGatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { redact } from '../core/redaction.ts';
import { MINUTE_MS, SECOND_MS } from '../core/units.ts';

/** Reads a JSON document from an issuer, within seconds; rejects when there is none. */
export type ReadKeySet = (url: string) => Promise<unknown>;

export interface SigningKeys {
  /**
   * The key that a token's header names.
   *
   * @throws `errors.JWKSNoMatchingKey` when the issuer has no such key; {@link KeysUnavailableError} before the first keys
   */
  readonly find: JWTVerifyGetKey;
  /** Reads the keys, unless they are there or on their way. Never rejects. */
  warm(): Promise<void>;
}

export interface SigningKeysOptions {
  readonly url: string;
  /** Whether a published key, by its member `issuer`, is this issuer's. A key without that member always is. */
  readonly isOwn: (keyIssuer: string) => boolean;
  readonly readKeySet: ReadKeySet;
  readonly clock: Clock;
  readonly log: Logger;
}

/** There are no keys yet, for they could not be read. */
export class KeysUnavailableError extends Error {
  /** Epoch milliseconds from which on they are asked for again. */
  readonly retryAtMs: number;

  constructor(retryAtMs: number) {
    super('The signing keys could not be read.');
    this.retryAtMs = retryAtMs;
  }
}

/** Keys this old are read again, beside the requests: one that was withdrawn is soon refused. */
const RENEW_AFTER_MS = 10 * MINUTE_MS;
const COOLDOWN_MS = 30 * SECOND_MS;
/** Without any keys nobody gets in, so they are asked for more often. */
const FIRST_KEYS_COOLDOWN_MS = 5 * SECOND_MS;
/** Issuers have a handful. */
const MAXIMUM_KEYS = 200;

/** Reads nothing yet. */
export function createSigningKeys(options: SigningKeysOptions): SigningKeys {
  const { url, isOwn, readKeySet, clock, log } = options;
  let keys: ((header: Parameters<JWTVerifyGetKey>[0]) => Promise<CryptoKey>) | undefined;
  let readAtMs = Number.NEGATIVE_INFINITY;
  let triedAtMs = Number.NEGATIVE_INFINITY;
  let pending: Promise<void> | undefined;

  return {
    async find(header) {
      if (keys === undefined) await readUnlessCool();
      else if (clock.now() - readAtMs >= RENEW_AFTER_MS) void readUnlessCool();
      if (keys === undefined) throw new KeysUnavailableError(triedAtMs + FIRST_KEYS_COOLDOWN_MS);
      try {
        return await keys(header);
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      }
      await readUnlessCool();
      return await keys(header);
    },
    async warm() {
      if (keys === undefined) await readUnlessCool();
    },
  };

  /** Waits for a reading under way, or begins one unless the last one was a moment ago. */
  async function readUnlessCool(): Promise<void> {
    const cooldownMs = keys === undefined ? FIRST_KEYS_COOLDOWN_MS : COOLDOWN_MS;
    if (pending === undefined && clock.now() - triedAtMs >= cooldownMs) {
      triedAtMs = clock.now();
      pending = read().finally(() => {
        pending = undefined;
      });
    }
    await pending;
  }

  /** Never rejects. */
  async function read(): Promise<void> {
    try {
      const usable = findUsableKeys(await readKeySet(url), isOwn);
      keys = createLocalJWKSet({ keys: usable });
      readAtMs = clock.now();
      log.debug({ event: 'signing_keys_read', url, count: usable.length }, 'signing keys read');
    } catch (error) {
      const advice =
        keys === undefined
          ? 'nobody can be identified by them until this is cured: check AUTH_AUTHORITY_HOST and AUTH_TENANT_ID, or keysUrl in the policy, and HTTPS_PROXY and NODE_EXTRA_CA_CERTS'
          : 'the last good ones are used on';
      log.warn(
        { event: 'signing_keys_unreadable', url, cause: describe(error) },
        `signing keys cannot be read: ${advice}`,
      );
    }
  }
}

function findUsableKeys(document: unknown, isOwn: (keyIssuer: string) => boolean): JWK[] {
  const { keys } = (document ?? {}) as { readonly keys?: unknown };
  const usable = Array.isArray(keys) ? keys.filter((key) => isUsable(key, isOwn)) : [];
  if (usable.length === 0)
    throw new Error('The document holds no key of this issuer that can verify a signature.');
  return usable.slice(0, MAXIMUM_KEYS);
}

/** Symmetric keys are no public keys, whoever publishes them. */
function isUsable(key: unknown, isOwn: (keyIssuer: string) => boolean): boolean {
  if (typeof key !== 'object' || key === null) return false;
  const { kty, kid, use = 'sig', issuer } = key as Readonly<Record<string, unknown>>;
  const isPublic = kty === 'RSA' || kty === 'EC';
  return (
    isPublic && typeof kid === 'string' && use === 'sig' && (typeof issuer !== 'string' || isOwn(issuer))
  );
}

function describe(error: unknown): string {
  return redact(findGatewayError(error)?.message ?? String(error)).slice(0, 500);
}
