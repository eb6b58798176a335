import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/core/units.ts';
import { settle } from '../../support/manual-clock.ts';
import { UNCHANGED } from '../../support/refresh-fixtures.ts';
import { restored, START_MS, setUp } from '../../support/refresher-harness.ts';

test('starts a refresh that is asked for, and cancels the planned one', async () => {
  const { clock, job, refresher } = setUp({ initial: restored(0) });
  refresher.start();
  assert.deepEqual(refresher.requestRefresh(), { kind: 'started' });
  assert.equal(refresher.status().currentRun?.trigger, 'MUTATION');
  assert.equal(refresher.status().nextRunAtMs, null);
  assert.equal(clock.pendingCount, 0);
  await clock.advance(24 * HOUR_MS);
  assert.equal(job.runs.length, 1);
});

test('starts nothing for a wait that ended in the turn in which it was given up', async () => {
  const wakes: (() => void)[] = [];
  const clock = { now: () => START_MS, sleep: () => new Promise<void>((resolve) => wakes.push(resolve)) };
  const { job, refresher } = setUp({ clock, initial: restored(0) });
  refresher.start();
  refresher.requestRefresh();
  job.latest.resolve(UNCHANGED);
  await settle();
  assert.equal(refresher.status().phase, 'IDLE');
  wakes[0]?.();
  await settle();
  assert.equal(job.runs.length, 1);
  wakes[1]?.();
  await settle();
  assert.equal(job.runs.length, 2);
});

test('answers that a refresh is already running, whoever started it', () => {
  const { job, refresher } = setUp();
  refresher.start();
  assert.deepEqual(refresher.requestRefresh(), { kind: 'alreadyRunning' });
  assert.equal(job.runs.length, 1);
});

test('refuses a refresh within the cooldown of the last one asked for by mutation', async () => {
  const { clock, job, refresher } = setUp();
  refresher.requestRefresh();
  job.latest.resolve(UNCHANGED);
  await clock.advance(5 * MINUTE_MS - 1);
  assert.deepEqual(refresher.requestRefresh(), {
    kind: 'rateLimited',
    retryAtMs: START_MS + 5 * MINUTE_MS,
    reason: 'COOLDOWN',
  });
  await clock.advance(1);
  assert.deepEqual(refresher.requestRefresh(), { kind: 'started' });
});

test('does not count a scheduled, a refused or an overlapping request as the last mutation', async () => {
  const { clock, job, limits, refresher } = setUp();
  refresher.start();
  refresher.requestRefresh();
  job.latest.resolve(UNCHANGED);
  await settle();
  limits.budget = { retryAtMs: START_MS + SECOND_MS, reason: 'UPSTREAM_BUDGET' };
  assert.equal(refresher.requestRefresh().kind, 'rateLimited');
  await clock.advance(SECOND_MS);
  assert.deepEqual(refresher.requestRefresh(), { kind: 'started' });
});

test('refuses a refresh that the budget forbids, with its instant and reason', () => {
  for (const reason of ['UPSTREAM_BUDGET', 'UPSTREAM_THROTTLED'] as const) {
    const { job, limits, refresher } = setUp();
    limits.budget = { retryAtMs: START_MS + 90 * SECOND_MS, reason };
    assert.deepEqual(refresher.requestRefresh(), {
      kind: 'rateLimited',
      retryAtMs: START_MS + 90 * SECOND_MS,
      reason,
    });
    assert.equal(job.runs.length, 0);
  }
});

test('names the later of two limits, so that whoever comes back then is not refused again', async () => {
  const { job, limits, refresher } = setUp();
  refresher.requestRefresh();
  job.latest.resolve(UNCHANGED);
  await settle();
  limits.budget = { retryAtMs: START_MS + HOUR_MS, reason: 'UPSTREAM_BUDGET' };
  assert.deepEqual(refresher.requestRefresh(), {
    kind: 'rateLimited',
    retryAtMs: START_MS + HOUR_MS,
    reason: 'UPSTREAM_BUDGET',
  });
  limits.budget = { retryAtMs: START_MS + SECOND_MS, reason: 'UPSTREAM_BUDGET' };
  assert.deepEqual(refresher.requestRefresh(), {
    kind: 'rateLimited',
    retryAtMs: START_MS + 5 * MINUTE_MS,
    reason: 'COOLDOWN',
  });
});

test('runs now for what waits in the store, whatever the limits and the plan', async () => {
  const { clock, job, limits, refresher } = setUp({ initial: restored(0) });
  refresher.start();
  limits.budget = { retryAtMs: START_MS + HOUR_MS, reason: 'UPSTREAM_BUDGET' };
  assert.equal(refresher.runNow(), true);
  assert.equal(refresher.status().currentRun?.trigger, 'SCHEDULE');
  assert.equal(refresher.runNow(), false);
  job.latest.resolve(UNCHANGED);
  await settle();
  // The schedule goes on from there, and a mutation is not held back by it.
  assert.equal(refresher.status().nextRunAtMs, START_MS + 6 * HOUR_MS);
  limits.budget = undefined;
  assert.deepEqual(refresher.requestRefresh(), { kind: 'started' });
  job.latest.resolve(UNCHANGED);
  await clock.advance(0);
  await refresher.stop();
  assert.equal(refresher.runNow(), false);
  assert.equal(job.runs.length, 2);
});
