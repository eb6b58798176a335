/**
 * A record through `JSON.parse`, whatever it looks like: what defines the meaning of a record, and the way
 * out for every record that the shape reader does not know.
 */

import { findThumbprint } from '../core/identifiers.ts';
import type { RecordSink, RejectionReason } from '../snapshot/record.ts';
import { isAbsent, type ReadColumn, toCertificatePart, toDevicePart } from './record-fields.ts';
import { COLUMN, COLUMN_COUNT, COLUMN_NAME_LENGTH, toColumn, UNKNOWN_COLUMN } from './wire-columns.ts';
import { toText } from './wire-values.ts';

export interface PlainDecoder {
  /**
   * Ends in one `addRecord` or one `rejectRecord`; nothing throws.
   *
   * @returns whether the record was accepted
   */
  decode(bytes: Buffer, start: number, end: number): boolean;
}

/** Wire keys whose column is remembered; further ones are folded again each time. */
const WIRE_KEYS_KEPT = 1_024;
/** Longest sample that leaves the decoder. */
const SAMPLE_BYTES = 1_024;

export function createPlainDecoder(sink: RecordSink): PlainDecoder {
  const columnOf = new Map<string, number>();
  /** The record in the making; `undefined` where it has no value. */
  const fields: unknown[] = new Array(COLUMN_COUNT).fill(undefined);
  const read: ReadColumn = (slot, normalize) => normalize(fields[slot]);

  function readRecord(bytes: Buffer, start: number, end: number): RejectionReason | undefined {
    let record: unknown;
    try {
      record = JSON.parse(bytes.toString('utf8', start, end));
    } catch {
      return 'NOT_JSON';
    }
    if (typeof record !== 'object' || record === null || Array.isArray(record)) return 'NOT_AN_OBJECT';
    readFields(record as Readonly<Record<string, unknown>>);

    const deviceId = toText(fields[COLUMN.deviceId]);
    if (deviceId === null) return 'DEVICE_ID_MISSING';
    const path = fields[COLUMN.path];
    if (typeof path !== 'string' || path.trim() === '') return 'PATH_MISSING';
    const wireThumbprint = fields[COLUMN.thumbprint];
    if (
      wireThumbprint === undefined ||
      (typeof wireThumbprint === 'string' && wireThumbprint.trim() === '')
    ) {
      return 'THUMBPRINT_MISSING';
    }
    const thumbprint = typeof wireThumbprint === 'string' ? findThumbprint(wireThumbprint) : undefined;
    if (thumbprint === undefined) return 'THUMBPRINT_MALFORMED';
    sink.addRecord(
      sink.internDevice(toDevicePart(deviceId, read)),
      sink.internCertificate(toCertificatePart(thumbprint, read)),
      sink.internPath(path, thumbprint),
    );
    return undefined;
  }

  /** Fills {@link fields}. Of two keys that mean one slot the first with a value counts. */
  function readFields(record: Readonly<Record<string, unknown>>): void {
    fields.fill(undefined);
    for (const key in record) {
      const slot = columnOf.get(key) ?? learnColumn(key);
      if (slot < 0) {
        if (slot === UNKNOWN_COLUMN) sink.noteUnknownColumn(key.slice(0, COLUMN_NAME_LENGTH));
        continue;
      }
      const value = record[key];
      if (!isAbsent(value) && fields[slot] === undefined) fields[slot] = value;
    }
  }

  function learnColumn(key: string): number {
    const slot = toColumn(key);
    if (columnOf.size < WIRE_KEYS_KEPT) columnOf.set(key, slot);
    return slot;
  }

  return {
    decode: (bytes, start, end) => {
      const reason = readRecord(bytes, start, end);
      if (reason === undefined) return true;
      sink.rejectRecord(reason, toSample(bytes, start, end));
      return false;
    },
  };
}

/** The beginning of a refused record. */
export function toSample(bytes: Buffer, start: number, end: number): string {
  return bytes.toString('utf8', start, Math.min(end, start + SAMPLE_BYTES));
}
