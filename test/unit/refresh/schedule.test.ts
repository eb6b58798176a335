import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS, SECOND_MS } from '../../../src/core/units.ts';
import { planAfterFailure, planFirstRun, planNextRun } from '../../../src/refresh/schedule.ts';

const NOW_MS = 1_000 * HOUR_MS;
const settings = { intervalMs: 6 * HOUR_MS, cooldownMs: 0, jitter: 0.1 };
const onlyByMutation = { ...settings, intervalMs: 0 };
const middle = () => 0.5;
const transient = { retryable: true, retryAtMs: undefined };

test('takes a snapshot that is exactly as old as the interval for fresh, and its time for come', () => {
  const plan = planFirstRun(NOW_MS - settings.intervalMs, NOW_MS, settings, () => 0);
  assert.deepEqual(plan, { atMs: NOW_MS, trigger: 'SCHEDULE' });
});

test('never refreshes a restored snapshot before its time, and spreads replicas after it', () => {
  for (const [chance, lateMs] of [
    [0, 0],
    [0.5, 0.3 * HOUR_MS],
    [1, 0.6 * HOUR_MS],
  ] as const) {
    const plan = planFirstRun(NOW_MS - HOUR_MS, NOW_MS, settings, () => chance);
    assert.deepEqual(plan, { atMs: NOW_MS + 5 * HOUR_MS + lateMs, trigger: 'SCHEDULE' });
  }
});

test('takes a snapshot from the future for one of now', () => {
  const plan = planFirstRun(NOW_MS + 100 * HOUR_MS, NOW_MS, settings, () => 0);
  assert.deepEqual(plan, { atMs: NOW_MS + 6 * HOUR_MS, trigger: 'SCHEDULE' });
});

test('plans nothing after a success without a schedule', () => {
  assert.equal(planNextRun(NOW_MS, onlyByMutation, middle), null);
});

test('retries without a schedule too', () => {
  const plan = planAfterFailure(transient, 1, NOW_MS, onlyByMutation, middle);
  assert.deepEqual(plan, { atMs: NOW_MS + 15 * SECOND_MS, trigger: 'RETRY' });
});

test('draws a retry from the whole span below the doubling ceiling', () => {
  const at = (failureCount: number, chance: number) =>
    planAfterFailure(transient, failureCount, NOW_MS, settings, () => chance)!.atMs - NOW_MS;
  assert.equal(at(1, 1), 30 * SECOND_MS);
  assert.equal(at(3, 1), 120 * SECOND_MS);
  assert.equal(at(3, 0.25), 30 * SECOND_MS);
});

test('never retries sooner than a second later', () => {
  const plan = planAfterFailure(transient, 1, NOW_MS, settings, () => 0);
  assert.equal(plan?.atMs, NOW_MS + SECOND_MS);
});

test('ends the doubling at an hour, however many failures there were', () => {
  for (const failureCount of [8, 100, 5_000]) {
    const plan = planAfterFailure(transient, failureCount, NOW_MS, settings, () => 1);
    assert.equal(plan?.atMs, NOW_MS + HOUR_MS);
  }
});

test('ends the doubling at the interval when that is shorter', () => {
  const short = { ...settings, intervalMs: 10 * SECOND_MS, jitter: 0 };
  const plan = planAfterFailure(transient, 50, NOW_MS, short, () => 1);
  assert.deepEqual(plan, { atMs: NOW_MS + 10 * SECOND_MS, trigger: 'RETRY' });
});

test('leaves it to the schedule when a retry would come later', () => {
  const short = { ...settings, intervalMs: 10 * SECOND_MS, jitter: 0 };
  const retryAtMs = NOW_MS + 5 * SECOND_MS;
  const plan = planAfterFailure({ retryable: true, retryAtMs }, 50, NOW_MS, short, () => 1);
  assert.deepEqual(plan, { atMs: NOW_MS + 10 * SECOND_MS, trigger: 'SCHEDULE' });
});

test('puts off the schedule as well until the instant that the failure names', () => {
  const retryAtMs = NOW_MS + 9 * HOUR_MS;
  for (const retryable of [true, false]) {
    const plan = planAfterFailure({ retryable, retryAtMs }, 1, NOW_MS, settings, middle);
    assert.deepEqual(plan, { atMs: retryAtMs, trigger: 'SCHEDULE' });
  }
});

test('ignores an instant in the past', () => {
  const plan = planAfterFailure(
    { retryable: true, retryAtMs: NOW_MS - HOUR_MS },
    1,
    NOW_MS,
    settings,
    middle,
  );
  assert.deepEqual(plan, { atMs: NOW_MS + 15 * SECOND_MS, trigger: 'RETRY' });
});
