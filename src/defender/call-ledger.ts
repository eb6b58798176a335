/**
 * Counts calls in sliding windows: at most so many in any 60 seconds, and so many in any hour, for each of
 * the two endpoints. Pure bookkeeping in memory; it makes no call, waits for nothing and stores nothing.
 *
 * Source: Microsoft's page "Export certificate inventory per device": export files 5 a minute and 20 an
 * hour, JSON pages 30 a minute and 1,000 an hour.
 */

import type { Clock } from '../core/clock.ts';
import { HOUR_MS, MINUTE_MS } from '../core/units.ts';

/** The two endpoints; each has its own windows. */
export type ApiEndpoint = 'EXPORT' | 'PAGED';

export interface CallLimits {
  readonly perMinute: number;
  readonly perHour: number;
}

/** The published limits. */
export const DEFENDER_CALL_LIMITS: Readonly<Record<ApiEndpoint, CallLimits>> = {
  EXPORT: { perMinute: 5, perHour: 20 },
  PAGED: { perMinute: 30, perHour: 1_000 },
};

export interface CallLedgerState {
  readonly limitPerMinute: number;
  readonly remainingThisMinute: number;
  readonly limitPerHour: number;
  readonly remainingThisHour: number;
  /**
   * Epoch milliseconds: when a call is possible again if none is now, otherwise when the next spent call is
   * given back; `null` when none is spent.
   */
  readonly resetsAtMs: number | null;
}

export interface CallLedger {
  /** Counts a call if the windows allow it, else says when they will. */
  tryAcquire(endpoint: ApiEndpoint): { granted: true } | { granted: false; retryAtMs: number };
  state(endpoint: ApiEndpoint): CallLedgerState;
  /** Why no call is allowed now, and until when; `undefined` when one is. */
  findBlock(endpoint: ApiEndpoint): { readonly retryAtMs: number; readonly isThrottled: boolean } | undefined;
  /** Defender asked to stay away until `retryAtMs`; an earlier instant than one already noted is ignored. */
  noteThrottled(endpoint: ApiEndpoint, retryAtMs: number): void;
}

interface Counter {
  /** Instants of the calls of the last hour, ascending. */
  calls: number[];
  throttledUntilMs: number;
}

/** Each operation costs at most a walk over the calls of the last hour. */
export function createCallLedger(options: {
  readonly clock: Clock;
  readonly limits?: Readonly<Record<ApiEndpoint, CallLimits>>;
}): CallLedger {
  const { clock, limits = DEFENDER_CALL_LIMITS } = options;
  const counters: Record<ApiEndpoint, Counter> = {
    EXPORT: { calls: [], throttledUntilMs: 0 },
    PAGED: { calls: [], throttledUntilMs: 0 },
  };

  function read(endpoint: ApiEndpoint): {
    nowMs: number;
    counter: Counter;
    inMinute: number;
    blockedUntilMs: number;
  } {
    const nowMs = clock.now();
    const counter = counters[endpoint];
    // A clock that was set back must not lock calls out until it has caught up.
    counter.calls = counter.calls
      .map((atMs) => Math.min(atMs, nowMs))
      .filter((atMs) => atMs > nowMs - HOUR_MS);
    const { calls } = counter;
    const { perMinute, perHour } = limits[endpoint];
    const inMinute = calls.filter((atMs) => atMs > nowMs - MINUTE_MS).length;
    const minuteFreeMs = inMinute < perMinute ? 0 : (calls[calls.length - perMinute] ?? nowMs) + MINUTE_MS;
    const hourFreeMs = calls.length < perHour ? 0 : (calls[calls.length - perHour] ?? nowMs) + HOUR_MS;
    return {
      nowMs,
      counter,
      inMinute,
      blockedUntilMs: Math.max(minuteFreeMs, hourFreeMs, counter.throttledUntilMs),
    };
  }

  return {
    tryAcquire: (endpoint) => {
      const { nowMs, counter, blockedUntilMs } = read(endpoint);
      if (blockedUntilMs > nowMs) return { granted: false, retryAtMs: blockedUntilMs };
      counter.calls.push(nowMs);
      return { granted: true };
    },
    state: (endpoint) => {
      const { nowMs, counter, inMinute, blockedUntilMs } = read(endpoint);
      const { perMinute, perHour } = limits[endpoint];
      const isThrottled = counter.throttledUntilMs > nowMs;
      const oldest = counter.calls[0];
      const oldestInMinute = counter.calls[counter.calls.length - inMinute];
      const givenBackMs = Math.min(
        oldest === undefined ? Number.POSITIVE_INFINITY : oldest + HOUR_MS,
        oldestInMinute === undefined ? Number.POSITIVE_INFINITY : oldestInMinute + MINUTE_MS,
      );
      return {
        limitPerMinute: perMinute,
        remainingThisMinute: isThrottled ? 0 : Math.max(0, perMinute - inMinute),
        limitPerHour: perHour,
        remainingThisHour: Math.max(0, perHour - counter.calls.length),
        resetsAtMs:
          blockedUntilMs > nowMs ? blockedUntilMs : Number.isFinite(givenBackMs) ? givenBackMs : null,
      };
    },
    findBlock: (endpoint) => {
      const { nowMs, counter, blockedUntilMs } = read(endpoint);
      if (blockedUntilMs <= nowMs) return undefined;
      return { retryAtMs: blockedUntilMs, isThrottled: counter.throttledUntilMs === blockedUntilMs };
    },
    noteThrottled: (endpoint, retryAtMs) => {
      const counter = counters[endpoint];
      counter.throttledUntilMs = Math.max(counter.throttledUntilMs, retryAtMs);
    },
  };
}
