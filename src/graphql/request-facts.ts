/**
 * What one request holds on to from its first field to its last: one snapshot, one instant. A refresh in the middle
 * changes nothing in it.
 */

import { GatewayError } from '../core/errors.ts';
import { SECOND_MS } from '../core/units.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';

export interface RequestFacts {
  /** The data that the whole request is answered from; `null` until a first snapshot is published. */
  readonly snapshot: Snapshot | null;
  /** The instant that the whole request takes for now, epoch milliseconds. */
  readonly nowMs: number;
}

/**
 * The snapshot of the request.
 *
 * @throws SNAPSHOT_UNAVAILABLE before the first one is published
 */
export function getSnapshot({ snapshot }: RequestFacts): Snapshot {
  if (snapshot !== null) return snapshot;
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
