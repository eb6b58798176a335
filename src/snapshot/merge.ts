/**
 * Records that disagree, settled the same way whatever order they came in.
 *
 * Known beats unknown; between two known values the one from the smallest (deviceId, path) wins, and among
 * records of one such key the smallest value. It is settled per attribute: a certificate may take its
 * serial number from one record and its key size from another.
 */

import { CERTIFICATE, DEVICE, type GatheredRecords, joinPath, TupleInterner } from './ingest.ts';
import { NONE } from './string-table.ts';
import { compareBytes, compareText } from './text-order.ts';

/** One row an entity in identity order, one merged column an attribute (`NaN` = unknown in every record). */
export interface MergedTable {
  /** Entities, identity order. */
  readonly length: number;
  /** The entity of each distinct part. */
  readonly rowOfPart: Uint32Array;
  /** Text id of the identity of each entity. */
  readonly identity: Uint32Array;
  /** Merged values by tuple column. */
  readonly columns: ReadonlyMap<number, Float64Array>;
}

export interface MergedRecords {
  readonly certificates: MergedTable;
  readonly devices: MergedTable;
  /** Every group that a record named, with its name in column 1; some may be left without a device. */
  readonly groups: MergedTable;
  /** Records that lost at least one known value. */
  readonly conflictingRecords: number;
}

type ValueOrder = (a: number, b: number) => number;

export function mergeRecords(gathered: GatheredRecords): MergedRecords {
  const { texts, lists, certificates, devices } = gathered;
  const byText: ValueOrder = (a, b) => compareBytes(texts.texts[a]!, texts.texts[b]!);
  const byList: ValueOrder = (a, b) => compareBytes(lists.texts[a]!, lists.texts[b]!);
  const byNumber: ValueOrder = (a, b) => a - b;

  const groups = new TupleInterner(2);
  const groupOfDevicePart = mapParts(devices, (part) => {
    const groupId = devices.at(part, DEVICE.rbacGroupId);
    return Number.isNaN(groupId) ? -1 : groups.intern([groupId, devices.at(part, DEVICE.rbacGroupName)]);
  });
  const recordDevice = gathered.recordDevice.toArray();
  const recordCertificate = gathered.recordCertificate.toArray();
  const deviceIdentity = identify(gathered, devices, { recordPart: recordDevice });
  const smallestFirst = recordOrder(gathered, deviceIdentity.rowOfPart);

  const groupOfRecord: PartOfRecord = { recordPart: recordDevice, through: groupOfDevicePart };
  const certificateMerge = mergeParts({
    parts: certificates,
    identity: identify(gathered, certificates, { recordPart: recordCertificate }),
    partOfRecord: { recordPart: recordCertificate },
    smallestFirst,
    attributes: new Map<number, ValueOrder>([
      [CERTIFICATE.serialNumber, byText],
      [CERTIFICATE.subject, byText],
      [CERTIFICATE.issuer, byText],
      [CERTIFICATE.signatureAlgorithm, byText],
      [CERTIFICATE.subjectType, byNumber],
      [CERTIFICATE.keySize, byNumber],
      [CERTIFICATE.notBefore, byNumber],
      [CERTIFICATE.notAfter, byNumber],
      [CERTIFICATE.keyUsages, byList],
      [CERTIFICATE.extendedKeyUsages, byList],
    ]),
  });
  const deviceMerge = mergeParts({
    parts: devices,
    identity: deviceIdentity,
    partOfRecord: { recordPart: recordDevice },
    smallestFirst,
    attributes: new Map([
      [DEVICE.name, byText],
      [DEVICE.rbacGroupId, byText],
    ]),
  });
  const groupMerge = mergeParts({
    parts: groups,
    identity: identify(gathered, groups, groupOfRecord),
    partOfRecord: groupOfRecord,
    smallestFirst,
    attributes: new Map([[1, byText]]),
  });

  let conflictingRecords = 0;
  for (let record = 0; record < recordDevice.length; record += 1) {
    const device = recordDevice[record]!;
    const group = groupOfDevicePart[device]!;
    const lost =
      certificateMerge.lost[recordCertificate[record]!] === 1 ||
      deviceMerge.lost[device] === 1 ||
      (group >= 0 && groupMerge.lost[group] === 1);
    if (lost) conflictingRecords += 1;
  }
  return {
    certificates: certificateMerge.table,
    devices: deviceMerge.table,
    groups: groupMerge.table,
    conflictingRecords,
  };
}

interface Identity {
  /** The row of each part; {@link NONE} for a part that no record uses. */
  readonly rowOfPart: Uint32Array;
  /** Text id by row. */
  readonly identity: Uint32Array;
}

/** The part of a record; `through` maps it on, negative = the record has none. */
interface PartOfRecord {
  readonly recordPart: Uint32Array;
  readonly through?: Float64Array;
}

