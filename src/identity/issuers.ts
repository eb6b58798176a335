/** Whose tokens are accepted: the tenants of Entra ID that the settings name, and the providers that the policy names. */

import type { JWTPayload } from 'jose';
import type { TrustedIssuer } from '../core/access-policy.ts';
import { toEntraIssuers, toEntraKeysUrl } from './entra-issuers.ts';
import type { TokenOrigin } from './grants.ts';
import { createSigningKeys, type SigningKeys, type SigningKeysOptions } from './signing-keys.ts';
import { type CallerClaims, type ClaimsFault, readEntraClaims, readProviderClaims } from './token-claims.ts';

export interface Issuer {
  /** Every `iss` that its tokens may have. */
  readonly names: readonly string[];
  readonly audiences: readonly string[];
  /** How grants name it. */
  readonly origin: TokenOrigin;
  readonly keysUrl: string;
  readonly keys: SigningKeys;
  /** Who the caller is, by a token of it that was verified. */
  read(claims: JWTPayload): CallerClaims | ClaimsFault;
}

/** By each of their names. */
export type Issuers = ReadonlyMap<string, Issuer>;

export interface IssuersOptions extends Pick<SigningKeysOptions, 'readKeySet' | 'clock' | 'log'> {
  readonly tenantIds: readonly string[];
  readonly audiences: readonly string[];
  readonly authorityHost: string;
}

/**
 * @param trusted those of the policy
 * @param before what was used until now: keys that were read from the same place for the same issuer are used on
 */
export function createIssuers(
  options: IssuersOptions,
  trusted: readonly TrustedIssuer[],
  before: Issuers = new Map(),
): Issuers {
  const { tenantIds, audiences, authorityHost } = options;
  const keysOf = (names: readonly string[], keysUrl: string, isOwn: (keyIssuer: string) => boolean) => {
    const known = before.get(names[0] ?? '');
    return known?.keysUrl === keysUrl ? known.keys : createSigningKeys({ ...options, url: keysUrl, isOwn });
  };
  const ofTenants = tenantIds.map((tenantId): Issuer => {
    const names = toEntraIssuers(authorityHost, tenantId);
    const keysUrl = toEntraKeysUrl(authorityHost, tenantId);
    // The issuer of a key that all tenants share has a place for the tenant's id in it.
    const isOwn = (keyIssuer: string) => names.includes(keyIssuer.replace('{tenantid}', tenantId));
    return {
      names,
      audiences,
      origin: { issuer: null, tenantId },
      keysUrl,
      keys: keysOf(names, keysUrl, isOwn),
      read: (claims) => readEntraClaims(claims, tenantId),
    };
  });
  const ofPolicy = trusted.map(({ issuer, audiences, keysUrl }): Issuer => {
    const names = [issuer];
    return {
      names,
      audiences,
      origin: { issuer, tenantId: null },
      keysUrl,
      keys: keysOf(names, keysUrl, (keyIssuer) => keyIssuer === issuer),
      read: (claims) => readProviderClaims(claims, issuer),
    };
  });
  // Entra ID's last: nobody in a policy takes the place of a tenant.
  return new Map([...ofPolicy, ...ofTenants].flatMap((issuer) => issuer.names.map((name) => [name, issuer])));
}
