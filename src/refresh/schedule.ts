/**
 * When the next refresh runs, and why: pure functions of time, settings, what happened and chance.
 *
 * Chance spreads replicas that were started together, and retries after an outage that hit them all. Nothing
 * here waits or starts anything.
 */

import { HOUR_MS, SECOND_MS } from '../core/units.ts';
import type { RefreshTrigger } from './refresh-status.ts';

export interface RefreshSettings {
  /** Time from the end of a run to the next scheduled one; 0 = no schedule. */
  readonly intervalMs: number;
  /** Shortest time between two refreshes asked for by mutation, from start to start. */
  readonly cooldownMs: number;
  /** How far a scheduled run may stray from the interval, as a share of it in both directions, 0 to 0.5. */
  readonly jitter: number;
}

export interface PlannedRun {
  readonly atMs: number;
  readonly trigger: RefreshTrigger;
}

/** The part of an error that decides when to try again. */
export interface RetryAdvice {
  readonly retryable: boolean;
  /** Epoch milliseconds before which no attempt can succeed. */
  readonly retryAtMs: number | undefined;
}

/** A number from 0 to just under 1. */
export type Random = () => number;

/** The first retry comes within this, each later one within twice as much. */
export const RETRY_BASE_MS = 30 * SECOND_MS;
/** No retry is sooner, whatever chance says: a refresh costs calls, and there are twenty an hour. */
export const RETRY_MINIMUM_MS = SECOND_MS;
/** The doubling ends here, or at the interval when that is shorter. */
export const RETRY_CAP_MS = HOUR_MS;

/**
 * The first run of a process: at once (`STARTUP`) when nothing was restored or what was is older than the
 * interval; otherwise when the restored snapshot comes of age, or a little later.
 *
 * @param publishedAtMs of the restored snapshot; `null` = none. One from the future counts as fresh
 * @returns `null` when only a mutation will start one
 */
export function planFirstRun(
  publishedAtMs: number | null,
  nowMs: number,
  settings: RefreshSettings,
  random: Random,
): PlannedRun | null {
  if (publishedAtMs === null) return { atMs: nowMs, trigger: 'STARTUP' };
  if (settings.intervalMs === 0) return null;
  if (nowMs - publishedAtMs > settings.intervalMs) return { atMs: nowMs, trigger: 'STARTUP' };
  // Never before its time: whoever restarts often would refresh at each start. Later only, so that replicas spread.
  const lateMs = Math.round(settings.intervalMs * settings.jitter * random());
  return { atMs: Math.min(publishedAtMs, nowMs) + settings.intervalMs + lateMs, trigger: 'SCHEDULE' };
}

/** The run after a success, or `null` without a schedule. */
export function planNextRun(nowMs: number, settings: RefreshSettings, random: Random): PlannedRun | null {
  if (settings.intervalMs === 0) return null;
  return { atMs: nowMs + toJitteredInterval(settings, random), trigger: 'SCHEDULE' };
}

/**
 * The run after a failure: a `RETRY` by exponential backoff with full jitter when the error may pass by itself,
 * else (or when that would be later) the scheduled one; neither before `retryAtMs`.
 *
 * @param failureCount failures in a row, this one included: 1 or more
 * @returns `null` when retrying is pointless and there is no schedule
 */
export function planAfterFailure(
  advice: RetryAdvice,
  failureCount: number,
  nowMs: number,
  settings: RefreshSettings,
  random: Random,
): PlannedRun | null {
  const earliestMs = Math.max(nowMs, advice.retryAtMs ?? nowMs);
  const scheduled = planNextRun(nowMs, settings, random);
  if (advice.retryable) {
    const retryMs = earliestMs + toBackoff(failureCount, settings, random);
    if (scheduled === null || retryMs <= scheduled.atMs) return { atMs: retryMs, trigger: 'RETRY' };
  }
  return scheduled === null ? null : { ...scheduled, atMs: Math.max(scheduled.atMs, earliestMs) };
}

function toJitteredInterval({ intervalMs, jitter }: RefreshSettings, random: Random): number {
  return Math.round(intervalMs * (1 + jitter * (2 * random() - 1)));
}

function toBackoff(failureCount: number, { intervalMs }: RefreshSettings, random: Random): number {
  const capMs = intervalMs === 0 ? RETRY_CAP_MS : Math.min(RETRY_CAP_MS, intervalMs);
  const ceilingMs = Math.min(capMs, RETRY_BASE_MS * 2 ** (failureCount - 1));
  return Math.max(RETRY_MINIMUM_MS, Math.round(ceilingMs * random()));
}