/** Sorts the distinct identities (column 0 of every tuple that a record uses) and numbers them. */
function identify({ texts }: GatheredRecords, parts: TupleInterner, partOfRecord: PartOfRecord): Identity {
  const used = findUsed(partOfRecord, parts.length);
  const distinct = new Set<number>();
  for (let part = 0; part < parts.length; part += 1) if (used[part] === 1) distinct.add(parts.at(part, 0));
  const identity = [...distinct].sort((a, b) => compareText(texts.texts[a]!, texts.texts[b]!));
  const rowOfText = new Map(identity.map((text, row) => [text, row]));
  return {
    rowOfPart: Uint32Array.from(
      mapParts(parts, (part) => (used[part] === 1 ? rowOfText.get(parts.at(part, 0))! : NONE)),
    ),
    identity: Uint32Array.from(identity),
  };
}

function findUsed({ recordPart, through }: PartOfRecord, length: number): Uint8Array {
  const direct = new Uint8Array(through?.length ?? length);
  for (const part of recordPart) direct[part] = 1;
  if (through === undefined) return direct;
  const used = new Uint8Array(length);
  for (const [part, mapped] of through.entries()) if (direct[part] === 1 && mapped >= 0) used[mapped] = 1;
  return used;
}

function mapParts(parts: TupleInterner, toValue: (part: number) => number): Float64Array {
  const values = new Float64Array(parts.length);
  for (let part = 0; part < parts.length; part += 1) values[part] = toValue(part);
  return values;
}

/** Compares two records by (deviceId, path). */
function recordOrder(gathered: GatheredRecords, deviceRowOfPart: Uint32Array): ValueOrder {
  const { texts, certificates, paths } = gathered;
  const recordDevice = gathered.recordDevice.toArray();
  const recordCertificate = gathered.recordCertificate.toArray();
  const recordPath = gathered.recordPath.toArray();
  const pathOf = (record: number): string => {
    const path = recordPath[record]!;
    const thumbprint = certificates.at(recordCertificate[record]!, CERTIFICATE.thumbprint);
    return joinPath(texts.texts[paths.at(path, 0)]!, paths.at(path, 1), texts.texts[thumbprint]!);
  };
  return (a, b) =>
    deviceRowOfPart[recordDevice[a]!]! - deviceRowOfPart[recordDevice[b]!]! ||
    compareText(pathOf(a), pathOf(b));
}

interface MergeOptions {
  readonly parts: TupleInterner;
  readonly identity: Identity;
  readonly partOfRecord: PartOfRecord;
  readonly smallestFirst: ValueOrder;
  readonly attributes: ReadonlyMap<number, ValueOrder>;
}

function mergeParts(options: MergeOptions): { table: MergedTable; lost: Uint8Array } {
  const { parts, identity, smallestFirst, attributes } = options;
  const { rowOfPart } = identity;
  const length = identity.identity.length;
  const smallestRecord = findSmallestRecords(options, findContested(rowOfPart, length));
  const lost = new Uint8Array(parts.length);
  const columns = new Map<number, Float64Array>();
  for (const [column, compareValues] of attributes) {
    const winner = new Int32Array(length).fill(-1);
    for (let part = 0; part < parts.length; part += 1) {
      const value = parts.at(part, column);
      const row = rowOfPart[part]!;
      if (Number.isNaN(value) || row === NONE) continue;
      const holder = winner[row]!;
      if (holder < 0) winner[row] = part;
      else if (!Object.is(parts.at(holder, column), value)) {
        const order =
          smallestFirst(smallestRecord[part]!, smallestRecord[holder]!) ||
          compareValues(value, parts.at(holder, column));
        if (order < 0) winner[row] = part;
      } else if (smallestFirst(smallestRecord[part]!, smallestRecord[holder]!) < 0) winner[row] = part;
    }
    const values = Float64Array.from(winner, (part) => (part < 0 ? Number.NaN : parts.at(part, column)));
    columns.set(column, values);
    for (let part = 0; part < parts.length; part += 1) {
      const value = parts.at(part, column);
      const row = rowOfPart[part]!;
      if (!Number.isNaN(value) && row !== NONE && value !== values[row]) lost[part] = 1;
    }
  }
  return { table: { length, rowOfPart, identity: identity.identity, columns }, lost };
}

/** Marks the parts whose entity has other parts too: only they need to know their smallest record. */
function findContested(rowOfPart: Uint32Array, length: number): Uint8Array {
  const partCount = new Uint32Array(length);
  for (const row of rowOfPart) if (row !== NONE) partCount[row]! += 1;
  return Uint8Array.from(rowOfPart, (row) => (row !== NONE && partCount[row]! > 1 ? 1 : 0));
}

/** The record with the smallest (deviceId, path) of each contested part. Linear in the records. */
function findSmallestRecords(
  { partOfRecord, smallestFirst }: MergeOptions,
  contested: Uint8Array,
): Int32Array {
  const { recordPart, through } = partOfRecord;
  const smallest = new Int32Array(contested.length).fill(-1);
  for (let record = 0; record < recordPart.length; record += 1) {
    const part = through === undefined ? recordPart[record]! : through[recordPart[record]!]!;
    if (part < 0 || contested[part] === 0) continue;
    if (smallest[part]! < 0 || smallestFirst(record, smallest[part]!) < 0) smallest[part] = record;
  }
  return smallest;
}
