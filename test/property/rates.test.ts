/** The rates of callers in memory, over any takings and waits, against buckets that are filled millisecond by millisecond. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { RateAmounts, RateKind } from '../../src/core/rates.ts';
import { createMemoryRates } from '../../src/storage/memory-rates.ts';
import { createManualClock, type ManualClock } from '../support/manual-clock.ts';
import { countAll, createNaiveBuckets } from '../support/naive-buckets.ts';

const START = Date.UTC(2026, 0, 15);
const CALLERS = ['user:1', 'user:2', 'application:1'] as const;

interface Step {
  readonly waitMs: number;
  readonly callerId: (typeof CALLERS)[number];
  readonly kind: RateKind;
  /** As a share of what the bucket holds, so that a few steps empty it. */
  readonly share: number;
}

const limit = fc.oneof(
  fc.constantFrom(0, 1, 7, 600),
  fc.integer({ min: 1, max: 5_000 }),
  fc.integer({ min: 1, max: 1_000_000_000 }),
);
const limits = fc.record({ requests: limit, cost: limit });
const step: fc.Arbitrary<Step> = fc.record({
  waitMs: fc.oneof(
    fc.constantFrom(0, 0, 0, 1, 100, 59_999, 60_000, 60_001),
    fc.integer({ min: 0, max: 9_000 }),
  ),
  callerId: fc.constantFrom(...CALLERS),
  kind: fc.constantFrom<RateKind>('requests', 'cost'),
  share: fc.oneof(fc.constantFrom(0, 0.5, 1, 1.1), fc.double({ min: 0, max: 1, noNaN: true })),
});

/** From 0, whole, and sometimes more than the bucket can hold. */
function toAmount({ kind, share }: Step, { requests, cost }: RateAmounts): number {
  return Math.ceil(share * { requests, cost }[kind]);
}

async function pass(clock: ManualClock, durationMs: number): Promise<void> {
  if (durationMs > 0) await clock.advance(durationMs);
}

describe('rates in memory', () => {
  it('grant what the bucket has, no more and no less, whoever else takes', async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { maxLength: 25 }), async (held, steps) => {
        const clock = createManualClock(START);
        const rates = createMemoryRates({ limits: held, clock });
        const naive = createNaiveBuckets(held);
        for (const taking of steps) {
          const { waitMs, callerId, kind } = taking;
          const amount = toAmount(taking, held);
          await pass(clock, waitMs);
          naive.wait(waitMs);
          const { isGranted, left } = await rates.take(callerId, kind, amount);
          assert.equal(isGranted, naive.take(callerId, kind, amount));
          assert.deepEqual(left, countAll(naive, callerId));
        }
      }),
      { numRuns: 150 },
    );
  });

  it('say to the millisecond when what was refused is granted', async () => {
    await fc.assert(
      fc.asyncProperty(limits, fc.array(step, { minLength: 1, maxLength: 12 }), async (held, steps) => {
        const { callerId, kind } = steps[0]!;
        const amount = toAmount(steps.at(-1)!, { ...held, requests: held[kind], cost: held[kind] });
        /** The same past, and then this taking after a while. */
        const takeAfter = async (waitMs: number) => {
          const clock = createManualClock(START);
          const rates = createMemoryRates({ limits: held, clock });
          for (const taking of steps) {
            await pass(clock, taking.waitMs % 1_000);
            await rates.take(callerId, kind, toAmount({ ...taking, kind }, held));
          }
          await pass(clock, waitMs);
          return rates.take(callerId, kind, amount);
        };
        const { isGranted, retryAfterMs } = await takeAfter(0);
        assert.equal(isGranted, retryAfterMs === 0);
        if (retryAfterMs === null) {
          assert.ok(amount > held[kind]);
          assert.equal((await takeAfter(3_600_000)).isGranted, false);
        } else if (!isGranted) {
          assert.ok(retryAfterMs <= 60_000);
          assert.equal((await takeAfter(retryAfterMs)).isGranted, true);
          assert.equal((await takeAfter(retryAfterMs - 1)).isGranted, false);
        }
      }),
      { numRuns: 300 },
    );
  });
});
