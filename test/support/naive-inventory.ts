/**
 * The inventory as anybody would write it: arrays of objects, sorted with comparators, filtered by reading.
 * It is the oracle of the columnar snapshot and shares nothing with it but the record types and the grammar
 * of names.
 */

import { parseDistinguishedName } from '../../src/core/distinguished-name.ts';
import type {
  CertificateFilter,
  DeviceFilter,
  InstallationFilter,
  ListTest,
  NumberTest,
  TextTest,
} from '../../src/snapshot/filter.ts';
import type { CertificatePart, DevicePart } from '../../src/snapshot/record.ts';
import type { InventoryRecord } from './inventories.ts';

export interface NaiveCertificate {
  readonly merged: CertificatePart;
  readonly installations: NaiveInstallation[];
}
export interface NaiveDevice {
  readonly merged: DevicePart;
  readonly installations: NaiveInstallation[];
}
export interface NaiveInstallation {
  readonly path: string;
  readonly certificate: NaiveCertificate;
  readonly device: NaiveDevice;
}
export interface NaiveInventory {
  readonly certificates: NaiveCertificate[];
  readonly devices: NaiveDevice[];
  readonly installations: NaiveInstallation[];
  readonly groups: { id: string; name: string | null; devices: NaiveDevice[] }[];
  readonly conflictingRecords: number;
  readonly duplicateRecords: number;
}

/** Order of UTF-8 bytes, taken literally. */
export const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
/** Lower-cased bytes first, bytes among equals. */
export const byText = (a: string, b: string): number =>
  byBytes(a.toLowerCase(), b.toLowerCase()) || byBytes(a, b);

const byRecordKey = (a: InventoryRecord, b: InventoryRecord): number =>
  byText(a.device.deviceId, b.device.deviceId) || byText(a.path, b.path);

const byValue = (a: unknown, b: unknown): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : byBytes(asComparable(a), asComparable(b));

/** Lists as their JSON; usages as pairs; subject types by the order of their codes. */
function asComparable(value: unknown): string {
  if (typeof value === 'string') return value;
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && 'oid' in part && 'name' in part
      ? [part.oid, part.name]
      : part,
  );
}

function settle<T>(
  records: readonly InventoryRecord[],
  read: (record: InventoryRecord) => T | null,
): T | null {
  const known = records.filter((record) => read(record) !== null);
  known.sort((a, b) => byRecordKey(a, b) || byValue(read(a), read(b)));
  return known.length === 0 ? null : read(known[0]!);
}

function group<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

const CERTIFICATE_FIELDS = [
  'serialNumber',
  'subject',
  'issuer',
  'subjectType',
  'signatureAlgorithm',
  'keySize',
  'notBefore',
  'notAfter',
  'keyUsages',
  'extendedKeyUsages',
] as const;

export function createNaiveInventory(records: readonly InventoryRecord[]): NaiveInventory {
  const certificates = new Map<string, NaiveCertificate>();
  for (const [thumbprint, own] of group(records, (record) => record.certificate.thumbprint)) {
    const merged: Record<string, unknown> = { thumbprint };
    for (const field of CERTIFICATE_FIELDS)
      merged[field] = settle(own, (record) => record.certificate[field]);
    certificates.set(thumbprint, { merged: merged as unknown as CertificatePart, installations: [] });
  }
  const groupNames = new Map<string, string | null>();
  const grouped = records.filter((record) => record.device.rbacGroupId !== null);
  for (const [id, own] of group(grouped, (record) => record.device.rbacGroupId!)) {
    groupNames.set(
      id,
      settle(own, (record) => record.device.rbacGroupName),
    );
  }
  const devices = new Map<string, NaiveDevice>();
  for (const [deviceId, own] of group(records, (record) => record.device.deviceId)) {
    const rbacGroupId = settle(own, (record) => record.device.rbacGroupId);
    const rbacGroupName = rbacGroupId === null ? null : groupNames.get(rbacGroupId)!;
    const merged = {
      deviceId,
      name: settle(own, (record) => record.device.name),
      rbacGroupId,
      rbacGroupName,
    };
    devices.set(deviceId, { merged, installations: [] });
  }
  const keyOf = (record: InventoryRecord): string =>
    JSON.stringify([record.device.deviceId, record.certificate.thumbprint, record.path]);
  const installations = [...new Map(records.map((record) => [keyOf(record), record])).values()].map(
    (record) => ({
      path: record.path,
      certificate: certificates.get(record.certificate.thumbprint)!,
      device: devices.get(record.device.deviceId)!,
    }),
  );
  installations.sort(
    (a, b) =>
      byText(a.device.merged.deviceId, b.device.merged.deviceId) ||
      byText(a.certificate.merged.thumbprint, b.certificate.merged.thumbprint) ||
      byText(a.path, b.path),
  );
  for (const installation of installations) {
    installation.certificate.installations.push(installation);
    installation.device.installations.push(installation);
  }
  const sortedDevices = [...devices.values()].sort((a, b) => byText(a.merged.deviceId, b.merged.deviceId));
  return {
    certificates: [...certificates.values()].sort((a, b) => byText(a.merged.thumbprint, b.merged.thumbprint)),
    devices: sortedDevices,
    installations,
    groups: [
      ...group(
        sortedDevices.filter((device) => device.merged.rbacGroupId !== null),
        (device) => device.merged.rbacGroupId!,
      ),
    ]
      .map(([id, own]) => ({ id, name: groupNames.get(id)!, devices: own }))
      .sort((a, b) => byText(a.id, b.id)),
    duplicateRecords: records.length - installations.length,
    conflictingRecords: records.filter((record) => losesAnything(record, certificates, devices, groupNames))
      .length,
  };
}

