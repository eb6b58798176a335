/**
 * The metrics of one further serving thread, and how those of several threads become one page.
 *
 * A thread measures what is its own: what it answers and refuses, its heap, its event loop, its garbage collector.
 * What the whole process has (processor time, resident memory, open files) is measured on the main thread alone.
 */

import {
  AggregatorRegistry,
  collectDefaultMetrics,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from 'prom-client';
import { createCallerMetrics, type RefusedCaller } from './caller-metrics.ts';
import { METRIC_PREFIX } from './metric-prefix.ts';
import { type AnsweredOperation, createOperationMetrics } from './operation-metrics.ts';
import { createRateMetrics } from './rate-metrics.ts';
import { createScopeMetrics, type WatchScopes } from './scope-metrics.ts';
import { createStoreMetrics } from './store-metrics.ts';
import { createExecutionThreadEndMetrics, type RecordThreadEnd } from './thread-end-metrics.ts';

type Measurement = Omit<MetricObjectWithValues<MetricValue<string>>, 'collect'>;

/** What a thread has measured since it began: plain data, which crosses between threads. */
export type ThreadMeasurements = readonly Measurement[];

export interface ThreadMetrics {
  /** Never throws. */
  recordOperation(operation: AnsweredOperation): void;
  /** A caller asked too often or for too much; never throws. */
  recordRateLimited(refusal: { kind: string }): void;
  /** Callers could not be counted together; never throws. */
  recordStoreFailure(failure: { code: string }): void;
  /** Never throws. */
  recordRefusedCaller(refusal: RefusedCaller): void;
  /** An execution thread of this thread has ended without being told to; never throws. */
  readonly recordExecutionThreadEnd: RecordThreadEnd;
  readonly watchScopes: WatchScopes;
  gather(): Promise<ThreadMeasurements>;
  /** The media type of a page of metrics. */
  readonly contentType: string;
}

/** Of Node's own metrics, those of a thread; the others would be counted once for each. */
const OF_A_THREAD = /^nodejs_(?:eventloop|heap|gc|external)_/;
/** An average would hide the one thread that hangs. */
const WORST_COUNTS = /^nodejs_eventloop_lag_(?!min_)/;

const COUNTING_TYPES: ReadonlySet<string> = new Set(['counter', 'histogram']);

export function createThreadMetrics(): ThreadMetrics {
  const nodes = new Registry();
  const requests = new Registry();
  collectDefaultMetrics({ register: nodes, prefix: METRIC_PREFIX });
  return {
    recordOperation: createOperationMetrics(requests),
    recordRefusedCaller: createCallerMetrics(requests),
    recordRateLimited: createRateMetrics(requests),
    recordStoreFailure: createStoreMetrics(requests),
    recordExecutionThreadEnd: createExecutionThreadEndMetrics(requests),
    watchScopes: createScopeMetrics(requests),
    gather: async () => [
      ...(await nodes.getMetricsAsJSON()).filter(({ name }) => OF_A_THREAD.test(withoutPrefix(name))),
      ...(await requests.getMetricsAsJSON()),
    ],
    contentType: requests.contentType,
  };
}

/** What stays of threads that have ended: their counts, summed. Their heap and their event loop are gone. */
export function retireMeasurements(measurements: readonly ThreadMeasurements[]): ThreadMeasurements {
  const counts = measurements.map((ofOne) => ofOne.filter(({ type }) => COUNTING_TYPES.has(String(type))));
  // An aggregate holds its values beside the function that gives them, which cannot cross between threads.
  return (aggregate(counts).getMetricsAsArray() as unknown as readonly Measurement[]).map(
    ({ name, help, type, aggregator, values }) => ({ name, help, type, aggregator, values }),
  );
}

/** One page of a main thread's metrics and those of others: sums, but of the delays of event loops the worst. */
export async function renderTogether(main: Registry, others: readonly ThreadMeasurements[]): Promise<string> {
  return await aggregate([await main.getMetricsAsJSON(), ...others]).metrics();
}

function aggregate(measurements: readonly ThreadMeasurements[]): Registry {
  const ruled = measurements.map((ofOne) =>
    ofOne.map((metric) => ({ ...metric, aggregator: toAggregator(metric) })),
  );
  return AggregatorRegistry.aggregate(ruled);
}

/** Metrics of the library that must not be combined are those of the process, which the main thread alone has. */
function toAggregator({ name, aggregator }: Measurement): Measurement['aggregator'] {
  if (WORST_COUNTS.test(withoutPrefix(name))) return 'max';
  return aggregator === 'omit' ? 'first' : aggregator;
}

function withoutPrefix(name: string): string {
  return name.slice(METRIC_PREFIX.length);
}
