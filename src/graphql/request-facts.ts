/**
 * What one request holds on to from its first field to its last: one snapshot, one instant. A refresh in the middle
 * changes nothing in it.
 */

import type { Caller } from '../core/caller.ts';
import { GatewayError } from '../core/errors.ts';
import { SECOND_MS } from '../core/units.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Work } from '../snapshot/work.ts';
import type { RequestAccount } from './request-account.ts';
import type { RequestDeadline } from './request-deadline.ts';
import { requireRight } from './rights.ts';
import type { MaybePromise, SliceRunner } from './slices.ts';

export interface RequestFacts {
  readonly caller: Caller;
  /**
   * The data that the whole request is answered from, as the caller sees it; `null` until a first snapshot is published, and always for a
   * caller who may not read.
   */
  readonly snapshot: Snapshot | null;
  /** The instant that the whole request takes for now, epoch milliseconds. */
  readonly nowMs: number;
  /** Runs what the request has to work out, without keeping the thread from others. */
  readonly slices: SliceRunner;
  /** When the request is over; all that it causes stops then. */
  readonly deadline: RequestDeadline;
  /** What the request has come to so far. */
  readonly account: RequestAccount;
}

/**
 * The result of work over the request's snapshot: at once when it is short, else later.
 *
 * Rejects with DEADLINE_EXCEEDED when the request is over.
 */
export function runWork<Result>(
  { slices, deadline }: RequestFacts,
  work: Work<Result>,
): MaybePromise<Result> {
  const end = deadline.findEnd();
  if (end !== undefined) return Promise.reject(end);
  return slices.run(work, deadline.findEnd);
}

/**
 * The snapshot of the request.
 *
 * @throws FORBIDDEN for a caller without the right to read; SNAPSHOT_UNAVAILABLE before the first one is published
 */
export function getSnapshot({ snapshot, caller }: RequestFacts): Snapshot {
  if (snapshot !== null) return snapshot;
  requireRight(caller, 'Inventory.Read');
  throw new GatewayError(
    'SNAPSHOT_UNAVAILABLE',
    'The inventory must have been read once before it can be asked, but no snapshot has been published yet. ' +
      'Follow `refresh` and ask again.',
    { retryable: true },
  );
}

/** The instant of the request in epoch seconds, the unit of all data. */
export function getNowSeconds({ nowMs }: RequestFacts): number {
  return toEpochSeconds(nowMs);
}

/** Epoch milliseconds cut to the second. */
export function toEpochSeconds(epochMs: number): number;
export function toEpochSeconds(epochMs: number | null): number | null;
export function toEpochSeconds(epochMs: number | null): number | null {
  return epochMs === null ? null : Math.floor(epochMs / SECOND_MS);
}
