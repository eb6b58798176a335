/**
 * The job that a refresher starts: one attempt to read the inventory and make a snapshot of it.
 *
 * The refresher decides when, the job does the work, wherever it runs (in another thread, in a test). A
 * job neither schedules nor publishes.
 */

import type { GatewayError } from '../core/errors.ts';
import type { EncodedSnapshot, SnapshotManifest, SnapshotSource } from '../snapshot/format.ts';
import type { RefreshPhase, RefreshProgress } from './refresh-status.ts';

/** What the next refresh must know of the served snapshot; its manifest is one. */
export type ServedSnapshot = Pick<
  SnapshotManifest,
  'revision' | 'publishedAtMs' | 'generatedAtMs' | 'certificateCount' | 'deviceCount' | 'installationCount'
>;

/** These facts alone, without the rest of a manifest. */
export function toServedSnapshot(manifest: ServedSnapshot): ServedSnapshot {
  const { revision, publishedAtMs, generatedAtMs, certificateCount, deviceCount, installationCount } =
    manifest;
  return { revision, publishedAtMs, generatedAtMs, certificateCount, deviceCount, installationCount };
}

/** The phases that a job reports of itself. */
export type RefreshJobPhase = Exclude<RefreshPhase, 'IDLE'>;

/** What has changed since the last report: absolute values, absent ones are as before. */
export interface RefreshJobProgress extends Partial<RefreshProgress> {
  readonly phase?: RefreshJobPhase;
}

export interface RefreshJobRequest {
  readonly runId: string;
  /** The served snapshot; `null` when there is none. The new one takes the revision after it. */
  readonly previous: ServedSnapshot | null;
  /** Aborted when the run is to end; the job settles soon after. */
  readonly signal: AbortSignal;
  onProgress(progress: RefreshJobProgress): void;
}

export type RefreshResult =
  | {
      /** A validated snapshot, ready to be served. */
      readonly outcome: 'BUILT';
      readonly snapshot: EncodedSnapshot;
      /** Why it could not be stored, so that a restart will not find it; `null` when it was. */
      readonly storeFailure: GatewayError | null;
    }
  | {
      /** Defender has nothing newer than the previous snapshot. */
      readonly outcome: 'UNCHANGED';
      readonly source: SnapshotSource;
      readonly generatedAtMs: number | null;
    };

export interface RefreshJob {
  /** Rejects with a `GatewayError` that says what to do, with `REFRESH_CANCELLED` after an abort. */
  run(request: RefreshJobRequest): Promise<RefreshResult>;
}
