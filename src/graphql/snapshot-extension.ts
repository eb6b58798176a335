/** What is said of a snapshot beside the data: in `extensions.snapshot` of every response, and for readiness. */

import type { SnapshotManifest } from '../snapshot/format.ts';
import { formatDateTime } from './date-time.ts';
import { encodeNodeId } from './node-id.ts';
import { toEpochSeconds } from './request-facts.ts';

/** `extensions.snapshot`: the same values as the fields of `Snapshot`. */
export interface SnapshotExtension {
  readonly id: string;
  readonly revision: number;
  /** RFC 3339; `null` when Defender did not say. */
  readonly generatedAt: string | null;
}

export function toSnapshotExtension({ id, revision, generatedAtMs }: SnapshotManifest): SnapshotExtension {
  const generatedAt = generatedAtMs === null ? null : formatDateTime(toEpochSeconds(generatedAtMs));
  return { id: encodeNodeId('Snapshot', id), revision, generatedAt };
}

/**
 * When a snapshot counts as expired, epoch milliseconds; `null` = never. Counted from its publication: when Defender
 * generated the data is not always known.
 *
 * @param expiresAfterMs 0 = never
 */
export function findExpiry({ publishedAtMs }: SnapshotManifest, expiresAfterMs: number): number | null {
  return expiresAfterMs === 0 ? null : publishedAtMs + expiresAfterMs;
}
