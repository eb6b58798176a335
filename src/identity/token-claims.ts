/**
 * What the claims of a genuine access token say of its caller: who it is, in whose name it acts, and what it brings that
 * a grant can be for. Signature, issuer, audience and times have been judged by then.
 *
 * A token is an application's own when it says so (`idtyp`), or when its subject is the application itself; any other
 * speaks for a user, and must have scopes: without any it is an ID token, which is for its client alone.
 */

import type { JWTPayload } from 'jose';
import type { RefusalReason } from '../core/caller-refused.ts';
import { normalizeGroup } from './groups.ts';

export interface CallerClaims {
  readonly kind: 'USER' | 'APPLICATION';
  readonly id: string;
  readonly subject: string;
  readonly roles: readonly string[];
  readonly scopes: readonly string[];
  readonly groups: readonly string[];
  /** Whether the groups were too many for the token, which then has none of them. */
  readonly hasGroupsElsewhere: boolean;
}

/** A genuine token that identifies nobody. */
export interface ClaimsFault {
  readonly reason: RefusalReason;
}

const MAXIMUM_SUBJECT_LENGTH = 256;

/**
 * Of a token of Entra ID.
 *
 * @param tenantId the tenant that its issuer names
 */
export function readEntraClaims(claims: JWTPayload, tenantId: string): CallerClaims | ClaimsFault {
  if (claims.tid !== tenantId) return { reason: 'TENANT_WRONG' };
  const objectId = findSubject(claims.oid);
  const subject = objectId ?? findSubject(claims.sub);
  if (subject === undefined) return { reason: 'CLAIMS_INVALID' };
  const scopes = toWords(claims.scp);
  const isUnmarked = claims.idtyp === undefined && objectId !== undefined && claims.sub === objectId;
  const isApplication = claims.scp === undefined && (claims.idtyp === 'app' || isUnmarked);
  return finish(claims, { isApplication, scopes, subject, id: `${tenantId}:${subject}` });
}

/** Of a token of another OpenID provider (RFC 9068). */
export function readProviderClaims(claims: JWTPayload, issuer: string): CallerClaims | ClaimsFault {
  const subject = findSubject(claims.sub);
  if (subject === undefined) return { reason: 'CLAIMS_INVALID' };
  const isApplication = subject === claims.client_id || subject === claims.azp;
  const scopes = toWords(claims.scope ?? claims.scp);
  return finish(claims, { isApplication, scopes, subject, id: `${issuer}|${subject}` });
}

function finish(
  claims: JWTPayload,
  found: {
    readonly isApplication: boolean;
    readonly scopes: readonly string[];
    readonly subject: string;
    readonly id: string;
  },
): CallerClaims | ClaimsFault {
  const { isApplication, scopes, subject, id } = found;
  if (!isApplication && scopes.length === 0) return { reason: 'NOT_AN_ACCESS_TOKEN' };
  return {
    kind: isApplication ? 'APPLICATION' : 'USER',
    id,
    subject,
    scopes,
    roles: toTexts(claims.roles),
    groups: toTexts(claims.groups).map(normalizeGroup),
    hasGroupsElsewhere: isGroupsElsewhere(claims),
  };
}

function findSubject(value: unknown): string | undefined {
  const isSubject = typeof value === 'string' && value !== '' && value.length <= MAXIMUM_SUBJECT_LENGTH;
  return isSubject ? value : undefined;
}

/** Words with spaces between them, or a list of them. */
function toWords(value: unknown): readonly string[] {
  return typeof value === 'string' ? value.split(' ').filter((word) => word !== '') : toTexts(value);
}

/** The texts of a list; of a single text that text. */
function toTexts(value: unknown): readonly string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.filter((one) => typeof one === 'string');
}

/** Entra ID names a place to ask in place of more than 200 groups. */
function isGroupsElsewhere({ _claim_names: names, hasgroups }: JWTPayload): boolean {
  const isNamed = typeof names === 'object' && names !== null && Object.hasOwn(names, 'groups');
  return isNamed || hasgroups === true || hasgroups === 'true';
}
