/**
 * Records that disagree, settled the same way whatever order they came in.
 *
 * Known beats unknown; between two known values the one from the smallest (deviceId, path) wins, and among
 * records of one such key the smallest value. It is settled per attribute: a certificate may take its
 * serial number from one record and its key size from another.
 */

import { identifyByText, identifyCertificates } from './identities.ts';
import { CERTIFICATE, DEVICE, type GatheredRecords } from './ingest.ts';
import { createPathOrder } from './path-order.ts';
import type { RecordColumns } from './record-list.ts';
import { type Attribute, type MergedTable, settleParts } from './settle-parts.ts';
import { NONE } from './string-table.ts';
import type { TextInterner } from './text-interner.ts';
import { compareBytes } from './text-order.ts';
import { TupleInterner } from './tuple-interner.ts';

export interface MergedRecords {
  readonly certificates: MergedTable;
  readonly devices: MergedTable;
  /** Every group that a record named, with the words of {@link GROUP}; some may be left without a device. */
  readonly groups: MergedTable;
  /** Records that lost at least one known value. */
  readonly conflictingRecords: number;
}

/** Words of a group part: numbers of texts. */
export const GROUP = { rbacGroupId: 0, name: 1 } as const;
const GROUP_WORDS = 2;

/** Merges what was gathered; `records` hold its handles. Linear in records and parts but for the sorting. */
export function mergeRecords(gathered: GatheredRecords, records: RecordColumns): MergedRecords {
  const { texts, certificates, devices } = gathered;
  const usedDevices = findUsed(records.device, devices.length);
  const deviceIdentities = identifyByText(texts, devices, usedDevices);
  const groups = new TupleInterner(GROUP_WORDS);
  const groupOfDevice = internGroups(devices, usedDevices, groups);
  const compareRecords = createRecordOrder(gathered, records, deviceIdentities.rowOfPart);

  const certificateMerge = settleParts({
    parts: certificates,
    identities: identifyCertificates(certificates, findUsed(records.certificate, certificates.length)),
    attributes: listCertificateAttributes(gathered),
    partOfRecord: records.certificate,
    compareRecords,
  });
  const deviceMerge = settleParts({
    parts: devices,
    identities: deviceIdentities,
    attributes: [DEVICE.name, DEVICE.rbacGroupId].map((column) => toTextAttribute(texts, devices, column)),
    partOfRecord: records.device,
    compareRecords,
  });
  const groupMerge = settleParts({
    parts: groups,
    identities: identifyByText(texts, groups, new Uint8Array(groups.length).fill(1)),
    attributes: [toTextAttribute(texts, groups, GROUP.name)],
    partOfRecord: records.device,
    through: groupOfDevice,
    compareRecords,
  });
  const deviceLost = deviceMerge.lost.map(
    (lost, part) => lost | (groupMerge.lost[groupOfDevice[part]!] ?? 0),
  );
  return {
    certificates: certificateMerge.table,
    devices: deviceMerge.table,
    groups: groupMerge.table,
    conflictingRecords: countConflicting(records, certificateMerge.lost, deviceLost),
  };
}

/** 1 for each part that a record uses. */
function findUsed(partOfRecord: Uint32Array, partCount: number): Uint8Array {
  const used = new Uint8Array(partCount);
  for (let record = 0; record < partOfRecord.length; record += 1) used[partOfRecord[record]!] = 1;
  return used;
}

/** The group part of each device part; {@link NONE} where it names none, or no record uses it. */
function internGroups(devices: TupleInterner, used: Uint8Array, groups: TupleInterner): Uint32Array {
  const tuple = new Uint32Array(GROUP_WORDS);
  const groupOfDevice = new Uint32Array(devices.length).fill(NONE);
  for (let part = 0; part < groupOfDevice.length; part += 1) {
    tuple[GROUP.rbacGroupId] = devices.at(part, DEVICE.rbacGroupId);
    tuple[GROUP.name] = devices.at(part, DEVICE.rbacGroupName);
    if (used[part] === 1 && tuple[GROUP.rbacGroupId] !== NONE) groupOfDevice[part] = groups.intern(tuple);
  }
  return groupOfDevice;
}

/** Compares two records by (deviceId, path). */
function createRecordOrder(
  gathered: GatheredRecords,
  { device, certificate, path }: RecordColumns,
  rowOfDevice: Uint32Array,
): (recordA: number, recordB: number) => number {
  const comparePaths = createPathOrder(gathered);
  return (a, b) =>
    rowOfDevice[device[a]!]! - rowOfDevice[device[b]!]! ||
    comparePaths(path[a]!, certificate[a]!, path[b]!, certificate[b]!);
}

function listCertificateAttributes({ texts, lists, certificates }: GatheredRecords): Attribute[] {
  const toNumberAttribute = (column: number): Attribute => ({
    column,
    words: 1,
    compare: (a, b) => certificates.at(a, column) - certificates.at(b, column),
  });
  const toInstantAttribute = (column: number): Attribute => ({
    column,
    words: 2,
    compare: (a, b) => certificates.floatAt(a, column) - certificates.floatAt(b, column),
  });
  return [
    toTextAttribute(texts, certificates, CERTIFICATE.serialNumber),
    toTextAttribute(texts, certificates, CERTIFICATE.subject),
    toTextAttribute(texts, certificates, CERTIFICATE.issuer),
    toTextAttribute(texts, certificates, CERTIFICATE.signatureAlgorithm),
    toNumberAttribute(CERTIFICATE.subjectType),
    toNumberAttribute(CERTIFICATE.keySize),
    toInstantAttribute(CERTIFICATE.notBefore),
    toInstantAttribute(CERTIFICATE.notAfter),
    toTextAttribute(lists, certificates, CERTIFICATE.keyUsages),
    toTextAttribute(lists, certificates, CERTIFICATE.extendedKeyUsages),
  ];
}

function toTextAttribute(texts: TextInterner, parts: TupleInterner, column: number): Attribute {
  return {
    column,
    words: 1,
    compare: (a, b) => compareBytes(texts.get(parts.at(a, column)), texts.get(parts.at(b, column))),
  };
}

function countConflicting(
  { device, certificate }: RecordColumns,
  certificateLost: Uint8Array,
  deviceLost: Uint8Array,
): number {
  let count = 0;
  for (let record = 0; record < device.length; record += 1) {
    count += certificateLost[certificate[record]!]! | deviceLost[device[record]!]!;
  }
  return count;
}
