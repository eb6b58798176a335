/**
 * Who asks, and what they may: the same wherever a request is judged. A caller is made by whoever identified it and
 * never changes; what it may is decided at that moment, for the one request.
 */

/**
 * What a caller can be allowed, as the policy file names it: to read the data, to ask for a refresh, and to see how the
 * gateway is doing (metrics, quality, budgets).
 */
export const RIGHTS = ['Inventory.Read', 'Inventory.Refresh', 'Inventory.Operate'] as const;

export type Right = (typeof RIGHTS)[number];

/** A signed-in user, an application in its own name, or anybody, where nobody is identified. */
export type CallerKind = 'USER' | 'APPLICATION' | 'ANONYMOUS';

export interface Caller {
  /** One text for one caller among all of all issuers: what budgets are kept by. */
  readonly id: string;
  /** The caller as its issuer names it: the object id in Entra ID; `null` for anybody. */
  readonly subject: string | null;
  readonly kind: CallerKind;
  readonly rights: ReadonlySet<Right>;
  /** Ids of the RBAC groups whose devices the caller sees, ascending and distinct; `null` = all devices. */
  readonly rbacGroupIds: readonly string[] | null;
}

/** Whether a caller is limited to no part of the inventory. */
export function seesAll({ rbacGroupIds }: Caller): boolean {
  return rbacGroupIds === null;
}

/** Whether a caller reads a part of the inventory and must not be told of the rest; not so of one who reads nothing of it. */
export function readsPartOnly({ rights, rbacGroupIds }: Caller): boolean {
  return rights.has('Inventory.Read') && rbacGroupIds !== null;
}

/** Everybody, where callers are not identified (`AUTH_MODE=none`): may do and see all. */
export const ANONYMOUS_CALLER: Caller = Object.freeze({
  id: 'anonymous',
  subject: null,
  kind: 'ANONYMOUS',
  rights: new Set(RIGHTS),
  rbacGroupIds: null,
});
