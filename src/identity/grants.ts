/**
 * What a caller may do: the union of the grants that fit its token. Pure.
 *
 * Rights add up, and so do the groups whose devices are visible, but only those of grants that let read: a grant of
 * another right on all devices makes no device visible. Roles count for applications in their own name alone, groups for
 * users alone; a role that a user has is the user's, and gives nothing to an application that speaks for it.
 */

import type { AccessPolicy, Grant } from '../core/access-policy.ts';
import type { Caller, Right } from '../core/caller.ts';
import type { CallerClaims } from './token-claims.ts';

/** Whose token it is: of a tenant of Entra ID, or of another issuer. One of the two is `null`. */
export interface TokenOrigin {
  readonly issuer: string | null;
  /** A GUID in lower case. */
  readonly tenantId: string | null;
}

/** What is decided for one caller. */
export type Permissions = Pick<Caller, 'rights' | 'rbacGroupIds'>;

/** @returns `undefined` when no grant fits */
export function findPermissions(
  { grants }: Pick<AccessPolicy, 'grants'>,
  claims: Pick<CallerClaims, 'kind' | 'roles' | 'scopes' | 'groups'>,
  origin: TokenOrigin,
): Permissions | undefined {
  const fitting = grants.filter(
    (grant) => isFor(grant, origin) && valuesOf(grant, claims).includes(grant.value),
  );
  if (fitting.length === 0) return undefined;
  return {
    rights: new Set<Right>(fitting.flatMap(({ rights }) => rights)),
    rbacGroupIds: findVisibleGroups(fitting),
  };
}

/** A grant for a tenant is for no other issuer, whatever that writes into its tokens. */
function isFor(grant: Grant, { issuer, tenantId }: TokenOrigin): boolean {
  return grant.issuer === issuer && (grant.tenantId === null || grant.tenantId === tenantId);
}

function valuesOf(
  { claim }: Grant,
  { kind, roles, scopes, groups }: Pick<CallerClaims, 'kind' | 'roles' | 'scopes' | 'groups'>,
): readonly string[] {
  switch (claim) {
    case 'role':
      return kind === 'APPLICATION' ? roles : [];
    case 'scope':
      return scopes;
    case 'group':
      return kind === 'USER' ? groups : [];
  }
}

/** `null` = all. */
function findVisibleGroups(fitting: readonly Grant[]): readonly string[] | null {
  const ids = new Set<string>();
  for (const { rights, rbacGroupIds } of fitting) {
    if (!rights.includes('Inventory.Read')) continue;
    if (rbacGroupIds === null) return null;
    for (const id of rbacGroupIds) ids.add(id);
  }
  return [...ids].sort();
}
