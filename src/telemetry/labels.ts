/**
 * Labels and numbers as metrics take them, whatever is put in. The number of a label's values is bounded: each value is
 * a time series for ever.
 */

import { SECOND_MS } from '../core/units.ts';

const MAXIMUM_LENGTH = 64;
const OTHER = 'other';

/** Statuses that mean something to whoever operates the gateway; of the others the class is enough. */
const TELLING_STATUSES: ReadonlySet<number> = new Set([
  200, 206, 304, 400, 401, 403, 404, 409, 412, 416, 429, 500, 502, 503, 504,
]);

/**
 * A function that gives back what it is given, cut to 64 characters, for as many different values as
 * `maximumValues`; any further one becomes `other`.
 */
export function createBoundedLabel(maximumValues: number): (text: string) => string {
  const known = new Set<string>();
  return (text) => {
    const value = text.slice(0, MAXIMUM_LENGTH);
    if (known.has(value)) return value;
    if (known.size >= maximumValues) return OTHER;
    known.add(value);
    return value;
  };
}

/** An HTTP status as a label: itself when it is a telling one, else its class (`4xx`); `none` without an answer. */
export function toStatusLabel(status: number | null): string {
  if (status === null) return 'none';
  if (TELLING_STATUSES.has(status)) return String(status);
  return status >= 100 && status < 600 ? `${Math.floor(status / 100)}xx` : OTHER;
}

/** Seconds of milliseconds. A clock that was set back must not make a metric throw or run backwards. */
export function toSeconds(durationMs: number): number {
  return Number.isFinite(durationMs) ? Math.max(0, durationMs) / SECOND_MS : 0;
}

/** A number that a counter takes; what is none counts nothing. */
export function toCount(count: number): number {
  return Number.isFinite(count) && count > 0 ? count : 0;
}
