import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METRIC_PREFIX } from '../../../src/telemetry/metric-prefix.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import type { SnapshotFacts } from '../../../src/telemetry/snapshot-gauges.ts';

function create(snapshotFacts: () => SnapshotFacts | undefined = () => undefined) {
  const metrics = createMetrics({ snapshotFacts, heldBytes: () => 12, countThreads: () => 1 });
  return {
    metrics,
    /** The samples whose name starts with this, as `name{labels} value`, without the common prefix. */
    samples: async (name: string) =>
      (await metrics.render([]))
        .split('\n')
        .filter((line) => line.startsWith(`${METRIC_PREFIX}${name}`))
        .map((line) => line.slice(METRIC_PREFIX.length)),
  };
}

describe('metrics', () => {
  it('count refreshes by outcome and source, and how long they took', async () => {
    const { metrics, samples } = create();
    metrics.recordRefresh({ outcome: 'PUBLISHED', source: 'EXPORT', durationMs: 4_000 });
    metrics.recordRefresh({ outcome: 'PUBLISHED', source: 'EXPORT', durationMs: 2_000 });
    metrics.recordRefresh({ outcome: 'FAILED', source: 'NONE', durationMs: 10 });
    assert.deepEqual(await samples('refresh_total'), [
      'refresh_total{outcome="PUBLISHED",source="EXPORT"} 2',
      'refresh_total{outcome="FAILED",source="NONE"} 1',
    ]);
    const durations = await samples('refresh_duration_seconds');
    assert.ok(durations.includes('refresh_duration_seconds_sum{outcome="PUBLISHED"} 6'));
    assert.ok(durations.includes('refresh_duration_seconds_bucket{le="2.5",outcome="PUBLISHED"} 1'));
  });

  it('count upstream calls by endpoint and status', async () => {
    const { metrics, samples } = create();
    for (const status of [200, 200, 429, 418, 599, null, 42]) {
      metrics.recordUpstreamRequest({ endpoint: 'export', status });
    }
    assert.deepEqual(await samples('upstream_requests_total'), [
      'upstream_requests_total{endpoint="export",status="200"} 2',
      'upstream_requests_total{endpoint="export",status="429"} 1',
      'upstream_requests_total{endpoint="export",status="4xx"} 1',
      'upstream_requests_total{endpoint="export",status="5xx"} 1',
      'upstream_requests_total{endpoint="export",status="none"} 1',
      'upstream_requests_total{endpoint="export",status="other"} 1',
    ]);
  });

  it('count rejected records by reason', async () => {
    const { metrics, samples } = create();
    metrics.recordRejectedRecords({ reason: 'NOT_AN_OBJECT', count: 3 });
    metrics.recordRejectedRecords({ reason: 'NOT_AN_OBJECT', count: 4 });
    assert.deepEqual(await samples('rejected_records'), ['rejected_records_total{reason="NOT_AN_OBJECT"} 7']);
  });

  it('count operations by name and outcome, and how long they took', async () => {
    const { metrics, samples } = create();
    metrics.recordOperation({ operationName: 'Expiring', outcome: 'OK', durationMs: 2 });
    metrics.recordOperation({ operationName: null, outcome: 'BAD_USER_INPUT', durationMs: 1 });
    metrics.recordOperation({ operationName: '', outcome: 'OK', durationMs: 1 });
    assert.deepEqual(await samples('graphql_operations_total'), [
      'graphql_operations_total{operation="Expiring",outcome="OK"} 1',
      'graphql_operations_total{operation="anonymous",outcome="BAD_USER_INPUT"} 1',
      'graphql_operations_total{operation="anonymous",outcome="OK"} 1',
    ]);
    const durations = await samples('graphql_operation_duration_seconds');
    assert.ok(
      durations.includes('graphql_operation_duration_seconds_bucket{le="0.001",operation="Expiring"} 0'),
    );
    assert.ok(
      durations.includes('graphql_operation_duration_seconds_bucket{le="0.0025",operation="Expiring"} 1'),
    );
  });

  it('bound the operation names that callers make up', async () => {
    const { metrics, samples } = create();
    for (let index = 0; index < 1_000; index += 1) {
      metrics.recordOperation({ operationName: `Made${index}Up`, outcome: 'OK', durationMs: 1 });
    }
    metrics.recordOperation({ operationName: 'Made7Up', outcome: 'OK', durationMs: 1 });
    const lines = await samples('graphql_operations_total');
    assert.equal(lines.length, 201);
    assert.ok(lines.includes('graphql_operations_total{operation="other",outcome="OK"} 800'));
    assert.ok(lines.includes('graphql_operations_total{operation="Made7Up",outcome="OK"} 2'));
  });

  it('cut a long name to 64 characters', async () => {
    const { metrics, samples } = create();
    metrics.recordOperation({ operationName: 'N'.repeat(10_000), outcome: 'OK', durationMs: 1 });
    assert.deepEqual(await samples('graphql_operations_total'), [
      `graphql_operations_total{operation="${'N'.repeat(64)}",outcome="OK"} 1`,
    ]);
  });

  it('show the served snapshot as it is at each scrape', async () => {
    let facts: SnapshotFacts | undefined;
    const { samples } = create(() => facts);
    assert.deepEqual(await samples('snapshot_'), ['snapshot_loaded 0', 'snapshot_memory_bytes 12']);
    facts = { revision: 7, ageMs: 90_500, certificateCount: 3, deviceCount: 4, installationCount: 5 };
    assert.deepEqual(await samples('snapshot_'), [
      'snapshot_revision 7',
      'snapshot_age_seconds 90.5',
      'snapshot_certificates 3',
      'snapshot_devices 4',
      'snapshot_installations 5',
      'snapshot_loaded 1',
      'snapshot_memory_bytes 12',
    ]);
    facts = { ...facts, ageMs: 91_500 };
    assert.deepEqual(await samples('snapshot_age'), ['snapshot_age_seconds 91.5']);
  });

  it('show what scopes take as it is at each scrape', async () => {
    const { metrics, samples } = create();
    assert.deepEqual(await samples('scope_'), ['scope_memory_bytes 0']);
    let bytes = 7;
    metrics.watchScopes(() => bytes);
    assert.deepEqual(await samples('scope_'), ['scope_memory_bytes 7']);
    bytes = 9;
    assert.deepEqual(await samples('scope_'), ['scope_memory_bytes 9']);
  });

  it('count store failures by code', async () => {
    const { metrics, samples } = create();
    metrics.recordStoreFailure({ code: 'STORE_UNAVAILABLE' });
    assert.deepEqual(await samples('store_failures'), ['store_failures_total{code="STORE_UNAVAILABLE"} 1']);
  });

  it('hold what Node says of itself: event loop delay and heap', async () => {
    const { samples } = create();
    assert.equal((await samples('nodejs_eventloop_lag_p99_seconds ')).length, 1);
    assert.equal((await samples('nodejs_heap_size_used_bytes ')).length, 1);
  });

  it('live on a registry of their own: two gateways in one process do not meet', async () => {
    const one = create();
    const two = create();
    one.metrics.recordRejectedRecords({ reason: 'X', count: 1 });
    assert.deepEqual(await two.samples('rejected_records'), []);
  });

  it('say what they are', async () => {
    assert.match(create().metrics.contentType, /^text\/plain; version=0\.0\.4; charset=utf-8$/);
  });

  it('do not throw for a clock that was set back, nor for senseless numbers', async () => {
    const { metrics, samples } = create(() => ({
      revision: 1,
      ageMs: -5,
      certificateCount: 0,
      deviceCount: 0,
      installationCount: 0,
    }));
    metrics.recordOperation({ operationName: 'A', outcome: 'OK', durationMs: -1 });
    metrics.recordOperation({ operationName: 'A', outcome: 'OK', durationMs: Number.NaN });
    metrics.recordRejectedRecords({ reason: 'X', count: -1 });
    metrics.recordRefresh({ outcome: 'FAILED', source: 'NONE', durationMs: Number.POSITIVE_INFINITY });
    assert.deepEqual(await samples('snapshot_age'), ['snapshot_age_seconds 0']);
    assert.ok((await samples('graphql_operation_duration_seconds_sum')).every((line) => line.endsWith(' 0')));
  });
});
