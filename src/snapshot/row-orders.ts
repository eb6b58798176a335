/** How each table sorts by each field of the contract, and how identities of another snapshot find their place. */

import { foldText } from './filter.ts';
import type { IdentityBound, Position, Ranks, RowOrder } from './sequence.ts';
import type { Snapshot } from './snapshot.ts';
import { NONE } from './string-table.ts';
import { compareBytes } from './text-order.ts';

export type CertificateOrderField =
  | 'THUMBPRINT'
  | 'NOT_AFTER'
  | 'NOT_BEFORE'
  | 'SUBJECT'
  | 'ISSUER'
  | 'KEY_SIZE'
  | 'DEVICE_COUNT'
  | 'INSTALLATION_COUNT';
export type DeviceOrderField = 'DEVICE_ID' | 'NAME' | 'CERTIFICATE_COUNT' | 'INSTALLATION_COUNT';
export type InstallationOrderField = 'DEVICE_ID' | 'NOT_AFTER' | 'PATH';
export type RbacGroupOrderField = 'RBAC_GROUP_ID';

/** The identity of a table: what ties are broken by. */
export interface Tie {
  identityOf(row: number): readonly string[];
  locate(identity: readonly string[]): IdentityBound;
}

export function certificateOrder(snapshot: Snapshot, field: CertificateOrderField): RowOrder {
  const { certificates } = snapshot;
  const name = `certificates.${field}`;
  switch (field) {
    case 'THUMBPRINT':
      return IDENTITY;
    case 'NOT_AFTER':
      return byNumber(snapshot, name, (row) => certificates.notAfter(row));
    case 'NOT_BEFORE':
      return byNumber(snapshot, name, (row) => certificates.notBefore(row));
    case 'SUBJECT':
      return byDisplayName(snapshot, name, 'subject');
    case 'ISSUER':
      return byDisplayName(snapshot, name, 'issuer');
    case 'KEY_SIZE':
      return byNumber(snapshot, name, (row) => certificates.keySize(row));
    case 'DEVICE_COUNT':
      return byNumber(snapshot, name, (row) => certificates.deviceCount(row));
    case 'INSTALLATION_COUNT':
      return byNumber(snapshot, name, (row) => certificates.installationCount(row));
  }
}

export function deviceOrder(snapshot: Snapshot, field: DeviceOrderField): RowOrder {
  const { devices } = snapshot;
  const name = `devices.${field}`;
  switch (field) {
    case 'DEVICE_ID':
      return IDENTITY;
    case 'NAME': {
      const names = devices.textIds('name');
      return byText(snapshot, name, (row) => names[row]!);
    }
    case 'CERTIFICATE_COUNT':
      return byNumber(snapshot, name, (row) => devices.certificateCount(row));
    case 'INSTALLATION_COUNT':
      return byNumber(snapshot, name, (row) => devices.installationCount(row));
  }
}

export function installationOrder(snapshot: Snapshot, field: InstallationOrderField): RowOrder {
  const { installations, certificates } = snapshot;
  const name = `installations.${field}`;
  switch (field) {
    case 'DEVICE_ID':
      return IDENTITY;
    case 'NOT_AFTER':
      return byNumber(snapshot, name, (row) => certificates.notAfter(installations.certificateRow(row)));
    case 'PATH': {
      const toValue = (row: number): string => foldText(installations.path(row));
      const findRanks = (rows: Uint32Array): Ranks | undefined => rankPaths(rows, snapshot);
      return { ...findPermutation(snapshot, name), toValue, findRanks, compareValue: compareBy(toValue) };
    }
  }
}

/** Different paths of one certificate that are ranked by sorting them. */
const RANKED_PATHS = 256;

/** The paths of one certificate differ in their entries alone, of which there are few. */
function rankPaths(rows: Uint32Array, { installations }: Snapshot): Ranks | undefined {
  const { certificateColumn, pathColumn } = installations;
  const rowOfEntry = new Map<number, number>();
  let last: number | undefined;
  for (let index = 0; index < rows.length; index += 1) {
    const row = rows[index]!;
    if (certificateColumn[row] !== certificateColumn[rows[0]!]) return undefined;
    // Nearly all have the entry of the row before.
    if (pathColumn[row] === last) continue;
    last = pathColumn[row]!;
    if (!rowOfEntry.has(last)) rowOfEntry.set(last, row);
    if (rowOfEntry.size > RANKED_PATHS) return undefined;
  }
  const paths = [...rowOfEntry].map(([entry, row]) => ({ entry, path: foldText(installations.path(row)) }));
  const sorted = [...new Set(paths.map(({ path }) => path))].sort(compareBytes);
  const rankOfEntry = new Map(paths.map(({ entry, path }) => [entry, sorted.indexOf(path)]));
  if (sorted.length <= 1) return { ranks: new Uint32Array(rows.length), count: 1 };
  return { ranks: rows.map((row) => rankOfEntry.get(pathColumn[row]!)!), count: sorted.length };
}

