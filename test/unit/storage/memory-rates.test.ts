import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMemoryRates } from '../../../src/storage/memory-rates.ts';
import { createManualClock } from '../../support/manual-clock.ts';

const MINUTE = 60_000;
const LIMITS = { requests: 3, cost: 100 };

test('lets a minute be used at once, and then as much as time brings', async () => {
  const clock = createManualClock();
  const rates = createMemoryRates({ limits: LIMITS, clock });
  for (const requests of [2, 1, 0]) {
    assert.deepEqual(await rates.take('a', 'requests', 1), {
      isGranted: true,
      left: { requests, cost: 100 },
      retryAfterMs: 0,
    });
  }
  assert.deepEqual(await rates.take('a', 'requests', 1), {
    isGranted: false,
    left: { requests: 0, cost: 100 },
    retryAfterMs: 20_000,
  });
  await clock.advance(20_000);
  assert.equal((await rates.take('a', 'requests', 1)).isGranted, true);
  assert.equal((await rates.take('a', 'requests', 1)).isGranted, false);
});

test('counts a fraction as a whole unit, and says of what is larger than the bucket that it never fits', async () => {
  const rates = createMemoryRates({ limits: LIMITS, clock: createManualClock() });
  assert.deepEqual((await rates.take('a', 'cost', 0.2)).left, { requests: 3, cost: 99 });
  for (const amount of [101, 1e300, Number.POSITIVE_INFINITY]) {
    const { isGranted, left, retryAfterMs } = await rates.take('a', 'cost', amount);
    assert.deepEqual([isGranted, left.cost, retryAfterMs], [false, 99, null]);
  }
});

test('grants everything of a kind without a limit', async () => {
  const rates = createMemoryRates({ limits: { requests: 0, cost: 1 }, clock: createManualClock() });
  for (let count = 0; count < 100; count += 1) {
    const { isGranted, left } = await rates.take('a', 'requests', 1e12);
    assert.deepEqual([isGranted, left], [true, { requests: 0, cost: 1 }]);
  }
});

test('locks nobody out when the clock is set back', async () => {
  let nowMs = 10 * MINUTE;
  const rates = createMemoryRates({ limits: LIMITS, clock: { now: () => nowMs } });
  await rates.take('a', 'requests', 3);
  nowMs = 0;
  assert.equal((await rates.take('a', 'requests', 1)).retryAfterMs, 20_000);
  nowMs = 20_000;
  assert.equal((await rates.take('a', 'requests', 1)).isGranted, true);
});

test('forgets a caller when its buckets are full, and not before', async () => {
  const clock = createManualClock();
  const rates = createMemoryRates({ limits: LIMITS, clock });
  for (let caller = 0; caller < 50; caller += 1) await rates.take(`early ${caller}`, 'requests', 3);
  await clock.advance(MINUTE - 1);
  await rates.take('late', 'cost', 1);
  assert.equal(rates.callerCount, 51);
  await clock.advance(1);
  await rates.take('late', 'cost', 1);
  assert.equal(rates.callerCount, 1);
});

test('remembers a bounded number of callers: of too many in a minute those who asked last', async () => {
  const rates = createMemoryRates({ limits: LIMITS, clock: createManualClock(), maximumCallers: 3 });
  for (const caller of ['a', 'b', 'c', 'a', 'd']) await rates.take(caller, 'requests', 3);
  assert.equal(rates.callerCount, 3);
  assert.equal((await rates.take('a', 'requests', 1)).isGranted, false, 'asked again after b');
  assert.equal((await rates.take('b', 'requests', 1)).isGranted, true, 'forgotten');
});