function losesAnything(
  { certificate, device }: InventoryRecord,
  certificates: ReadonlyMap<string, NaiveCertificate>,
  devices: ReadonlyMap<string, NaiveDevice>,
  groupNames: ReadonlyMap<string, string | null>,
): boolean {
  const winner = certificates.get(certificate.thumbprint)!.merged;
  const winningDevice = devices.get(device.deviceId)!.merged;
  const differs = (own: unknown, winning: unknown): boolean =>
    own !== null && asComparable(own) !== asComparable(winning);
  return (
    CERTIFICATE_FIELDS.some((field) => differs(certificate[field], winner[field])) ||
    differs(device.name, winningDevice.name) ||
    differs(device.rbacGroupId, winningDevice.rbacGroupId) ||
    (device.rbacGroupId !== null && differs(device.rbacGroupName, groupNames.get(device.rbacGroupId)))
  );
}

// ---------------------------------------------------------------------------------------------- reading

const SECONDS_A_DAY = 86_400;

export const lifetimeDays = ({ notBefore, notAfter }: CertificatePart): number | null =>
  notBefore === null || notAfter === null ? null : Math.ceil((notAfter - notBefore + 1) / SECONDS_A_DAY);

export const countDevices = (certificate: NaiveCertificate): number =>
  new Set(certificate.installations.map((installation) => installation.device)).size;

export const countCertificates = (device: NaiveDevice): number =>
  new Set(device.installations.map((installation) => installation.certificate)).size;

export function displayName(name: string | null): string | null {
  if (name === null) return null;
  const parts = parseDistinguishedName(name);
  return parts.commonName ?? parts.organizationalUnit ?? parts.organization ?? name;
}

export function storeOf(path: string): { storeLocation: string | null; storeName: string | null } {
  const pieces = path.split('\\');
  return {
    storeLocation: pieces.length > 1 && pieces[0] !== '' ? pieces[0]! : null,
    storeName:
      pieces.length > 2 && pieces.slice(1, -1).join('\\') !== '' ? pieces.slice(1, -1).join('\\') : null,
  };
}

function validity({ notBefore, notAfter }: CertificatePart, at: number): string {
  if (notAfter !== null && at > notAfter) return 'EXPIRED';
  if (notBefore !== null && at < notBefore) return 'NOT_YET_VALID';
  return notBefore !== null && notAfter !== null ? 'CURRENT' : 'UNKNOWN';
}

// -------------------------------------------------------------------------------------------- filtering

function testText(test: TextTest, text: string | null): boolean {
  if (test.kind === 'isNull') return text === null;
  if (text === null) return false;
  const folded = text.toLowerCase();
  switch (test.kind) {
    case 'in':
      return test.values.includes(folded);
    case 'contains':
      return folded.includes(test.value);
    case 'startsWith':
      return folded.startsWith(test.value);
    case 'endsWith':
      return folded.endsWith(test.value);
  }
}

function testNumber(test: NumberTest, value: number | null): boolean {
  if (test.kind === 'isNull') return value === null;
  if (value === null) return false;
  switch (test.kind) {
    case 'in':
      return test.values.includes(value);
    case 'range':
      return value >= (test.minimum ?? -Infinity) && value <= (test.maximum ?? Infinity);
    case 'greaterThan':
      return value > test.value;
    case 'lessThan':
      return value < test.value;
  }
}

function testList(test: ListTest, elements: readonly (readonly string[])[] | null): boolean {
  if (test.kind === 'isNull') return elements === null;
  if (elements === null) return false;
  if (test.kind === 'isEmpty') return elements.length === 0;
  const has = (value: string): boolean =>
    elements.some((texts) => texts.some((text) => text.toLowerCase() === value));
  return test.kind === 'hasAny' ? test.values.some(has) : test.values.every(has);
}

