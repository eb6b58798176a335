/**
 * Records from bytes to the sink, in any of the three spellings of the wire, mixed as it pleases.
 *
 * Every record ends in `addRecord` or in `rejectRecord`; nothing throws. A certificate or device whose
 * fields were seen under the same thumbprint or id lately is compared, not normalised again; the memory
 * for that is bounded, whatever the size of the fleet.
 */

import { findThumbprint, toDeviceId, toSerialNumber } from '../core/identifiers.ts';
import type { RecordSink, RejectionReason } from '../snapshot/record.ts';
import { createRecentCache } from './recent-cache.ts';
import { COLUMN, COLUMN_COUNT, FIRST_CERTIFICATE_COLUMN, toColumn, UNKNOWN_COLUMN } from './wire-columns.ts';
import { toNameText } from './wire-names.ts';
import { toExtendedKeyUsages, toKeyUsages } from './wire-usages.ts';
import { toEpochSeconds, toKeySize, toSubjectType, toText } from './wire-values.ts';

export interface RecordDecoder {
  /** Decodes the record in `bytes[start, end)`. The bytes may be reused once this returns. */
  decode(bytes: Buffer, start: number, end: number): void;
}

/** What is known of one thumbprint or device id: the fields as they came, and the sink's handle for them. */
interface Seen {
  readonly fields: readonly unknown[];
  readonly handle: number;
}

/** 2 × 32,768 certificates at about a kilobyte each: 64 MiB at most, and every root of a fleet fits. */
const CERTIFICATES_KEPT = 32_768;
/** Records of one device come together; a few thousand cover files that interleave. */
const DEVICES_KEPT = 4_096;
/** Wire keys whose column is remembered; further ones are folded again each time. */
const WIRE_KEYS_KEPT = 1_024;
/** Longest sample and longest column name that leave the decoder. */
const SAMPLE_BYTES = 1_024;
const COLUMN_NAME_LENGTH = 128;

export function createRecordDecoder(sink: RecordSink): RecordDecoder {
  const columnOf = new Map<string, number>();
  const certificates = createRecentCache<Seen>(CERTIFICATES_KEPT);
  const devices = createRecentCache<Seen>(DEVICES_KEPT);
  /** The record in the making; `undefined` where it has no value. */
  const fields: unknown[] = new Array(COLUMN_COUNT).fill(undefined);

  function decode(bytes: Buffer, start: number, end: number): void {
    const reason = readRecord(bytes, start, end);
    if (reason !== undefined) {
      sink.rejectRecord(reason, bytes.toString('utf8', start, Math.min(end, start + SAMPLE_BYTES)));
    }
  }

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
    const thumbprint = fields[COLUMN.thumbprint];
    if (thumbprint === undefined || (typeof thumbprint === 'string' && thumbprint.trim() === '')) {
      return 'THUMBPRINT_MISSING';
    }

    const certificate = typeof thumbprint === 'string' ? internCertificate(thumbprint) : undefined;
    if (certificate === undefined) return 'THUMBPRINT_MALFORMED';
    sink.addRecord(
      internDevice(deviceId),
      certificate,
      sink.internPath(path, findThumbprint(thumbprint as string) as string),
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
      if (value !== null && value !== '' && fields[slot] === undefined) fields[slot] = value;
    }
  }

  function learnColumn(key: string): number {
    const slot = toColumn(key);
    if (columnOf.size < WIRE_KEYS_KEPT) columnOf.set(key, slot);
    return slot;
  }

  function internCertificate(wireThumbprint: string): number | undefined {
    const seen = certificates.find(wireThumbprint);
    if (seen !== undefined && haveSameValues(seen.fields, fields, FIRST_CERTIFICATE_COLUMN))
      return seen.handle;
    const thumbprint = findThumbprint(wireThumbprint);
    if (thumbprint === undefined) return undefined;
    const handle = sink.internCertificate({
      thumbprint,
      serialNumber: toSerialNumber(toText(fields[COLUMN.serialNumber]) ?? ''),
      subject: known(toNameText, COLUMN.issuedTo, COLUMN.subjectObject),
      issuer: known(toNameText, COLUMN.issuedBy, COLUMN.issuerObject),
      subjectType: toSubjectType(fields[COLUMN.subjectType]),
      signatureAlgorithm: toText(fields[COLUMN.signatureAlgorithm]),
      keySize: known(toKeySize, COLUMN.keySize, COLUMN.keyLength),
      notBefore: known(toEpochSeconds, COLUMN.issueDate, COLUMN.notBefore),
      notAfter: known(toEpochSeconds, COLUMN.expirationDate, COLUMN.notAfter),
      keyUsages: known(toKeyUsages, COLUMN.keyUsage, COLUMN.keyUsageArray),
      extendedKeyUsages: known(toExtendedKeyUsages, COLUMN.extendedKeyUsage, COLUMN.extendedKeyUsageArray),
    });
    certificates.set(wireThumbprint, { fields: fields.slice(FIRST_CERTIFICATE_COLUMN), handle });
    return handle;
  }

  function internDevice(wireDeviceId: string): number {
    const name = fields[COLUMN.deviceName];
    const rbacGroupId = fields[COLUMN.rbacGroupId];
    const rbacGroupName = fields[COLUMN.rbacGroupName];
    const seen = devices.find(wireDeviceId);
    if (
      seen !== undefined &&
      seen.fields[0] === name &&
      seen.fields[1] === rbacGroupId &&
      seen.fields[2] === rbacGroupName
    ) {
      return seen.handle;
    }
    const handle = sink.internDevice({
      deviceId: toDeviceId(wireDeviceId),
      name: toText(name),
      rbacGroupId: toText(rbacGroupId),
      rbacGroupName: toText(rbacGroupName),
    });
    devices.set(wireDeviceId, { fields: [name, rbacGroupId, rbacGroupName], handle });
    return handle;
  }

  /** The value under the current name of a column, else under the one of 2022: known beats unknown. */
  function known<Value>(
    read: (value: unknown) => Value | null,
    current: number,
    legacy: number,
  ): Value | null {
    return read(fields[current]) ?? read(fields[legacy]);
  }

  return { decode };
}

/** Whether `seen` equals `fields` from `offset` on; an object deeper than a name or a list counts as different. */
function haveSameValues(seen: readonly unknown[], fields: readonly unknown[], offset: number): boolean {
  for (let index = 0; index < seen.length; index += 1) {
    const left = seen[index];
    const right = fields[index + offset];
    if (left !== right && !isSameComposite(left, right, 2)) return false;
  }
  return true;
}

function isSameComposite(left: unknown, right: unknown, depth: number): boolean {
  if (left === right) return true;
  if (
    depth === 0 ||
    typeof left !== 'object' ||
    typeof right !== 'object' ||
    left === null ||
    right === null
  ) {
    return false;
  }
  if (Array.isArray(left) !== Array.isArray(right)) return false;
  const keys = Object.keys(left);
  const otherKeys = Object.keys(right);
  if (keys.length !== otherKeys.length) return false;
  for (let index = 0; index < keys.length; index += 1) {
    const key = keys[index] as keyof typeof left;
    if (key !== otherKeys[index] || !isSameComposite(left[key], right[key], depth - 1)) return false;
  }
  return true;
}
