/**
 * The byte form of a snapshot: a manifest, and a handful of segments, each a row of columns.
 *
 * One form serves memory, other threads, disk and other replicas. A column is a typed array of
 * little-endian numbers at a multiple of eight bytes in its segment; `encode-*.ts` and `string-table.ts` say
 * what each column means. Segments hold data alone: the same records give the same bytes, whatever their
 * order, their files, or the time of day. What varies (times, revision, source, quality) is in the manifest.
 */

import { createHash } from 'node:crypto';
import { invariant } from '../core/errors.ts';
import { MEBIBYTE } from '../core/units.ts';
import type { RejectionReason } from './record.ts';

/** Raised whenever the meaning of a byte changes; a snapshot of another version is never read. */
export const FORMAT_VERSION = 3;

/** Segments travel and are stored in chunks of this size, the last one shorter. */
export const CHUNK_BYTES = 8 * MEBIBYTE;

export type SnapshotSource = 'EXPORT' | 'PAGED';

export type ColumnType = 'u8' | 'u16' | 'u32' | 'f64';

export interface ColumnDescriptor {
  readonly name: string;
  readonly type: ColumnType;
  /** Offset of the first element in the segment, in bytes; a multiple of 8. */
  readonly byteOffset: number;
  /** Number of elements. */
  readonly length: number;
}

export interface SegmentDescriptor {
  readonly name: string;
  readonly byteLength: number;
  /** {@link digestSegment} of its bytes, lower-case hex. */
  readonly sha256: string;
  readonly columns: readonly ColumnDescriptor[];
}

export interface RecordRejection {
  readonly reason: RejectionReason;
  readonly count: number;
  /** The smallest few refused records, each cut to a bounded length. */
  readonly samples: readonly string[];
}

/** What was read, and what became of it. */
export interface SnapshotQuality {
  readonly recordsRead: number;
  readonly recordsRejected: number;
  readonly duplicateRecords: number;
  readonly conflictingRecords: number;
  readonly unknownColumns: readonly string[];
  readonly rejections: readonly RecordRejection[];
}

export interface SnapshotManifest {
  readonly formatVersion: number;
  /** Names this snapshot among all others: a digest over everything below. */
  readonly id: string;
  readonly tenantId: string;
  readonly apiUrl: string;
  /** Grows by one with each publication. */
  readonly revision: number;
  readonly source: SnapshotSource;
  /** When Defender generated the export, epoch milliseconds; `null` when it did not say. */
  readonly generatedAtMs: number | null;
  readonly publishedAtMs: number;
  readonly certificateCount: number;
  readonly deviceCount: number;
  readonly installationCount: number;
  readonly rbacGroupCount: number;
  readonly quality: SnapshotQuality;
  readonly segments: readonly SegmentDescriptor[];
}

/** A snapshot as bytes: what a builder makes, the repository keeps, and `Snapshot.open` reads. */
export interface EncodedSnapshot {
  readonly manifest: SnapshotManifest;
  /** One shared buffer per segment of the manifest, by name. */
  readonly segments: ReadonlyMap<string, SharedArrayBuffer>;
}

/** The manifest with the id that names it: a digest over everything else that it says. Whoever changes it seals it anew. */
export function sealManifest(facts: Omit<SnapshotManifest, 'id'>): SnapshotManifest {
  const id = createHash('sha256').update(JSON.stringify(facts)).digest('hex').slice(0, 32);
  return { ...facts, id };
}

/** Numbers of 0 and above; which type a column of {@link narrow} has depends on how many there are. */
export type UnsignedColumn =
  | Uint8Array<ArrayBufferLike>
  | Uint16Array<ArrayBufferLike>
  | Uint32Array<ArrayBufferLike>;

export type ColumnArray = UnsignedColumn | Float64Array<ArrayBufferLike>;

/** The data segments alone, before anybody has said when and from where. */
export interface EncodedSegments {
  readonly descriptors: readonly SegmentDescriptor[];
  readonly buffers: ReadonlyMap<string, SharedArrayBuffer>;
}

/**
 * The digest of a segment: SHA-256 over the concatenated SHA-256 digests of its chunks, so that whoever
 * verifies the chunks has verified the segment. Linear in the bytes.
 */
export function digestSegment(bytes: Uint8Array): string {
  const whole = createHash('sha256');
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    whole.update(
      createHash('sha256')
        .update(bytes.subarray(start, start + CHUNK_BYTES))
        .digest(),
    );
  }
  return whole.digest('hex');
}

/**
 * Copies columns into one shared segment, in the order given. `onCopied` hears of each column as soon as it is there,
 * so that the memory of the original can be given back before the next one takes more.
 */
export function encodeSegment(
  name: string,
  columns: ReadonlyMap<string, ColumnArray>,
  onCopied: (values: ColumnArray) => void = () => {},
): { descriptor: SegmentDescriptor; buffer: SharedArrayBuffer } {
  const described: ColumnDescriptor[] = [];
  let byteLength = 0;
  for (const [columnName, values] of columns) {
    described.push({ name: columnName, type: typeOf(values), byteOffset: byteLength, length: values.length });
    byteLength += Math.ceil(values.byteLength / 8) * 8;
  }
  const buffer = new SharedArrayBuffer(byteLength);
  let index = 0;
  for (const values of columns.values()) {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    new Uint8Array(buffer).set(bytes, described[index]!.byteOffset);
    onCopied(values);
    index += 1;
  }
  const sha256 = digestSegment(new Uint8Array(buffer));
  return { descriptor: { name, byteLength, sha256, columns: described }, buffer };
}

/** The columns of a segment, as views on its buffer: nothing is copied. */
export function openSegment(
  descriptor: SegmentDescriptor,
  buffer: SharedArrayBuffer,
): Map<string, ColumnArray> {
  invariant(
    buffer.byteLength === descriptor.byteLength,
    `Segment ${descriptor.name} must have ${descriptor.byteLength} bytes, but has ${buffer.byteLength}.`,
  );
  const columns = new Map<string, ColumnArray>();
  for (const { name, type, byteOffset, length } of descriptor.columns) {
    columns.set(name, VIEW_OF[type](buffer, byteOffset, length));
  }
  return columns;
}

type ViewOf = (buffer: SharedArrayBuffer, byteOffset: number, length: number) => ColumnArray;

const VIEW_OF: Readonly<Record<ColumnType, ViewOf>> = {
  u8: (buffer, byteOffset, length) => new Uint8Array(buffer, byteOffset, length),
  u16: (buffer, byteOffset, length) => new Uint16Array(buffer, byteOffset, length),
  u32: (buffer, byteOffset, length) => new Uint32Array(buffer, byteOffset, length),
  f64: (buffer, byteOffset, length) => new Float64Array(buffer, byteOffset, length),
};

function typeOf(values: ColumnArray): ColumnType {
  if (values instanceof Uint8Array) return 'u8';
  if (values instanceof Uint16Array) return 'u16';
  return values instanceof Uint32Array ? 'u32' : 'f64';
}
