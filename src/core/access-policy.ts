/**
 * What callers are granted, as plain data that crosses between threads. Whoever reads a policy file makes one, with its
 * faults found; whoever identifies a caller applies it.
 */

import type { Right } from './caller.ts';

/** The claims of a token that a grant can be for. */
export const GRANT_CLAIMS = ['role', 'scope', 'group'] as const;

export type GrantClaim = (typeof GRANT_CLAIMS)[number];

/** What everybody with one role, scope or group may do. */
export interface Grant {
  readonly claim: GrantClaim;
  readonly value: string;
  /** Whose tokens it counts for; `null` = Entra ID's. */
  readonly issuer: string | null;
  /** The one tenant of Entra ID whose tokens it counts for, a GUID in lower case; `null` = each that is accepted. */
  readonly tenantId: string | null;
  readonly rights: readonly Right[];
  /** Whose devices may be read with it; `null` = all. Empty where reading is not among the rights. */
  readonly rbacGroupIds: readonly string[] | null;
}

/** An OpenID provider beside Entra ID. */
export interface TrustedIssuer {
  /** Exactly what its tokens have in `iss`. */
  readonly issuer: string;
  /** What its tokens must be for: one of these; at least one. */
  readonly audiences: readonly string[];
  /** Where it publishes its signing keys, as a JSON Web Key Set. */
  readonly keysUrl: string;
}

export interface AccessPolicy {
  readonly grants: readonly Grant[];
  /** Distinct by `issuer`. */
  readonly issuers: readonly TrustedIssuer[];
}