export function rbacGroupOrder(): RowOrder {
  return IDENTITY;
}

export function certificateTie({ certificates }: Snapshot): Tie {
  return {
    identityOf: (row) => [certificates.thumbprint(row)],
    locate: ([thumbprint = '']) => {
      const row = certificates.lowerBound(foldText(thumbprint));
      return { row, isThere: row < certificates.length && certificates.thumbprint(row) === thumbprint };
    },
  };
}

export function deviceTie({ devices }: Snapshot): Tie {
  return {
    identityOf: (row) => [devices.deviceId(row)],
    locate: ([deviceId = '']) => {
      const row = devices.lowerBound(deviceId);
      return { row, isThere: row < devices.length && devices.deviceId(row) === deviceId };
    },
  };
}

export function rbacGroupTie({ rbacGroups }: Snapshot): Tie {
  return {
    identityOf: (row) => [rbacGroups.rbacGroupId(row)],
    locate: ([rbacGroupId = '']) => {
      const row = rbacGroups.lowerBound(rbacGroupId);
      return { row, isThere: row < rbacGroups.length && rbacGroups.rbacGroupId(row) === rbacGroupId };
    },
  };
}

export function installationTie({ installations, certificates, devices }: Snapshot): Tie {
  return {
    identityOf: (row) => [
      devices.deviceId(installations.deviceRow(row)),
      certificates.thumbprint(installations.certificateRow(row)),
      installations.path(row),
    ],
    locate: ([deviceId = '', thumbprint = '', path = '']) => {
      const row = installations.lowerBound(deviceId, thumbprint, path);
      return { row, isThere: installations.isAt(row, deviceId, thumbprint, path) };
    },
  };
}

/** The cursor's content for the rows of a connection. */
export type ToPosition = (row: number) => Position;

export function createCertificatePositions(snapshot: Snapshot, field: CertificateOrderField): ToPosition {
  return createPositions(certificateOrder(snapshot, field), certificateTie(snapshot));
}

export function createDevicePositions(snapshot: Snapshot, field: DeviceOrderField): ToPosition {
  return createPositions(deviceOrder(snapshot, field), deviceTie(snapshot));
}

export function createInstallationPositions(snapshot: Snapshot, field: InstallationOrderField): ToPosition {
  return createPositions(installationOrder(snapshot, field), installationTie(snapshot));
}

export function createRbacGroupPositions(snapshot: Snapshot, _field: RbacGroupOrderField): ToPosition {
  return createPositions(rbacGroupOrder(), rbacGroupTie(snapshot));
}

function createPositions(order: RowOrder, tie: Tie): ToPosition {
  return (row) => ({ value: order.toValue(row), identity: tie.identityOf(row) });
}

/** Rows as they stand: no sort value, ties alone. */
const IDENTITY: RowOrder = Object.freeze({ toValue: () => null, compareValue: () => 0 });

function byNumber(snapshot: Snapshot, name: string, toValue: (row: number) => number | null): RowOrder {
  const compareValue = compareBy(toValue);
  const toKey = (row: number): number => toValue(row) ?? Number.NaN;
  return { ...findPermutation(snapshot, name), toValue, toKey, compareValue };
}

function byDisplayName(snapshot: Snapshot, name: string, role: 'subject' | 'issuer'): RowOrder {
  const names = snapshot.certificates.u32(role);
  const texts = snapshot.names.textIds('displayName');
  return byText(snapshot, name, (row) => (names[row] === NONE ? NONE : texts[names[row]!]!));
}

/** By folded text, given its string id: folded texts are numbered in their order. */
function byText(snapshot: Snapshot, name: string, toText: (row: number) => number): RowOrder {
  const { strings } = snapshot;
  const toValue = (row: number): string | null => {
    const text = toText(row);
    return text === NONE ? null : strings.getFolded(text);
  };
  const toKey = (row: number): number => {
    const text = toText(row);
    return text === NONE ? Number.NaN : strings.foldOf(text);
  };
  return { ...findPermutation(snapshot, name), toValue, toKey, compareValue: compareBy(toValue) };
}

function findPermutation(snapshot: Snapshot, name: string): Pick<RowOrder, 'permutation'> {
  const permutation = snapshot.findOrder(name);
  return permutation === undefined ? {} : { permutation };
}

function compareBy(toValue: RowOrder['toValue']): RowOrder['compareValue'] {
  return (row, value) => compareValues(toValue(row), value);
}

/** Values of one order are of one kind; a value of the wrong kind, from a forged cursor, sorts first. */
function compareValues(own: string | number | null, other: string | number): number {
  if (typeof own === 'string') return typeof other === 'string' ? compareBytes(own, other) : 1;
  return own === null || typeof other === 'string' ? 1 : own - other;
}
