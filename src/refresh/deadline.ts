/**
 * How long a refresh may read. What was read in time is built and stored, however long that takes: it costs Defender nothing,
 * and both end by themselves.
 */

import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { SECOND_MS } from '../core/units.ts';

export interface Deadline extends Disposable {
  /** Aborted once the time is up, with {@link createTimedOutError} as its reason. */
  readonly signal: AbortSignal;
}

export interface DeadlineOptions {
  readonly clock: Clock;
  /** From now on; 0: for ever. */
  readonly deadlineMs: number;
  /** How far the refresh has come, asked when the time is up. */
  readonly findReached: () => ReachedInTime;
}

export interface ReachedInTime {
  /** `null` when nothing was listed, or pages are read. */
  readonly filesTotal: number | null;
  /** Files or pages; `null` when there is none to be read yet. */
  readonly filesDone: number | null;
  /** The code of what last made it wait. */
  readonly lastFault: string | undefined;
}

/** Starts it. Dispose of it when the reading has ended. */
export function startDeadline({ clock, deadlineMs, findReached }: DeadlineOptions): Deadline {
  const time = new AbortController();
  const stop = new AbortController();
  if (deadlineMs > 0) {
    clock.sleep(deadlineMs, stop.signal).then(
      () => time.abort(createTimedOutError(deadlineMs, findReached())),
      () => {},
    );
  }
  return { signal: time.signal, [Symbol.dispose]: () => stop.abort() };
}

/** The error of a refresh that has read for too long. */
export function createTimedOutError(
  deadlineMs: number,
  { filesTotal, filesDone, lastFault }: ReachedInTime,
): GatewayError {
  const fault =
    lastFault === undefined ? 'nothing had failed' : `what last made it wait was ${lastFault}, see the log`;
  return new GatewayError(
    'REFRESH_TIMED_OUT',
    `The refresh has read for ${deadlineMs / SECOND_MS} s, longer than REFRESH_DEADLINE allows: ${describeReached(filesTotal, filesDone)}; ${fault}. The served snapshot stays, and the refresh is tried again. If reading takes that long here, raise REFRESH_DEADLINE.`,
    { retryable: true },
  );
}

function describeReached(filesTotal: number | null, filesDone: number | null): string {
  if (filesDone === null) return 'Defender has not said yet what there is to read';
  return filesTotal === null
    ? `${filesDone} pages were read`
    : `${filesDone} of ${filesTotal} files were read`;
}
