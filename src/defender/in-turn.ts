/**
 * Calls in the middle of a walk: a spent budget and a 429 are waited for, where whoever makes a first call gives way. The
 * calls made so far would else be made again.
 */

import type { Clock } from '../core/clock.ts';
import { type ErrorCode, findGatewayError } from '../core/errors.ts';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/units.ts';

/**
 * The longest waits. The budget knows to the millisecond when a call is given back, which is an hour after it was made:
 * a walk of more pages than an hour allows would never come to its end without such waits.
 */
const LONGEST_WAITS_MS: ReadonlyMap<ErrorCode, number> = new Map([
  ['UPSTREAM_RATE_LIMITED', 10 * MINUTE_MS],
  ['UPSTREAM_BUDGET_SPENT', HOUR_MS],
]);
/** Waits that one call gets. None is shorter than 0, 1, 3, 7 and 15 s: for a 429 that says "now" again and again. */
const MAXIMUM_WAITS = 5;
const WAIT_UNIT_MS = SECOND_MS;

/**
 * Makes the call, and after a wait once more, a few times. Throws its last failure: at once when there is no wait that
 * helps, or too long a one.
 */
export async function inTurn<Result>(
  call: () => Promise<Result>,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<Result> {
  for (let waits = 0; ; waits += 1) {
    try {
      return await call();
    } catch (error) {
      const known = findGatewayError(error);
      const longestMs = known === undefined ? undefined : LONGEST_WAITS_MS.get(known.code);
      if (longestMs === undefined || known?.retryAtMs === undefined || waits === MAXIMUM_WAITS) throw error;
      const askedMs = known.retryAtMs - clock.now();
      if (askedMs > longestMs) throw error;
      await clock.sleep(Math.max(askedMs, WAIT_UNIT_MS * (2 ** waits - 1)), signal);
    }
  }
}
