import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { METRIC_PREFIX } from '../../../src/telemetry/metric-prefix.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import {
  createThreadMetrics,
  retireMeasurements,
  type ThreadMeasurements,
} from '../../../src/telemetry/thread-metrics.ts';

const OPERATION = { operationName: 'Expiring', outcome: 'OK', durationMs: 2 };

/** The page of a main thread that has answered one operation itself, with others. */
async function page(others: readonly ThreadMeasurements[]): Promise<readonly string[]> {
  const metrics = createMetrics({
    snapshotFacts: () => ({
      revision: 7,
      ageMs: 0,
      certificateCount: 3,
      deviceCount: 4,
      installationCount: 5,
    }),
    heldBytes: () => 0,
    countThreads: () => 2,
  });
  metrics.recordOperation(OPERATION);
  metrics.recordServingThreadEnd({ reason: 'EXIT' });
  metrics.watchScopes(() => 3);
  const text = await metrics.render(others);
  return text
    .split('\n')
    .filter((line) => line.startsWith(METRIC_PREFIX))
    .map((line) => line.slice(METRIC_PREFIX.length));
}

/** What a thread says that has answered so many, as it crosses to another thread. */
async function measured(operationCount: number): Promise<ThreadMeasurements> {
  const metrics = createThreadMetrics();
  for (let index = 0; index < operationCount; index += 1) metrics.recordOperation(OPERATION);
  return structuredClone(await metrics.gather());
}

function gauge(name: string, value: number): ThreadMeasurements {
  const metric = { name: `${METRIC_PREFIX}${name}`, help: '-', type: 'gauge', aggregator: 'average' };
  return [{ ...metric, values: [{ value, labels: {} }] }] as unknown as ThreadMeasurements;
}

describe('the metrics of several threads', () => {
  it('sum operations, their times, and their buckets', async () => {
    const lines = await page([await measured(2), await measured(3)]);
    assert.ok(lines.includes('graphql_operations_total{operation="Expiring",outcome="OK"} 6'));
    assert.ok(lines.includes('graphql_operation_duration_seconds_count{operation="Expiring"} 6'));
    assert.ok(
      lines.includes('graphql_operation_duration_seconds_bucket{le="0.0025",operation="Expiring"} 6'),
      lines.join('\n'),
    );
  });

  it('sum what was refused to callers, and the failures of the store', async () => {
    const metrics = createThreadMetrics();
    metrics.recordRateLimited({ kind: 'requests' });
    metrics.recordStoreFailure({ code: 'STORE_UNAVAILABLE' });
    const measured = structuredClone(await metrics.gather());
    const lines = await page([measured, measured]);
    assert.ok(lines.includes('rate_limited_total{kind="requests"} 2'), lines.join('\n'));
    assert.ok(lines.includes('store_failures_total{code="STORE_UNAVAILABLE"} 2'), lines.join('\n'));
  });

  it('sum what scopes take, of the threads that there are', async () => {
    const metrics = createThreadMetrics();
    metrics.watchScopes(() => 40);
    const measured = structuredClone(await metrics.gather());
    assert.ok((await page([measured, measured])).includes('scope_memory_bytes 83'));
    assert.ok((await page([retireMeasurements([measured])])).includes('scope_memory_bytes 3'));
  });

  it('hold once what the process has once', async () => {
    const lines = await page([await measured(1), await measured(1)]);
    for (const line of [
      'snapshot_revision 7',
      'snapshot_certificates 3',
      'snapshot_loaded 1',
      'serving_threads 2',
      'serving_thread_ends_total{reason="EXIT"} 1',
    ])
      assert.ok(lines.includes(line), line);
    const names = new Set((await measured(1)).map(({ name }) => name.slice(METRIC_PREFIX.length)));
    assert.deepEqual(
      [...names].filter((name) => name.startsWith('process_')),
      [],
    );
    assert.ok(names.has('nodejs_heap_size_used_bytes'));
    const startedAt = lines.find((line) => line.startsWith('process_start_time_seconds'));
    assert.ok(Math.abs(Number(startedAt?.split(' ')[1]) * 1_000 - Date.now()) < 3_600_000, startedAt);
  });

  it('give the delay of the slowest event loop', async () => {
    const lines = await page([
      gauge('nodejs_eventloop_lag_p99_seconds', 77),
      gauge('nodejs_eventloop_lag_seconds', 88),
    ]);
    assert.ok(lines.includes('nodejs_eventloop_lag_p99_seconds 77'));
    assert.ok(lines.includes('nodejs_eventloop_lag_seconds 88'));
  });

  it('have the same names and the same order as those of one', async () => {
    const nameOf = (line: string) => line.split(/[ {]/)[0];
    const alone = (await page([])).map(nameOf);
    const together = (await page([await measured(1)])).map(nameOf);
    assert.deepEqual([...new Set(together)], [...new Set(alone)]);
  });

  it('keep of a thread that has ended its counts, and nothing else', async () => {
    const retired = structuredClone(retireMeasurements([await measured(2), await measured(3)]));
    assert.ok(retired.every(({ type }) => ['counter', 'histogram'].includes(String(type))));
    const again = retireMeasurements([retired, await measured(4)]);
    const lines = await page([again]);
    assert.ok(lines.includes('graphql_operations_total{operation="Expiring",outcome="OK"} 10'));
  });
});
