/** The Retry-After header (RFC 9110 section 10.2.3), which Defender sends in seconds with a 429. */

import { DAY_MS, SECOND_MS } from '../core/units.ts';

/** How long to stay away when a 429 does not say; others found a minute to be enough. */
export const DEFAULT_RETRY_AFTER_MS = 60 * SECOND_MS;
/**
 * The longest that anybody is believed. Quotas are an hour long at most: what asks for more is a mistake, and
 * one that would keep the gateway away for ever, or overflow a date.
 */
const MAXIMUM_RETRY_AFTER_MS = DAY_MS;

/**
 * The instant, in epoch milliseconds, that a Retry-After header names: whole seconds from now, or an HTTP
 * date. A date in the past is now; what lies more than 24 hours ahead is 24 hours ahead.
 *
 * @returns `undefined` when there is no header or it says neither
 */
export function findRetryAt(header: string | undefined, nowMs: number): number | undefined {
  const waitMs = findWait(header?.trim() ?? '', nowMs);
  if (waitMs === undefined) return undefined;
  return nowMs + Math.min(Math.max(waitMs, 0), MAXIMUM_RETRY_AFTER_MS);
}

function findWait(text: string, nowMs: number): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * SECOND_MS;
  if (!/^[A-Za-z]{3},/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : atMs - nowMs;
}
