/**
 * Which sort values a filter confines its rows to: what lets a page of "expires in the next 30 days, by expiry"
 * begin with a binary search instead of a walk over everything that has expired already, and its count be the
 * difference of two places.
 */

import {
  type CertificatePlan,
  connectPlans,
  type DevicePlan,
  type InstallationPlan,
  type Plan,
  planRelated,
} from './filter-plan.ts';
import type { CertificateOrderField, DeviceOrderField, InstallationOrderField } from './row-orders.ts';
import type { ValueRange } from './sequence.ts';

/** A plan, taken apart: its rows are those in the range that the rest allows; no rest allows all. */
export interface Confined<Leaf> {
  readonly range?: ValueRange;
  readonly rest?: Plan<Leaf>;
}

export function confineCertificates(
  plan: CertificatePlan,
  field: CertificateOrderField,
): Confined<PlanLeaf<CertificatePlan>> {
  return confine(plan, (leaf) =>
    leaf.kind === 'range' && leaf.field === field ? { range: leaf.range } : undefined,
  );
}

export function confineDevices(plan: DevicePlan, field: DeviceOrderField): Confined<PlanLeaf<DevicePlan>> {
  return confine(plan, (leaf) =>
    leaf.kind === 'range' && leaf.field === field ? { range: leaf.range } : undefined,
  );
}

export function confineInstallations(
  plan: InstallationPlan,
  field: InstallationOrderField,
): Confined<PlanLeaf<InstallationPlan>> {
  if (field !== 'NOT_AFTER') return { rest: plan };
  return confine(plan, (leaf) => {
    if (leaf.kind !== 'certificate') return undefined;
    const { range, rest } = confineCertificates(leaf.plan, 'NOT_AFTER');
    if (range === undefined) return undefined;
    return rest === undefined ? { range } : { range, rest: planRelated('certificate', rest) };
  });
}

type PlanLeaf<Of> = Of extends Plan<infer Leaf> ? Leaf : never;

/** What all parts of a conjunction allow; other connectives confine nothing. */
function confine<Leaf>(plan: Plan<Leaf>, ofLeaf: (leaf: Leaf) => Confined<Leaf> | undefined): Confined<Leaf> {
  if (plan.kind === 'leaf') return ofLeaf(plan.leaf) ?? { rest: plan };
  if (plan.kind !== 'all' || plan.parts.length === 0) return { rest: plan };
  let range: ValueRange | undefined;
  const rests: Plan<Leaf>[] = [];
  for (const part of plan.parts) {
    const own = confine(part, ofLeaf);
    if (own.rest !== undefined) rests.push(own.rest);
    if (own.range === undefined) continue;
    range = {
      minimum: Math.max(range?.minimum ?? own.range.minimum, own.range.minimum),
      maximum: Math.min(range?.maximum ?? own.range.maximum, own.range.maximum),
    };
  }
  return {
    ...(range === undefined ? {} : { range }),
    ...(rests.length === 0 ? {} : { rest: connectPlans('all', rests) }),
  };
}
