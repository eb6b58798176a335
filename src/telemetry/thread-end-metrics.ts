/** Counts the ends of threads that were not told to end, on the registry of the thread that started them. */

import { Counter, type Registry } from 'prom-client';
import { createBoundedLabel } from './labels.ts';
import { METRIC_PREFIX } from './metric-prefix.ts';

const MAXIMUM_REASONS = 10;

/** Told of one end; `reason`: one of a few words. Never throws. */
export type RecordThreadEnd = (end: { readonly reason: string }) => void;

/** Registers the metric for serving threads. */
export function createServingThreadEndMetrics(registry: Registry): RecordThreadEnd {
  return createThreadEndMetrics(
    registry,
    'serving_thread_ends_total',
    'Serving threads that ended without being told to, and were replaced.',
  );
}

/** Registers the metric for execution threads. */
export function createExecutionThreadEndMetrics(registry: Registry): RecordThreadEnd {
  return createThreadEndMetrics(
    registry,
    'execution_thread_ends_total',
    'Execution threads that ended without being told to; each lost the dear operation that it was at.',
  );
}

function createThreadEndMetrics(registry: Registry, name: string, help: string): RecordThreadEnd {
  const ends = new Counter({
    name: `${METRIC_PREFIX}${name}`,
    help,
    labelNames: ['reason'],
    registers: [registry],
  });
  const toReason = createBoundedLabel(MAXIMUM_REASONS);
  return ({ reason }) => ends.inc({ reason: toReason(reason) });
}
