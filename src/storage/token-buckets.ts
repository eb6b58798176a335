/**
 * The arithmetic of a caller's token buckets, without a clock and without a place to keep them.
 *
 * A bucket is known by its debt: how much is missing until it is full. It is counted in units times milliseconds of a
 * minute, of which `limit` are paid back in each millisecond, so that all numbers are whole and nothing is ever rounded.
 * The largest debt, 60,000 times the largest limit of 10^9, is far below 2^53.
 */

import { RATE_KINDS, type RateAmounts, type RateKind, type TakenRate } from '../core/rates.ts';
import { MINUTE_MS } from '../core/units.ts';

export const NO_DEBTS: RateAmounts = Object.freeze({ requests: 0, cost: 0 });

/** The debts after a while in which nobody took; `elapsedMs` whole, from 0. */
export function payBack(debts: RateAmounts, limits: RateAmounts, elapsedMs: number): RateAmounts {
  const pay = (kind: RateKind) =>
    limits[kind] === 0 ? 0 : Math.max(0, debts[kind] - elapsedMs * limits[kind]);
  return { requests: pay('requests'), cost: pay('cost') };
}

/** The debts after this taking; `undefined` when the bucket has not that much. Without a limit nothing is owed. */
export function borrow(
  debts: RateAmounts,
  limits: RateAmounts,
  kind: RateKind,
  amount: number,
): RateAmounts | undefined {
  if (limits[kind] === 0) return debts;
  const debt = debts[kind] + amount * MINUTE_MS;
  return debt > limits[kind] * MINUTE_MS ? undefined : { ...debts, [kind]: debt };
}

/** The amount as it is counted: whole, and no larger than it must be to be refused for ever. */
export function toCountedAmount(amount: number, limit: number): number {
  return Math.min(Math.ceil(amount), limit + 1);
}

/** A taking as its caller is told of it, from the debts that it has left behind. */
export function toTakenRate(
  isGranted: boolean,
  debts: RateAmounts,
  limits: RateAmounts,
  kind: RateKind,
  amount: number,
): TakenRate {
  const left = (of: RateKind) => Math.max(0, Math.floor((limits[of] * MINUTE_MS - debts[of]) / MINUTE_MS));
  return {
    isGranted,
    left: { requests: left('requests'), cost: left('cost') },
    retryAfterMs: isGranted ? 0 : findWait(debts[kind], limits[kind], amount),
  };
}

/** Milliseconds until all buckets are full: from then on there is nothing to remember. */
export function toFullAfterMs(debts: RateAmounts, limits: RateAmounts): number {
  const waits = RATE_KINDS.map((kind) => (limits[kind] === 0 ? 0 : Math.ceil(debts[kind] / limits[kind])));
  return Math.max(...waits);
}

function findWait(debt: number, limit: number, amount: number): number | null {
  if (amount > limit) return null;
  return Math.max(0, Math.ceil((debt - (limit - amount) * MINUTE_MS) / limit));
}
