/**
 * What one request holds on to from its first field to its last: one snapshot, one instant. A refresh in the middle
 * changes nothing in it.
 */

import type { Caller } from '../core/caller.ts';
import { GatewayError } from '../core/errors.ts';
import { SECOND_MS } from '../core/units.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { Work } from '../snapshot/work.ts';
import { requireRight } from './rights.ts';
import type { IsAbandoned, MaybePromise, SliceRunner } from './slices.ts';

export interface RequestFacts {
  readonly caller: Caller;
  /**
   * The data that the whole request is answered from; `null` until a first snapshot is published, and always for a
   * caller who may not read.
   */
  readonly snapshot: Snapshot | null;
  /** The instant that the whole request takes for now, epoch milliseconds. */
  readonly nowMs: number;
  /** Runs what the request has to work out, without keeping the thread from others. */
  readonly slices: SliceRunner;
  /** Whether the caller is gone; work that takes long stops then. */
  readonly isAbandoned: IsAbandoned;
}

/** The result of work over the request's snapshot: at once when it is short, else later. */
export function runWork<Result>(
  { slices, isAbandoned }: RequestFacts,
  work: Work<Result>,
): MaybePromise<Result> {
  return slices.run(work, isAbandoned);
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
