/**
 * What the upstream hands to the snapshot: records in normal form, through a sink.
 *
 * The decoder interns: it asks the sink for the handles of a certificate part, a device part and a path, and
 * adds records as three handles. A part that it has seen before costs it a comparison and no second call.
 * Handles are small non-negative integers, valid for one sink. A file that must be read again is taken back
 * first: the sink returns to a checkpoint, so that no record is there twice.
 */

import type { ExtendedKeyUsage } from '../core/usages.ts';

export type SubjectType = 'CERTIFICATE_AUTHORITY' | 'END_ENTITY';

/** What one record says of its certificate; `null` is "not reported". */
export interface CertificatePart {
  /** 40 upper-case hex digits. */
  readonly thumbprint: string;
  /** As reported, upper-cased. */
  readonly serialNumber: string | null;
  /** Canonical text of the name: the plain text that came, else RFC 4514 of the known parts. */
  readonly subject: string | null;
  readonly issuer: string | null;
  readonly subjectType: SubjectType | null;
  /** As reported. */
  readonly signatureAlgorithm: string | null;
  /** Bits; never 0. */
  readonly keySize: number | null;
  /** Epoch seconds. */
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  /** RFC 5280 names where known, in the order reported. */
  readonly keyUsages: readonly string[] | null;
  readonly extendedKeyUsages: readonly ExtendedKeyUsage[] | null;
}

/** What one record says of its device. */
export interface DevicePart {
  readonly deviceId: string;
  readonly name: string | null;
  readonly rbacGroupId: string | null;
  readonly rbacGroupName: string | null;
}

/** Why a record was refused. The set is closed, so that it can label a metric. */
export const REJECTION_REASONS = [
  'NOT_JSON',
  'NOT_AN_OBJECT',
  'DEVICE_ID_MISSING',
  'PATH_MISSING',
  'THUMBPRINT_MISSING',
  'THUMBPRINT_MALFORMED',
  'TOO_LARGE',
] as const;

export type RejectionReason = (typeof REJECTION_REASONS)[number];

/** How often a reason occurred, with the smallest few refused records, each cut to a bounded length. */
export interface RejectionAccount {
  readonly reason: RejectionReason;
  readonly count: number;
  readonly samples: readonly string[];
}

/** What a sink held at one moment, for {@link RecordSink.restore}; plain data, bounded whatever the records. */
export interface RecordCheckpoint {
  /** Accepted records. */
  readonly recordsAdded: number;
  readonly rejections: readonly RejectionAccount[];
  readonly unknownColumns: readonly string[];
}

/** Takes what a source reads. Every record that is not a blank line ends in `addRecord` or `rejectRecord`. */
export interface RecordSink {
  /** The handle of a certificate part; the same content gives the same handle. */
  internCertificate(part: CertificatePart): number;
  /** The handle of a device part; the same content gives the same handle. */
  internDevice(part: DevicePart): number;
  /**
   * The handle of a path as reported, beside the thumbprint (normal form) of its certificate. A thumbprint at
   * the end of a path is no part of what the handle stands for: the paths of one store have one handle, as long
   * as they spell it in one case.
   */
  internPath(path: string, thumbprint: string): number;
  /** One accepted record: handles from this sink. */
  addRecord(device: number, certificate: number, path: number): void;
  /** One refused record, with its text for the samples (cut by the sink to a bounded length). */
  rejectRecord(reason: RejectionReason, sample: string): void;
  /** A column that the record shape does not know; repeats cost a set look-up. */
  noteUnknownColumn(name: string): void;
  /** What was taken so far. Cost and size do not grow with the records. */
  checkpoint(): RecordCheckpoint;
  /**
   * Goes back to a checkpoint of this sink: records, rejections and unknown columns are what they were. Handles
   * stay valid, for parts that no record uses leave no trace. A checkpoint may be restored more than once.
   *
   * @throws {GatewayError} `INVARIANT_VIOLATED` for a checkpoint of more records than there are: it was taken
   * after the one restored last, or from another sink
   */
  restore(checkpoint: RecordCheckpoint): void;
}
