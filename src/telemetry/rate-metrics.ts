/** Counts what was refused to callers who asked too often or for too much, on the registry of the thread that did. */

import { Counter, type Registry } from 'prom-client';
import { createBoundedLabel } from './labels.ts';
import { METRIC_PREFIX } from './metric-prefix.ts';

const MAXIMUM_KINDS = 10;

/** Registers the metric; the function returned records one refusal, and never throws. */
export function createRateMetrics(registry: Registry): (refusal: { readonly kind: string }) => void {
  const refusals = new Counter({
    name: `${METRIC_PREFIX}rate_limited_total`,
    help: 'Requests that were answered 429, by which rate of their caller was spent.',
    labelNames: ['kind'],
    registers: [registry],
  });
  const toKind = createBoundedLabel(MAXIMUM_KINDS);
  return ({ kind }) => refusals.inc({ kind: toKind(kind) });
}