export function matchesCertificate(filter: CertificateFilter, certificate: NaiveCertificate): boolean {
  const { merged } = certificate;
  switch (filter.kind) {
    case 'all':
      return filter.filters.every((part) => matchesCertificate(part, certificate));
    case 'any':
      return filter.filters.some((part) => matchesCertificate(part, certificate));
    case 'not':
      return !matchesCertificate(filter.filter, certificate);
    case 'text':
      return filter.column === 'serialNumber'
        ? testText(filter.test, merged.serialNumber?.replace(/^0+(?=.)/, '') ?? null)
        : testText(filter.test, merged[filter.column]);
    case 'number': {
      const numbers = {
        keySize: merged.keySize,
        notBefore: merged.notBefore,
        notAfter: merged.notAfter,
        lifetimeDays: lifetimeDays(merged),
        deviceCount: countDevices(certificate),
        installationCount: certificate.installations.length,
      };
      return testNumber(filter.test, numbers[filter.column]);
    }
    case 'name': {
      const name = merged[filter.role];
      if (filter.attribute === null || name === null) return testText(filter.test, name);
      if (filter.attribute === 'text') return testText(filter.test, name);
      if (filter.attribute === 'displayName') return testText(filter.test, displayName(name));
      return testText(filter.test, parseDistinguishedName(name)[filter.attribute]);
    }
    case 'subjectType':
      return merged.subjectType !== null && filter.values.includes(merged.subjectType);
    case 'subjectTypeIsNull':
      return merged.subjectType === null;
    case 'isSelfSigned': {
      const { subject, issuer } = merged;
      return filter.value === (subject === null || issuer === null ? null : subject === issuer);
    }
    case 'validity':
      return (filter.values as readonly string[]).includes(validity(merged, filter.at));
    case 'keyUsages':
      return testList(filter.test, merged.keyUsages?.map((name) => [name]) ?? null);
    case 'extendedKeyUsages':
      return testList(
        filter.test,
        merged.extendedKeyUsages?.map(({ oid, name }) => (oid === null ? [name] : [oid, name])) ?? null,
      );
    case 'installations': {
      const some = certificate.installations.some((row) => matchesInstallation(filter.filter, row));
      return filter.quantifier === 'some' ? some : !some;
    }
  }
}

export function matchesDevice(filter: DeviceFilter, device: NaiveDevice): boolean {
  const { merged } = device;
  switch (filter.kind) {
    case 'all':
      return filter.filters.every((part) => matchesDevice(part, device));
    case 'any':
      return filter.filters.some((part) => matchesDevice(part, device));
    case 'not':
      return !matchesDevice(filter.filter, device);
    case 'text':
      return testText(filter.test, merged[filter.column]);
    case 'rbacGroup':
      return testText(filter.test, filter.column === 'name' ? merged.rbacGroupName : merged.rbacGroupId);
    case 'number':
      return testNumber(
        filter.test,
        filter.column === 'certificateCount' ? countCertificates(device) : device.installations.length,
      );
    case 'installations': {
      const some = device.installations.some((row) => matchesInstallation(filter.filter, row));
      return filter.quantifier === 'some' ? some : !some;
    }
  }
}

export function matchesInstallation(filter: InstallationFilter, installation: NaiveInstallation): boolean {
  switch (filter.kind) {
    case 'all':
      return filter.filters.every((part) => matchesInstallation(part, installation));
    case 'any':
      return filter.filters.some((part) => matchesInstallation(part, installation));
    case 'not':
      return !matchesInstallation(filter.filter, installation);
    case 'text':
      return testText(
        filter.test,
        filter.column === 'path' ? installation.path : storeOf(installation.path)[filter.column],
      );
    case 'certificate':
      return matchesCertificate(filter.filter, installation.certificate);
    case 'device':
      return matchesDevice(filter.filter, installation.device);
  }
}

// ---------------------------------------------------------------------------------------------- ordering

/** Nulls last in both directions, ties by identity in the direction asked for. */
export function sortNaively<T>(
  identityOrder: readonly T[],
  toValue: (item: T) => string | number | null,
  direction: 'ASC' | 'DESC',
): T[] {
  const sign = direction === 'ASC' ? 1 : -1;
  const place = new Map(identityOrder.map((item, index) => [item, index]));
  return [...identityOrder].sort((a, b) => {
    const left = toValue(a);
    const right = toValue(b);
    if ((left === null) !== (right === null)) return left === null ? 1 : -1;
    const byKey = left === null ? 0 : byValue(left, right);
    return sign * (byKey || place.get(a)! - place.get(b)!);
  });
}
