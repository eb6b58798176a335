/** Counts the callers who were not let in, on whatever registry the thread has that judged them. */

import { Counter, type Registry } from 'prom-client';
import { createBoundedLabel } from './labels.ts';
import { METRIC_PREFIX } from './metric-prefix.ts';

/** A caller who was not let in. */
export interface RefusedCaller {
  /** Why, one of a few words. */
  readonly reason: string;
}

const MAXIMUM_REASONS = 50;

/** Registers the metric; the function returned records one refusal, and never throws. */
export function createCallerMetrics(registry: Registry): (refusal: RefusedCaller) => void {
  const failures = new Counter({
    name: `${METRIC_PREFIX}authentication_failures_total`,
    help: 'Requests whose caller was not let in.',
    labelNames: ['reason'],
    registers: [registry],
  });
  const toReason = createBoundedLabel(MAXIMUM_REASONS);
  return ({ reason }) => {
    failures.inc({ reason: toReason(reason) });
  };
}
