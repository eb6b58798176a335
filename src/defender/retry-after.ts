/** The Retry-After header (RFC 9110 section 10.2.3), which Defender sends in seconds with a 429. */

import { SECOND_MS } from '../core/units.ts';

/** How long to stay away when a 429 does not say; others found a minute to be enough. */
export const DEFAULT_RETRY_AFTER_MS = 60 * SECOND_MS;

/**
 * The instant, in epoch milliseconds, that a Retry-After header names: whole seconds from now, or an HTTP
 * date. A date in the past is now.
 *
 * @returns `undefined` when there is no header or it says neither
 */
export function findRetryAt(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? '';
  if (/^\d+$/.test(text)) return nowMs + Number(text) * SECOND_MS;
  if (!/^[A-Za-z]{3},/.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(atMs, nowMs);
}
