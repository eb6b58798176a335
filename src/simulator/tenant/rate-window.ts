/**
 * Call quotas as the service counts them: at most so many answered calls in any minute and in any hour.
 * A refused call does not count.
 */

export interface RateLimit {
  readonly perMinute: number;
  readonly perHour: number;
}

export interface RateWindow {
  /** Takes one call from the quota. @returns 0 when it is granted, else the seconds until one will be. */
  take(nowMs: number): number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Sliding windows over the times of the granted calls; costs O(calls in the last hour). */
export function createRateWindow({ perMinute, perHour }: RateLimit): RateWindow {
  let granted: number[] = [];
  const waitMs = (limit: number, windowMs: number, nowMs: number): number => {
    const inWindow = granted.filter((at) => at > nowMs - windowMs);
    if (inWindow.length < limit) return 0;
    const freeing = inWindow[inWindow.length - limit];
    return freeing === undefined ? windowMs : freeing + windowMs - nowMs;
  };
  return {
    take: (nowMs) => {
      granted = granted.filter((at) => at > nowMs - HOUR_MS);
      const wait = Math.max(waitMs(perMinute, MINUTE_MS, nowMs), waitMs(perHour, HOUR_MS, nowMs));
      if (wait > 0) return Math.max(1, Math.ceil(wait / 1000));
      granted.push(nowMs);
      return 0;
    },
  };
}
