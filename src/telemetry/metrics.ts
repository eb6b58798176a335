/**
 * The gateway's metrics, in Prometheus' text format, on a registry of their own.
 *
 * One function for each thing that happens. Every label is bounded, whatever callers and the upstream send;
 * names, messages and ids belong into the log. Recording never throws.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { createCallerMetrics, type RefusedCaller } from './caller-metrics.ts';
import { createBoundedLabel, toCount, toSeconds, toStatusLabel } from './labels.ts';
import { METRIC_PREFIX } from './metric-prefix.ts';
import { type AnsweredOperation, createOperationMetrics } from './operation-metrics.ts';
import { createRateMetrics } from './rate-metrics.ts';
import { createScopeMetrics, type WatchScopes } from './scope-metrics.ts';
import { registerSnapshotGauges, type SnapshotFacts } from './snapshot-gauges.ts';
import { createStoreMetrics } from './store-metrics.ts';
import {
  createExecutionThreadEndMetrics,
  createServingThreadEndMetrics,
  type RecordThreadEnd,
} from './thread-end-metrics.ts';
import { renderTogether, type ThreadMeasurements } from './thread-metrics.ts';

export interface Metrics {
  /** A run ended. `outcome` and `source` are words of the schema: `PUBLISHED`, `EXPORT`; `NONE` when no source was read. */
  recordRefresh(run: { outcome: string; source: string; durationMs: number }): void;
  /** A call was answered with an HTTP status, or got no answer (`null`). */
  recordUpstreamRequest(call: { endpoint: string; status: number | null }): void;
  /** An attempt upstream failed with this code and is made again. */
  recordUpstreamRetry(retry: { code: string }): void;
  /** Records that a published snapshot left out. */
  recordRejectedRecords(rejection: { reason: string; count: number }): void;
  /** An operation was answered, on this thread. */
  recordOperation(operation: AnsweredOperation): void;
  /** A caller was not let in, on this thread. */
  recordRefusedCaller(refusal: RefusedCaller): void;
  /** A serving thread has ended without being told to. */
  readonly recordServingThreadEnd: RecordThreadEnd;
  /** An execution thread of this thread has. */
  readonly recordExecutionThreadEnd: RecordThreadEnd;
  /** A caller asked too often or for too much, on this thread; `kind`: `requests` or `cost`. */
  recordRateLimited(refusal: { kind: string }): void;
  /**
   * A snapshot could not be restored or stored, a call not be recorded, or callers not be counted together; `code` is
   * `STORE_UNAVAILABLE` or `STORE_CORRUPT`.
   */
  recordStoreFailure(failure: { code: string }): void;
  /** Of this thread. */
  readonly watchScopes: WatchScopes;
  /** All metrics as text, with those of other threads in the same series. */
  render(others: readonly ThreadMeasurements[]): Promise<string>;
  /** The media type of that text. */
  readonly contentType: string;
}

const MAXIMUM_WORDS = 50;

/** A second (a small tenant) to two hours (a refresh that waits for budgets). */
const REFRESH_BUCKETS_SECONDS = [1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 7_200];

export interface MetricsOptions {
  /** Asked at each scrape; `undefined` while nothing is served: the gauges of what it holds are then left out. */
  readonly snapshotFacts: () => SnapshotFacts | undefined;
  /** Bytes of all snapshots that are in memory; asked at each scrape. */
  readonly heldBytes: () => number;
  /** How many threads answer requests; asked at each scrape. */
  readonly countThreads: () => number;
}

/** The metrics of the process, on its main thread. */
export function createMetrics({ snapshotFacts, heldBytes, countThreads }: MetricsOptions): Metrics {
  const registry = new Registry();
  const shared = (name: string, help: string) => ({
    name: `${METRIC_PREFIX}${name}`,
    help,
    registers: [registry],
  });
  collectDefaultMetrics({ register: registry, prefix: METRIC_PREFIX });
  registerSnapshotGauges(shared, snapshotFacts, heldBytes);

  const refreshes = new Counter({
    ...shared('refresh_total', 'Refreshes that ended.'),
    labelNames: ['outcome', 'source'],
  });
  const refreshDuration = new Histogram({
    ...shared('refresh_duration_seconds', 'Time from the start of a refresh to its end.'),
    labelNames: ['outcome'],
    buckets: REFRESH_BUCKETS_SECONDS,
  });
  const upstreamRequests = new Counter({
    ...shared('upstream_requests_total', 'Calls to Entra ID, Defender and the blob store.'),
    labelNames: ['endpoint', 'status'],
  });
  const upstreamRetries = new Counter({
    ...shared('upstream_retries_total', 'Attempts upstream that failed and were made again.'),
    labelNames: ['code'],
  });
  const rejectedRecords = new Counter({
    ...shared('rejected_records_total', 'Records of the export that were not usable.'),
    labelNames: ['reason'],
  });
  const recordOperation = createOperationMetrics(registry);
  const recordRefusedCaller = createCallerMetrics(registry);
  new Gauge({
    ...shared('serving_threads', 'Threads that answer requests.'),
    collect() {
      this.set(countThreads());
    },
  });

  const word = () => createBoundedLabel(MAXIMUM_WORDS);
  const label = {
    refreshOutcome: word(),
    source: word(),
    endpoint: word(),
    reason: word(),
    retryCode: word(),
  };

  return {
    recordRefresh: ({ outcome, source, durationMs }) => {
      refreshes.inc({ outcome: label.refreshOutcome(outcome), source: label.source(source) });
      refreshDuration.observe({ outcome: label.refreshOutcome(outcome) }, toSeconds(durationMs));
    },
    recordUpstreamRequest: ({ endpoint, status }) => {
      upstreamRequests.inc({ endpoint: label.endpoint(endpoint), status: toStatusLabel(status) });
    },
    recordUpstreamRetry: ({ code }) => {
      upstreamRetries.inc({ code: label.retryCode(code) });
    },
    recordRejectedRecords: ({ reason, count }) => {
      rejectedRecords.inc({ reason: label.reason(reason) }, toCount(count));
    },
    recordOperation,
    recordRefusedCaller,
    recordServingThreadEnd: createServingThreadEndMetrics(registry),
    recordExecutionThreadEnd: createExecutionThreadEndMetrics(registry),
    recordRateLimited: createRateMetrics(registry),
    recordStoreFailure: createStoreMetrics(registry),
    watchScopes: createScopeMetrics(registry),
    render: (others) => (others.length === 0 ? registry.metrics() : renderTogether(registry, others)),
    contentType: registry.contentType,
  };
}
