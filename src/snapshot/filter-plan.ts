/**
 * Filters in normal form, each part with a key of bounded length: two plans with one key have the same rows in their
 * snapshot, and are never compared but by it. How filters are brought into this form is in `plan-filter.ts`.
 */

import { createHash } from 'node:crypto';
import type { CertificateTest, DeviceTest, InstallationQuantifier, InstallationTest } from './filter.ts';
import type { CertificateOrderField, DeviceOrderField } from './row-orders.ts';
import type { RowSet } from './row-set.ts';
import type { ValueRange } from './sequence.ts';

/** A filter in normal form. `all` and `any` have two parts or more, or none. */
export type Plan<Leaf> =
  | { readonly kind: 'all' | 'any'; readonly key: string; readonly parts: readonly Plan<Leaf>[] }
  | { readonly kind: 'not'; readonly key: string; readonly part: Plan<Leaf> }
  | { readonly kind: 'leaf'; readonly key: string; readonly leaf: Leaf };

/** Sort values within a range, which stand at the places from `start` to before `end` of the order of a field. */
export interface RangeLeaf<Field> {
  readonly kind: 'range';
  readonly field: Field;
  readonly range: ValueRange;
  readonly start: number;
  readonly end: number;
}

/** At least one installation of the row matches. */
export interface SomeInstallationLeaf {
  readonly kind: 'someInstallation';
  readonly plan: InstallationPlan;
}

/** The row can be found by the one who asks. */
export interface ScopeLeaf {
  readonly kind: 'scope';
  readonly rows: RowSet;
}

export type CertificateLeaf =
  | Exclude<CertificateTest, InstallationQuantifier>
  | RangeLeaf<CertificateOrderField>
  | SomeInstallationLeaf
  | ScopeLeaf;
export type DeviceLeaf =
  | Exclude<DeviceTest, InstallationQuantifier>
  | RangeLeaf<DeviceOrderField>
  | SomeInstallationLeaf
  | ScopeLeaf;
export type InstallationLeaf =
  | Extract<InstallationTest, { kind: 'text' }>
  | { readonly kind: 'certificate'; readonly plan: CertificatePlan }
  | { readonly kind: 'device'; readonly plan: DevicePlan }
  | ScopeLeaf;

export type CertificatePlan = Plan<CertificateLeaf>;
export type DevicePlan = Plan<DeviceLeaf>;
export type InstallationPlan = Plan<InstallationLeaf>;

/** A plan on certificates as one on their installations. */
export function planRelated(kind: 'certificate', plan: CertificatePlan): InstallationPlan {
  return leafPlan<InstallationLeaf>(`${kind}(${plan.key})`, { kind, plan });
}

/** What all of the parts, or any of them, allow. */
export function connectPlans<Leaf>(kind: 'all' | 'any', given: readonly Plan<Leaf>[]): Plan<Leaf> {
  const byKey = new Map<string, Plan<Leaf>>();
  for (const part of given) {
    const flat = part.kind === kind ? part.parts : [part];
    for (const inner of flat) byKey.set(inner.key, inner);
  }
  const parts = [...byKey.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  if (parts.length === 1) return parts[0]!;
  return { kind, key: toKey(`${kind}(${parts.map(({ key }) => key).join(',')})`), parts };
}

/**
 * What a plan allows of the rows that can be found, of which there is one set a table and snapshot.
 *
 * @param rows `undefined` = all rows
 */
export function confineToScope<Leaf>(plan: Plan<Leaf>, rows: RowSet | undefined): Plan<Leaf | ScopeLeaf> {
  if (rows === undefined) return plan;
  return connectPlans<Leaf | ScopeLeaf>('all', [leafPlan('scope', { kind: 'scope', rows }), plan]);
}

/** The rows that a plan does not allow. */
export function complementPlan<Leaf>(part: Plan<Leaf>): Plan<Leaf> {
  return part.kind === 'not' ? part.part : { kind: 'not', key: toKey(`not(${part.key})`), part };
}

/** All rows. */
export function planEverything<Leaf>(): Plan<Leaf> {
  return connectPlans<Leaf>('all', []);
}

/** A test on its own. */
export function leafPlan<Leaf>(key: string, leaf: Leaf): Plan<Leaf> {
  return { kind: 'leaf', key: toKey(key), leaf };
}

/** Keys are looked up for each parent of a connection, and kept: of a longer text the digest stands for it. */
const MAXIMUM_KEY_LENGTH = 128;

function toKey(text: string): string {
  if (text.length <= MAXIMUM_KEY_LENGTH) return text;
  return `#${createHash('sha256').update(text).digest('base64url')}`;
}
