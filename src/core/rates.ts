/**
 * How often one caller may ask, and for how much: two token buckets for each, of requests and of cost. A bucket holds a
 * minute's amount and fills evenly, so that what was saved up may be used at once. What is refused takes nothing.
 */

import { GatewayError } from './errors.ts';
import { SECOND_MS } from './units.ts';

/** Operations sent, and what they cost as the engine counts it. */
export const RATE_KINDS = ['requests', 'cost'] as const;

export type RateKind = (typeof RATE_KINDS)[number];

/** One number for each kind. */
export type RateAmounts = Readonly<Record<RateKind, number>>;

/** What became of one taking. */
export interface TakenRate {
  readonly isGranted: boolean;
  /** Whole units that are left in each bucket; 0 of a kind without a limit. */
  readonly left: RateAmounts;
  /** Milliseconds until the same taking would be granted if nobody took meanwhile; 0 = it was; `null` = it never will be. */
  readonly retryAfterMs: number | null;
}

/** The buckets of all callers, wherever they are kept. */
export interface RateLimiter {
  /** What a bucket holds, and gets in a minute: whole units; 0 = no limit. */
  readonly limits: RateAmounts;
  /**
   * Takes from one bucket of one caller, and looks at both.
   *
   * @param callerId `Caller.id`
   * @param amount from 0; a fraction counts as a whole unit
   */
  take(callerId: string, kind: RateKind, amount: number): Promise<TakenRate>;
}

/**
 * `RATE_LIMITED` for a taking that was refused, with the instant from which on it may be granted; without one, and not
 * retryable, when it never will be.
 */
export function rateLimited(
  kind: RateKind,
  amount: number,
  limits: RateAmounts,
  taken: TakenRate,
  nowMs: number,
): GatewayError {
  const { retryAfterMs, left } = taken;
  const rule = `be at most ${limits[kind]} a minute`;
  const subject = kind === 'requests' ? 'The requests of one caller' : "The cost of one caller's operations";
  if (retryAfterMs === null) {
    return new GatewayError(
      'RATE_LIMITED',
      `${subject} must ${rule}, but this operation alone costs ${amount}: it will never be answered. Ask for smaller pages or fewer levels.`,
      { rule, value: amount },
    );
  }
  const wait = toWait(toRetryAfterSeconds(retryAfterMs));
  const finding =
    kind === 'requests'
      ? `and none is left: ask again in ${wait}.`
      : `but this operation costs ${amount} and ${left.cost} are left: ask again in ${wait}, or for less.`;
  return new GatewayError('RATE_LIMITED', `${subject} must ${rule}, ${finding}`, {
    retryable: true,
    retryAtMs: nowMs + retryAfterMs,
    rule,
    value: amount,
  });
}

/** Whole seconds for `Retry-After`, at least one: never earlier than it is worth while. */
export function toRetryAfterSeconds(retryAfterMs: number): number {
  return Math.max(1, Math.ceil(retryAfterMs / SECOND_MS));
}

function toWait(seconds: number): string {
  return seconds === 1 ? '1 second' : `${seconds} seconds`;
}
