import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/core/units.ts';
import type { RunEnding } from '../../../src/refresh/refresher.ts';
import { settle } from '../../support/manual-clock.ts';
import { createBuiltResult } from '../../support/refresh-fixtures.ts';
import { restored, START_MS, setUp, transient } from '../../support/refresher-harness.ts';

test('keeps serving and records the cause when a refresh fails', async () => {
  const { job, published, refresher } = setUp({ initial: restored(7 * HOUR_MS) });
  refresher.start();
  job.latest.reject(transient());
  await settle();
  const status = refresher.status();
  const failure = {
    atMs: START_MS,
    code: 'UPSTREAM_UNAVAILABLE',
    message: 'Defender is away.',
    retryable: true,
  };
  assert.deepEqual(published, []);
  assert.deepEqual(status.lastFailure, failure);
  assert.deepEqual(status.lastRun?.failure, failure);
  assert.equal(status.lastRun?.outcome, 'FAILED');
  assert.equal(status.phase, 'IDLE');
  assert.equal(status.lastSuccessAtMs, START_MS - 7 * HOUR_MS);
});

test('retries a failure that may pass with doubling waits', async () => {
  const { clock, job, refresher } = setUp();
  refresher.start();
  for (const expectedMs of [15 * SECOND_MS, 30 * SECOND_MS, 60 * SECOND_MS, 2 * MINUTE_MS]) {
    job.latest.reject(transient());
    await settle();
    assert.equal(refresher.status().nextRunAtMs, clock.now() + expectedMs);
    await clock.advance(expectedMs);
    assert.equal(refresher.status().currentRun?.trigger, 'RETRY');
  }
});

test('begins again with short waits after a success', async () => {
  const { clock, job, refresher } = setUp();
  refresher.start();
  job.latest.reject(transient());
  await clock.advance(15 * SECOND_MS);
  job.latest.reject(transient());
  await clock.advance(30 * SECOND_MS);
  job.latest.resolve(createBuiltResult());
  await clock.advance(6 * HOUR_MS);
  job.latest.reject(transient());
  await settle();
  assert.equal(refresher.status().nextRunAtMs, clock.now() + 15 * SECOND_MS);
});

test('leaves a failure that cannot pass by itself to the schedule', async () => {
  const { clock, job, refresher } = setUp();
  refresher.start();
  job.latest.reject(new GatewayError('UPSTREAM_ROLE_MISSING', 'Grant the role.'));
  await settle();
  assert.equal(refresher.status().nextRunAtMs, START_MS + 6 * HOUR_MS);
  await clock.advance(6 * HOUR_MS);
  assert.equal(refresher.status().currentRun?.trigger, 'SCHEDULE');
});

test('plans nothing after a failure that cannot pass by itself when there is no schedule', async () => {
  const { job, refresher } = setUp({ settings: { intervalMs: 0, cooldownMs: 0, jitter: 0 } });
  refresher.start();
  job.latest.reject(new GatewayError('UPSTREAM_ROLE_MISSING', 'Grant the role.'));
  await settle();
  assert.equal(refresher.status().nextRunAtMs, null);
});

test('does not retry before the instant that the failure names', async () => {
  const { job, refresher } = setUp();
  refresher.start();
  const retryAtMs = START_MS + 20 * MINUTE_MS;
  job.latest.reject(new GatewayError('UPSTREAM_BUDGET_SPENT', 'Spent.', { retryable: true, retryAtMs }));
  await settle();
  assert.equal(refresher.status().nextRunAtMs, retryAtMs + 15 * SECOND_MS);
});

test('keeps the last failure until a later success', async () => {
  const { clock, job, refresher } = setUp();
  refresher.start();
  job.latest.reject(transient());
  await clock.advance(15 * SECOND_MS);
  assert.equal(refresher.status().currentRun?.trigger, 'RETRY');
  assert.equal(refresher.status().lastFailure?.code, 'UPSTREAM_UNAVAILABLE');
  job.latest.resolve(createBuiltResult());
  await settle();
  assert.equal(refresher.status().lastFailure, null);
});

test('calls a run that a validator refused rejected, not failed', async () => {
  for (const code of [
    'SNAPSHOT_EMPTY',
    'SNAPSHOT_SHRUNK',
    'SNAPSHOT_REJECTED_RECORDS',
    'SNAPSHOT_INCOMPLETE',
  ] as const) {
    const { job, events, refresher } = setUp();
    refresher.start();
    job.latest.reject(new GatewayError(code, 'Refused.'));
    await settle();
    assert.equal(refresher.status().lastRun?.outcome, 'REJECTED');
    assert.equal(refresher.status().lastFailure?.code, code);
    assert.deepEqual(events.slice(1), [`finished REJECTED ${code}`]);
  }
});

test('shows nothing of an error that is not ours, and hands it to the events', async () => {
  const secret = new Error('sig=abc');
  const causes: unknown[] = [];
  const events = {
    onStarted() {},
    onDropped() {},
    onFinished: (_run: unknown, { error }: RunEnding) => causes.push(error?.cause),
  };
  const { job, refresher } = setUp({ events });
  refresher.start();
  job.latest.reject(secret);
  await settle();
  assert.deepEqual(refresher.status().lastFailure, {
    atMs: START_MS,
    code: 'INTERNAL_SERVER_ERROR',
    message:
      'The refresh failed for an internal reason, which the log of the gateway has. The served snapshot stays.',
    retryable: false,
  });
  assert.deepEqual(causes, [secret]);
});

test('records a job that throws before it returns as a failure', async () => {
  const job = {
    run: () => {
      throw transient();
    },
  };
  const { refresher } = setUp({ job });
  refresher.start();
  await settle();
  assert.equal(refresher.status().lastFailure?.code, 'UPSTREAM_UNAVAILABLE');
});

test('records a publication that throws as a failure, and goes on from the old snapshot', async () => {
  const context = setUp({
    initial: restored(7 * HOUR_MS),
    publish: () => {
      throw new GatewayError('INVARIANT_VIOLATED', 'Broken.');
    },
  });
  context.refresher.start();
  context.job.latest.resolve(createBuiltResult({ revision: 8 }));
  await settle();
  assert.equal(context.refresher.status().lastRun?.outcome, 'FAILED');
  context.refresher.requestRefresh();
  assert.equal(context.job.latest.request.previous?.revision, 7);
});

test('publishes a snapshot that could not be stored, and says so on the run', async () => {
  const { job, published, refresher } = setUp();
  refresher.start();
  const storeFailure = new GatewayError('STORE_UNAVAILABLE', 'The disk is full.', { retryable: true });
  job.latest.resolve({ ...createBuiltResult(), storeFailure } as ReturnType<typeof createBuiltResult>);
  await settle();
  assert.deepEqual(published, [1]);
  assert.equal(refresher.status().lastRun?.outcome, 'PUBLISHED');
  assert.equal(refresher.status().lastRun?.failure?.code, 'STORE_UNAVAILABLE');
  assert.equal(refresher.status().lastFailure, null);
});

test('drops a result that is not newer than what is served', async () => {
  const { job, published, events, refresher } = setUp({ initial: restored(7 * HOUR_MS) });
  refresher.start();
  job.latest.resolve(createBuiltResult({ revision: 7 }));
  await settle();
  assert.deepEqual(published, []);
  assert.equal(refresher.status().lastRun?.outcome, 'UNCHANGED');
  assert.match(events[1]!, /^dropped/);
});
