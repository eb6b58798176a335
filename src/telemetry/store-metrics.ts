/** Counts failures of the store, on whatever registry the thread has that met them. */

import { Counter, type Registry } from 'prom-client';
import { createBoundedLabel } from './labels.ts';
import { METRIC_PREFIX } from './metric-prefix.ts';

const MAXIMUM_CODES = 50;

/** Registers the metric; the function returned records one failure, and never throws. */
export function createStoreMetrics(registry: Registry): (failure: { readonly code: string }) => void {
  const failures = new Counter({
    name: `${METRIC_PREFIX}store_failures_total`,
    help: 'Snapshots that could not be restored or stored, calls that could not be recorded, and outages in which callers were not counted together.',
    labelNames: ['code'],
    registers: [registry],
  });
  const toCode = createBoundedLabel(MAXIMUM_CODES);
  return ({ code }) => failures.inc({ code: toCode(code) });
}
