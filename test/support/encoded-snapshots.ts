/** Snapshots as bytes, for tests of what keeps and carries them: their content means nothing. */

import {
  CHUNK_BYTES,
  type EncodedSnapshot,
  encodeSegment,
  FORMAT_VERSION,
  type SnapshotManifest,
} from '../../src/snapshot/format.ts';
import type { RefusalReport } from '../../src/storage/refused-entries.ts';

export const TENANT_ID = '11111111-2222-3333-4444-555555555555';
export const API_URL = 'https://api.security.microsoft.com';

/**
 * A snapshot of three segments: a small one that every snapshot shares, one of `revision` alone, and an
 * empty one. `large` adds one of more than two chunks.
 */
export function createEncodedSnapshot(
  revision: number,
  overrides: Partial<SnapshotManifest> & { readonly large?: boolean } = {},
): EncodedSnapshot {
  const { large = false, ...manifest } = overrides;
  const parts = [
    encodeSegment('shared', new Map([['column', Uint32Array.from([1, 2, 3])]])),
    encodeSegment(
      'own',
      new Map([['column', Uint32Array.from({ length: 1_000 }, (_, row) => row * revision)]]),
    ),
    encodeSegment('empty', new Map([['column', new Uint8Array(0)]])),
  ];
  if (large) {
    const values = new Uint8Array(2 * CHUNK_BYTES + 24).map(
      (_, index) => (index >>> 16) * 31 + index + revision,
    );
    parts.push(encodeSegment('large', new Map([['column', values]])));
  }
  return {
    manifest: {
      formatVersion: FORMAT_VERSION,
      id: `snapshot-${revision}`,
      tenantId: TENANT_ID,
      apiUrl: API_URL,
      revision,
      source: 'EXPORT',
      generatedAtMs: 1_768_435_200_000,
      publishedAtMs: 1_768_438_800_000,
      certificateCount: 1,
      deviceCount: 1,
      installationCount: 1,
      rbacGroupCount: 1,
      quality: {
        recordsRead: 1,
        recordsRejected: 0,
        duplicateRecords: 0,
        conflictingRecords: 0,
        unknownColumns: [],
        rejections: [],
      },
      segments: parts.map(({ descriptor }) => descriptor),
      ...manifest,
    },
    segments: new Map(parts.map(({ descriptor, buffer }) => [descriptor.name, buffer])),
  };
}

/** The snapshot of a generation that follows on those with smaller numbers. */
export function createGeneration(number: number, overrides: Partial<SnapshotManifest> = {}): EncodedSnapshot {
  const generatedAtMs = Date.UTC(2026, 0, 15) + number;
  return createEncodedSnapshot(number, { generatedAtMs, publishedAtMs: generatedAtMs + 1, ...overrides });
}

/** Why one of them was refused, with nothing served. */
export const REFUSAL_REPORT: RefusalReport = Object.freeze({
  refusedAtMs: Date.UTC(2026, 0, 16),
  code: 'SNAPSHOT_SHRUNK',
  message: 'Too small.',
  filesTotal: 3,
  gatewayVersion: '1.2.3',
  served: null,
});

/** The snapshot with one byte of a segment changed, and its manifest in step. */
export function changeOneByte(snapshot: EncodedSnapshot, segment: string, offset: number): EncodedSnapshot {
  const bytes = new Uint8Array(snapshot.segments.get(segment) ?? new SharedArrayBuffer(0)).slice();
  bytes[offset]! ^= 1;
  const { descriptor, buffer } = encodeSegment(segment, new Map([['column', bytes]]));
  return {
    manifest: {
      ...snapshot.manifest,
      segments: snapshot.manifest.segments.map((old) => (old.name === segment ? descriptor : old)),
    },
    segments: new Map([...snapshot.segments, [segment, buffer]]),
  };
}
