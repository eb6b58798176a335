/**
 * The gateway's metrics, in Prometheus' text format, on a registry of their own.
 *
 * One function for each thing that happens. Every label is bounded, whatever callers and the upstream send;
 * names, messages and ids belong into the log. Recording never throws.
 */

import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { SECOND_MS } from '../core/units.ts';
import { createBoundedLabel, toStatusLabel } from './labels.ts';

/** First part of every metric's name. */
export const METRIC_PREFIX = 'defender_certificate_gateway_';

/** What is served at the moment of a scrape. */
export interface SnapshotFacts {
  readonly revision: number;
  /** Time since the snapshot was published. */
  readonly ageMs: number;
  readonly certificateCount: number;
  readonly deviceCount: number;
  readonly installationCount: number;
}

export interface Metrics {
  /** A run ended. `outcome` and `source` are words of the schema: `PUBLISHED`, `EXPORT`; `NONE` when no source was read. */
  recordRefresh(run: { outcome: string; source: string; durationMs: number }): void;
  /** A call was answered with an HTTP status, or got no answer (`null`). */
  recordUpstreamRequest(call: { endpoint: string; status: number | null }): void;
  /** Records that a published snapshot left out. */
  recordRejectedRecords(rejection: { reason: string; count: number }): void;
  /** An operation was answered. `operationName` is the caller's own text; `outcome`: how it went, one of a few words. */
  recordOperation(operation: { operationName: string | null; outcome: string; durationMs: number }): void;
  /** A snapshot could not be restored or stored; `code` is `STORE_UNAVAILABLE` or `STORE_CORRUPT`. */
  recordStoreFailure(failure: { code: string }): void;
  /** All metrics as text. */
  render(): Promise<string>;
  /** The media type of that text. */
  readonly contentType: string;
}

const MAXIMUM_OPERATIONS = 200;
const MAXIMUM_WORDS = 50;

/** Half a millisecond (a page from memory) to ten seconds (the deadline of a request). */
const OPERATION_BUCKETS_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];
/** A second (a small tenant) to two hours (a refresh that waits for budgets). */
const REFRESH_BUCKETS_SECONDS = [1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800, 7_200];

/**
 * @param options.snapshotFacts asked at each scrape; `undefined` while nothing is served, and the gauges of the
 *   snapshot are then left out, all but `snapshot_loaded`
 */
export function createMetrics({
  snapshotFacts,
}: {
  snapshotFacts: () => SnapshotFacts | undefined;
}): Metrics {
  const registry = new Registry();
  const shared = (name: string, help: string) => ({
    name: `${METRIC_PREFIX}${name}`,
    help,
    registers: [registry],
  });
  collectDefaultMetrics({ register: registry, prefix: METRIC_PREFIX });
  registerSnapshotGauges(shared, snapshotFacts);

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
  const rejectedRecords = new Counter({
    ...shared('rejected_records_total', 'Records of the export that were not usable.'),
    labelNames: ['reason'],
  });
  const operations = new Counter({
    ...shared('graphql_operations_total', 'GraphQL operations that were answered.'),
    labelNames: ['operation', 'outcome'],
  });
  const operationDuration = new Histogram({
    ...shared('graphql_operation_duration_seconds', 'Time to answer a GraphQL operation.'),
    labelNames: ['operation'],
    buckets: OPERATION_BUCKETS_SECONDS,
  });
  const storeFailures = new Counter({
    ...shared('store_failures_total', 'Snapshots that could not be restored or stored.'),
    labelNames: ['code'],
  });

  const word = () => createBoundedLabel(MAXIMUM_WORDS);
  const label = {
    operation: createBoundedLabel(MAXIMUM_OPERATIONS),
    operationOutcome: word(),
    refreshOutcome: word(),
    source: word(),
    endpoint: word(),
    reason: word(),
    code: word(),
  };

  return {
    recordRefresh: ({ outcome, source, durationMs }) => {
      refreshes.inc({ outcome: label.refreshOutcome(outcome), source: label.source(source) });
      refreshDuration.observe({ outcome: label.refreshOutcome(outcome) }, toSeconds(durationMs));
    },
    recordUpstreamRequest: ({ endpoint, status }) => {
      upstreamRequests.inc({ endpoint: label.endpoint(endpoint), status: toStatusLabel(status) });
    },
    recordRejectedRecords: ({ reason, count }) => {
      rejectedRecords.inc({ reason: label.reason(reason) }, toCount(count));
    },
    recordOperation: ({ operationName, outcome, durationMs }) => {
      const operation = operationName ? label.operation(operationName) : 'anonymous';
      operations.inc({ operation, outcome: label.operationOutcome(outcome) });
      operationDuration.observe({ operation }, toSeconds(durationMs));
    },
    recordStoreFailure: ({ code }) => {
      storeFailures.inc({ code: label.code(code) });
    },
    render: () => registry.metrics(),
    contentType: registry.contentType,
  };
}

type Naming = (name: string, help: string) => { name: string; help: string; registers: Registry[] };

/** Read at the moment of a scrape, so that an age is never older than the answer. */
function registerSnapshotGauges(shared: Naming, snapshotFacts: () => SnapshotFacts | undefined): void {
  const gauges: readonly [name: string, help: string, read: (facts: SnapshotFacts) => number][] = [
    ['snapshot_revision', 'Revision of the served snapshot.', ({ revision }) => revision],
    [
      'snapshot_age_seconds',
      'Time since the served snapshot was published.',
      ({ ageMs }) => toSeconds(ageMs),
    ],
    [
      'snapshot_certificates',
      'Distinct certificates in the served snapshot.',
      (facts) => facts.certificateCount,
    ],
    ['snapshot_devices', 'Devices in the served snapshot.', (facts) => facts.deviceCount],
    ['snapshot_installations', 'Installations in the served snapshot.', (facts) => facts.installationCount],
  ];
  for (const [name, help, read] of gauges) {
    new Gauge({
      ...shared(name, help),
      collect() {
        const facts = snapshotFacts();
        if (facts === undefined) this.remove();
        else this.set(read(facts));
      },
    });
  }
  new Gauge({
    ...shared('snapshot_loaded', '1 while a snapshot is served, else 0.'),
    collect() {
      this.set(snapshotFacts() === undefined ? 0 : 1);
    },
  });
}

/** A clock that was set back must not make a metric throw or run backwards. */
function toSeconds(durationMs: number): number {
  return Number.isFinite(durationMs) ? Math.max(0, durationMs) / SECOND_MS : 0;
}

function toCount(count: number): number {
  return Number.isFinite(count) && count > 0 ? count : 0;
}
