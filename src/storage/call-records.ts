/**
 * When calls to an upstream service were made, for all who share a store: a record is made only if the windows have
 * room for it, in one step, and is durable when that is answered. It knows no service, and makes no call.
 *
 * It speaks of ages in milliseconds, so that clocks that differ do no harm. Calls are kept for an hour, a wait that
 * was asked for until it is over.
 */

/** The calls to one endpoint at one moment. */
export interface KnownCalls {
  /** How long ago each call of the last hour was recorded, from 0 to an hour; oldest first. */
  readonly agesMs: readonly number[];
  /** How much longer the service has asked to stay away; 0 when it has not. */
  readonly throttledForMs: number;
}

/** At most so many calls in any minute, and in any hour. */
export interface CallWindows {
  readonly perMinute: number;
  readonly perHour: number;
}

/**
 * The records of one application at one service. Each function first adds what `known` holds and the records lack: a
 * store that was emptied, or could not be reached for a while, learns what its users remember. Both lists are parts of
 * what was really called, so of the youngest calls in both, the second youngest and so on the later one is kept. Both
 * functions reject with `STORE_UNAVAILABLE` when the store cannot be reached or refuses.
 */
export interface CallRecordStore {
  /** Records one call now, unless a window is full or a wait is not over. */
  record(
    endpoint: string,
    known: KnownCalls,
    windows: CallWindows,
  ): Promise<KnownCalls & { readonly granted: boolean }>;
  /** Records no call, and answers what is recorded. */
  merge(endpoint: string, known: KnownCalls): Promise<KnownCalls>;
}

/**
 * What is known came from the records, and has become later by the time that their answer took: by how much it must
 * differ from what is recorded to replace it.
 */
export const TOLERANCE_MS = 1_000;

/** Whether a known wait is to be recorded in place of the recorded one, which is 0 when there is none. */
export function isLonger(knownMs: number, recordedMs: number): boolean {
  return knownMs > (recordedMs === 0 ? 0 : recordedMs + TOLERANCE_MS);
}
