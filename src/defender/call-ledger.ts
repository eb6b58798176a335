/**
 * What this process knows of the calls that were made: at most so many may be in any 60 seconds, and so many in any
 * hour, for each of the two endpoints. It knows its own calls and what it was told of those of others, and forgets
 * none within the hour, whatever becomes of the records that it was told of.
 *
 * Pure bookkeeping in memory; it makes no call, waits for nothing and stores nothing.
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

/** What is known of the calls of one endpoint at one moment. */
export interface RecordedCalls {
  /** How long ago each call of the last hour was recorded, in milliseconds from 0 to an hour; oldest first. */
  readonly agesMs: readonly number[];
  /** How much longer Defender has asked to stay away, in milliseconds; 0 when it has not. */
  readonly throttledForMs: number;
}

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

/** Why no call is allowed, and until when. */
export interface CallBlock {
  readonly retryAtMs: number;
  /** Defender asked to stay away; otherwise the windows are full. */
  readonly isThrottled: boolean;
}

/** Each operation costs at most a walk over the calls of the last hour. */
export interface CallLedger {
  /** Counts a call that is about to be made. Whether it may be made says {@link findBlock}. */
  count(endpoint: ApiEndpoint): void;
  /** Defender asked to stay away until `retryAtMs`; an earlier instant than one already noted is ignored. */
  noteThrottled(endpoint: ApiEndpoint, retryAtMs: number): void;
  /** Why no call is allowed now; `undefined` when one is. */
  findBlock(endpoint: ApiEndpoint): CallBlock | undefined;
  state(endpoint: ApiEndpoint): CallLedgerState;
  /** What is known now, for the records. */
  known(endpoint: ApiEndpoint): RecordedCalls;
  /**
   * Takes over what the records hold. Both lists are parts of what was really called, so of the youngest calls in
   * both, the second youngest and so on the later one counts: never more calls than there were, and in no window fewer
   * than in either list.
   */
  adopt(endpoint: ApiEndpoint, recorded: RecordedCalls): void;
}

interface Counter {
  /** Instants of the calls of the last hour, ascending. */
  calls: number[];
  /** The longest wait that Defender asked for: when, and for how long. */
  throttle: { notedAtMs: number; forMs: number };
}

interface Reading {
  readonly nowMs: number;
  readonly counter: Counter;
  readonly inMinute: number;
  readonly throttledUntilMs: number;
  /** At or before `nowMs` when a call is allowed. */
  readonly blockedUntilMs: number;
}

/** A ledger of no calls. */
export function createCallLedger(options: {
  readonly clock: Clock;
  readonly limits?: Readonly<Record<ApiEndpoint, CallLimits>>;
}): CallLedger {
  const { clock, limits = DEFENDER_CALL_LIMITS } = options;
  const counters: Record<ApiEndpoint, Counter> = {
    EXPORT: { calls: [], throttle: { notedAtMs: 0, forMs: 0 } },
    PAGED: { calls: [], throttle: { notedAtMs: 0, forMs: 0 } },
  };

  function read(endpoint: ApiEndpoint): Reading {
    const nowMs = clock.now();
    const counter = counters[endpoint];
    // A clock that was set back must not lock calls out until it has caught up.
    counter.calls = counter.calls
      .map((atMs) => Math.min(atMs, nowMs))
      .filter((atMs) => atMs > nowMs - HOUR_MS);
    counter.throttle.notedAtMs = Math.min(counter.throttle.notedAtMs, nowMs);
    const { calls, throttle } = counter;
    const { perMinute, perHour } = limits[endpoint];
    const inMinute = calls.filter((atMs) => atMs > nowMs - MINUTE_MS).length;
    const minuteFreeMs = inMinute < perMinute ? 0 : (calls[calls.length - perMinute] ?? nowMs) + MINUTE_MS;
    const hourFreeMs = calls.length < perHour ? 0 : (calls[calls.length - perHour] ?? nowMs) + HOUR_MS;
    const throttledUntilMs = throttle.notedAtMs + throttle.forMs;
    return {
      nowMs,
      counter,
      inMinute,
      throttledUntilMs,
      blockedUntilMs: Math.max(minuteFreeMs, hourFreeMs, throttledUntilMs),
    };
  }

  function noteThrottled(endpoint: ApiEndpoint, retryAtMs: number): void {
    const { nowMs, counter, throttledUntilMs } = read(endpoint);
    if (retryAtMs > Math.max(nowMs, throttledUntilMs))
      counter.throttle = { notedAtMs: nowMs, forMs: retryAtMs - nowMs };
  }

  return {
    count: (endpoint) => {
      const { nowMs, counter } = read(endpoint);
      counter.calls.push(nowMs);
    },
    noteThrottled,
    findBlock: (endpoint) => {
      const { nowMs, throttledUntilMs, blockedUntilMs } = read(endpoint);
      if (blockedUntilMs <= nowMs) return undefined;
      return { retryAtMs: blockedUntilMs, isThrottled: throttledUntilMs === blockedUntilMs };
    },
    state: (endpoint) => {
      const { nowMs, counter, inMinute, throttledUntilMs, blockedUntilMs } = read(endpoint);
      const { perMinute, perHour } = limits[endpoint];
      const oldest = counter.calls[0];
      const oldestInMinute = counter.calls[counter.calls.length - inMinute];
      const givenBackMs = Math.min(
        oldest === undefined ? Number.POSITIVE_INFINITY : oldest + HOUR_MS,
        oldestInMinute === undefined ? Number.POSITIVE_INFINITY : oldestInMinute + MINUTE_MS,
      );
      return {
        limitPerMinute: perMinute,
        remainingThisMinute: throttledUntilMs > nowMs ? 0 : Math.max(0, perMinute - inMinute),
        limitPerHour: perHour,
        remainingThisHour: Math.max(0, perHour - counter.calls.length),
        resetsAtMs:
          blockedUntilMs > nowMs ? blockedUntilMs : Number.isFinite(givenBackMs) ? givenBackMs : null,
      };
    },
    known: (endpoint) => {
      const { nowMs, counter, throttledUntilMs } = read(endpoint);
      return {
        agesMs: counter.calls.map((atMs) => nowMs - atMs),
        throttledForMs: Math.max(0, throttledUntilMs - nowMs),
      };
    },
    adopt: (endpoint, { agesMs, throttledForMs }) => {
      const { nowMs, counter } = read(endpoint);
      const told = agesMs.map((ageMs) => nowMs - ageMs);
      counter.calls = laterOfEach(counter.calls, told);
      noteThrottled(endpoint, nowMs + throttledForMs);
    },
  };
}

/** Of two ascending lists, counted from their ends, the later of each two entries; ascending. */
function laterOfEach(a: readonly number[], b: readonly number[]): number[] {
  const [longer, shorter] = a.length >= b.length ? [a, b] : [b, a];
  const ahead = longer.length - shorter.length;
  return longer.map((atMs, index) => Math.max(atMs, shorter[index - ahead] ?? atMs));
}
