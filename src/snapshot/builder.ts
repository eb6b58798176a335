/**
 * The only writer of snapshots: takes records through the sink, then merges, sorts and encodes them once.
 *
 * The same records give the same data segments byte for byte, in whatever order they came. A builder is
 * used once. Memory while it gathers: the distinct texts, 88 bytes a distinct certificate part, 12 bytes a
 * record.
 */

import { createHash } from 'node:crypto';
import { invariant } from '../core/errors.ts';
import { assembleSegments } from './assemble.ts';
import {
  type EncodedSnapshot,
  FORMAT_VERSION,
  type SnapshotManifest,
  type SnapshotSource,
} from './format.ts';
import {
  CERTIFICATE,
  DEVICE,
  type GatheredRecords,
  SUBJECT_TYPE,
  splitPath,
  TextInterner,
  TupleInterner,
  Uint32List,
} from './ingest.ts';
import { mergeRecords } from './merge.ts';
import { createQualityLedger } from './quality.ts';
import type { CertificatePart, DevicePart, RecordSink, RejectionReason } from './record.ts';

/** What the manifest says beside the data. */
export interface SnapshotFacts {
  readonly tenantId: string;
  readonly apiUrl: string;
  readonly revision: number;
  readonly source: SnapshotSource;
  readonly generatedAtMs: number | null;
  readonly publishedAtMs: number;
}

export class SnapshotBuilder implements RecordSink {
  readonly #gathered: GatheredRecords = {
    texts: new TextInterner(),
    lists: new TextInterner(),
    certificates: new TupleInterner(Object.keys(CERTIFICATE).length),
    devices: new TupleInterner(Object.keys(DEVICE).length),
    paths: new TupleInterner(2),
    recordDevice: new Uint32List(),
    recordCertificate: new Uint32List(),
    recordPath: new Uint32List(),
  };
  readonly #quality = createQualityLedger();
  #built = false;

  /** Records taken so far, refused ones included. */
  get recordsRead(): number {
    return this.#gathered.recordDevice.length + this.#quality.recordsRejected;
  }

  internCertificate(part: CertificatePart): number {
    const { texts, lists, certificates } = this.#gathered;
    return certificates.intern([
      texts.intern(part.thumbprint),
      texts.internNullable(part.serialNumber),
      texts.internNullable(part.subject),
      texts.internNullable(part.issuer),
      texts.internNullable(part.signatureAlgorithm),
      part.subjectType === null ? Number.NaN : SUBJECT_TYPE[part.subjectType],
      part.keySize ?? Number.NaN,
      part.notBefore ?? Number.NaN,
      part.notAfter ?? Number.NaN,
      lists.internNullable(part.keyUsages === null ? null : JSON.stringify(part.keyUsages)),
      lists.internNullable(
        part.extendedKeyUsages === null
          ? null
          : JSON.stringify(part.extendedKeyUsages.map(({ oid, name }) => [oid, name])),
      ),
    ]);
  }

  internDevice(part: DevicePart): number {
    const { texts, devices } = this.#gathered;
    return devices.intern([
      texts.intern(part.deviceId),
      texts.internNullable(part.name),
      texts.internNullable(part.rbacGroupId),
      texts.internNullable(part.rbacGroupName),
    ]);
  }

  internPath(path: string, thumbprint: string): number {
    const { texts, paths } = this.#gathered;
    const [prefix, tail] = splitPath(path, thumbprint);
    return paths.intern([texts.intern(prefix), tail]);
  }

  addRecord(device: number, certificate: number, path: number): void {
    this.#gathered.recordDevice.push(device);
    this.#gathered.recordCertificate.push(certificate);
    this.#gathered.recordPath.push(path);
  }

  rejectRecord(reason: RejectionReason, sample: string): void {
    this.#quality.reject(reason, sample);
  }

  noteUnknownColumn(name: string): void {
    this.#quality.noteUnknownColumn(name);
  }

  /** Merges, sorts and encodes. O(n log n) in the distinct parts, linear in the records. */
  build(facts: SnapshotFacts): EncodedSnapshot {
    invariant(!this.#built, 'A snapshot builder must be used once: create another one.');
    this.#built = true;
    const merged = mergeRecords(this.#gathered);
    const { descriptors, buffers, counts } = assembleSegments(this.#gathered, merged);
    const manifest: Omit<SnapshotManifest, 'id'> = {
      formatVersion: FORMAT_VERSION,
      ...facts,
      ...counts,
      quality: {
        recordsRead: this.recordsRead,
        recordsRejected: this.#quality.recordsRejected,
        duplicateRecords: this.#gathered.recordDevice.length - counts.installationCount,
        conflictingRecords: merged.conflictingRecords,
        unknownColumns: this.#quality.unknownColumns(),
        rejections: this.#quality.rejections(),
      },
      segments: descriptors,
    };
    const id = createHash('sha256').update(JSON.stringify(manifest)).digest('hex').slice(0, 32);
    return { manifest: { ...manifest, id }, segments: buffers };
  }
}
