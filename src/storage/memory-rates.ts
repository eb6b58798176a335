/**
 * The token buckets of callers in this process, where no store is shared or while it cannot be used.
 *
 * Its memory is bounded: a caller who has not asked for a minute has full buckets and is forgotten, and of more callers
 * than `maximumCallers` in one minute the one who asked longest ago is. A restart fills every bucket.
 */

import type { Clock } from '../core/clock.ts';
import type { RateAmounts, RateLimiter } from '../core/rates.ts';
import { MINUTE_MS } from '../core/units.ts';
import { borrow, NO_DEBTS, payBack, toCountedAmount, toTakenRate } from './token-buckets.ts';

/** A few megabytes at most; callers are identified, and nobody has so many of them at once. */
const MAXIMUM_CALLERS = 10_000;

export interface MemoryRates extends RateLimiter {
  /** How many callers are remembered. */
  readonly callerCount: number;
}

/** @param options.maximumCallers default 10,000 */
export function createMemoryRates(options: {
  readonly limits: RateAmounts;
  readonly clock: Pick<Clock, 'now'>;
  readonly maximumCallers?: number;
}): MemoryRates {
  const { limits, clock, maximumCallers = MAXIMUM_CALLERS } = options;
  /** In the order of their last takings. */
  const callers = new Map<string, { readonly atMs: number; readonly debts: RateAmounts }>();

  /** A bucket is full after a minute, whatever was in it. */
  function forget(nowMs: number): void {
    for (const [callerId, { atMs }] of callers) {
      if (callers.size <= maximumCallers && atMs + MINUTE_MS > nowMs) return;
      callers.delete(callerId);
    }
  }

  return {
    limits,
    take: async (callerId, kind, amount) => {
      const nowMs = clock.now();
      const known = callers.get(callerId);
      // What is later than now is from before the clock was set back.
      const elapsedMs = known === undefined ? 0 : Math.max(0, nowMs - known.atMs);
      const before = payBack(known?.debts ?? NO_DEBTS, limits, elapsedMs);
      const counted = toCountedAmount(amount, limits[kind]);
      const after = borrow(before, limits, kind, counted);
      callers.delete(callerId);
      callers.set(callerId, { atMs: nowMs, debts: after ?? before });
      forget(nowMs);
      return toTakenRate(after !== undefined, after ?? before, limits, kind, counted);
    },
    get callerCount() {
      return callers.size;
    },
  };
}
