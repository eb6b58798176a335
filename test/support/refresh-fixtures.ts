/** What tests of the refresher share: encoded snapshots without data, and a job whose end the test decides. */

import type { RefreshJob, RefreshJobRequest, RefreshResult } from '../../src/refresh/refresh-job.ts';
import type { SnapshotStore } from '../../src/refresh/run-refresh.ts';
import type { EncodedSnapshot, SnapshotManifest } from '../../src/snapshot/format.ts';

/** A snapshot with one small segment; the counts are claimed, not true. */
export function createFakeSnapshot(manifest: Partial<SnapshotManifest> = {}): EncodedSnapshot {
  const quality = {
    recordsRead: 1_000,
    recordsRejected: 0,
    duplicateRecords: 0,
    conflictingRecords: 0,
    unknownColumns: [],
    rejections: [],
  };
  return {
    manifest: {
      formatVersion: 1,
      id: 'fake',
      tenantId: 'tenant',
      apiUrl: 'https://api.example',
      revision: 1,
      source: 'EXPORT',
      generatedAtMs: null,
      publishedAtMs: 0,
      certificateCount: 300,
      deviceCount: 200,
      installationCount: 1_000,
      rbacGroupCount: 2,
      quality,
      segments: [],
      ...manifest,
    },
    segments: new Map([['data', new SharedArrayBuffer(8)]]),
  };
}

export function createBuiltResult(manifest: Partial<SnapshotManifest> = {}): RefreshResult {
  return { outcome: 'BUILT', snapshot: createFakeSnapshot(manifest), storeFailure: null };
}

/** A store that takes everything and has nothing, but for what is overridden. */
export function createEmptyStore(overrides: Partial<SnapshotStore> = {}): SnapshotStore {
  return {
    save: async () => {},
    keepRefused: async () => {},
    findRefused: async () => undefined,
    publishApproved: async () => undefined,
    ...overrides,
  };
}

export const UNCHANGED: RefreshResult = { outcome: 'UNCHANGED', source: 'EXPORT', generatedAtMs: 5 };

export interface ManualRun {
  readonly request: RefreshJobRequest;
  resolve(result: RefreshResult): void;
  reject(error: unknown): void;
}

/** A job that notes each run and leaves it open; it ignores aborts, as a busy thread does. */
export interface ManualJob extends RefreshJob {
  readonly runs: readonly ManualRun[];
  /** The latest run. */
  readonly latest: ManualRun;
}

export function createManualJob(): ManualJob {
  const runs: ManualRun[] = [];
  return {
    runs,
    get latest() {
      return runs.at(-1)!;
    },
    run(request) {
      const { promise, resolve, reject } = Promise.withResolvers<RefreshResult>();
      runs.push({ request, resolve, reject });
      return promise;
    },
  };
}
