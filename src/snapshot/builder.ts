/**
 * The only writer of snapshots: takes records through the sink, then merges, sorts and encodes them once.
 *
 * The same records give the same data segments byte for byte, in whatever order they came. A builder is
 * used once. Records come through the sink, or gathered by other threads as parts: see `gather.ts`.
 */

import { invariant } from '../core/errors.ts';
import { assembleSegments } from './assemble.ts';
import { sortInstallations } from './encode-installations.ts';
import { type EncodedSnapshot, FORMAT_VERSION, type SnapshotSource, sealManifest } from './format.ts';
import { type GatheredPart, RecordGatherer } from './gather.ts';
import { mergeRecords } from './merge.ts';
import type { CertificatePart, DevicePart, RecordCheckpoint, RecordSink, RejectionReason } from './record.ts';

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
  readonly #gatherer = new RecordGatherer();
  #built = false;

  /** Records taken so far, refused ones included. */
  get recordsRead(): number {
    return this.#gatherer.recordsRead;
  }

  internCertificate(part: CertificatePart): number {
    return this.#gatherer.internCertificate(part);
  }

  internDevice(part: DevicePart): number {
    return this.#gatherer.internDevice(part);
  }

  internPath(path: string, thumbprint: string): number {
    return this.#gatherer.internPath(path, thumbprint);
  }

  addRecord(device: number, certificate: number, path: number): void {
    this.#gatherer.addRecord(device, certificate, path);
  }

  rejectRecord(reason: RejectionReason, sample: string): void {
    this.#gatherer.rejectRecord(reason, sample);
  }

  noteUnknownColumn(name: string): void {
    this.#gatherer.noteUnknownColumn(name);
  }

  checkpoint(): RecordCheckpoint {
    return this.#gatherer.checkpoint();
  }

  restore(checkpoint: RecordCheckpoint): void {
    this.#gatherer.restore(checkpoint);
  }

  /** Adds what a gatherer took, in this thread or another. The part is used up. Linear in the part. */
  absorb(part: GatheredPart): void {
    this.#gatherer.absorb(part);
  }

  /** Merges, sorts and encodes. Linear in the records, the distinct parts and the bytes of the distinct texts. */
  build(facts: SnapshotFacts): EncodedSnapshot {
    invariant(!this.#built, 'A snapshot builder must be used once: create another one.');
    this.#built = true;
    const { gathered, quality, recordsRead } = this.#gatherer;
    const records = gathered.records.takeColumns();
    const recordsAdded = records.device.length;
    const merged = mergeRecords(gathered, records);
    const installations = sortInstallations(gathered, merged, records);
    const { descriptors, buffers, counts } = assembleSegments(gathered, merged, installations);
    const { rejections, unknownColumns } = quality.account();
    const manifest = {
      formatVersion: FORMAT_VERSION,
      ...facts,
      ...counts,
      quality: {
        recordsRead,
        recordsRejected: quality.recordsRejected,
        duplicateRecords: recordsAdded - counts.installationCount,
        conflictingRecords: merged.conflictingRecords,
        unknownColumns,
        rejections,
      },
      segments: descriptors,
    };
    return { manifest: sealManifest(manifest), segments: buffers };
  }
}
