/** How each table sorts by each field of the contract, and how identities of another snapshot find their place. */

import { foldText } from './filter.ts';
import type { IdentityBound, Position, RowOrder } from './sequence.ts';
import type { Snapshot } from './snapshot.ts';
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
  const { certificates, names } = snapshot;
  const displayName = (name: number | null): string | null =>
    name === null ? null : foldText(names.displayName(name));
  return byField(snapshot, `certificates.${field}`, (row) => {
    switch (field) {
      case 'THUMBPRINT':
        return null;
      case 'NOT_AFTER':
        return certificates.notAfter(row);
      case 'NOT_BEFORE':
        return certificates.notBefore(row);
      case 'SUBJECT':
        return displayName(certificates.subject(row));
      case 'ISSUER':
        return displayName(certificates.issuer(row));
      case 'KEY_SIZE':
        return certificates.keySize(row);
      case 'DEVICE_COUNT':
        return certificates.deviceCount(row);
      case 'INSTALLATION_COUNT':
        return certificates.installationCount(row);
    }
  });
}

export function deviceOrder(snapshot: Snapshot, field: DeviceOrderField): RowOrder {
  const { devices } = snapshot;
  return byField(snapshot, `devices.${field}`, (row) => {
    switch (field) {
      case 'DEVICE_ID':
        return null;
      case 'NAME': {
        const name = devices.name(row);
        return name === null ? null : foldText(name);
      }
      case 'CERTIFICATE_COUNT':
        return devices.certificateCount(row);
      case 'INSTALLATION_COUNT':
        return devices.installationCount(row);
    }
  });
}

export function installationOrder(snapshot: Snapshot, field: InstallationOrderField): RowOrder {
  const { installations, certificates } = snapshot;
  return byField(snapshot, `installations.${field}`, (row) => {
    switch (field) {
      case 'DEVICE_ID':
        return null;
      case 'NOT_AFTER':
        return certificates.notAfter(installations.certificateRow(row));
      case 'PATH':
        return foldText(installations.path(row));
    }
  });
}

export function rbacGroupOrder(): RowOrder {
  return { toValue: () => null, compareValue: () => 0 };
}

export function certificateTie({ certificates }: Snapshot): Tie {
  return {
    identityOf: (row) => [certificates.thumbprint(row)],
    locate: ([thumbprint = '']) =>
      toBound(certificates.lowerBound(foldText(thumbprint)), certificates.findRow(thumbprint)),
  };
}

export function deviceTie({ devices }: Snapshot): Tie {
  return {
    identityOf: (row) => [devices.deviceId(row)],
    locate: ([deviceId = '']) => toBound(devices.lowerBound(deviceId), devices.findRow(deviceId)),
  };
}

export function rbacGroupTie({ rbacGroups }: Snapshot): Tie {
  return {
    identityOf: (row) => [rbacGroups.rbacGroupId(row)],
    locate: ([rbacGroupId = '']) =>
      toBound(rbacGroups.lowerBound(rbacGroupId), rbacGroups.findRow(rbacGroupId)),
  };
}

export function installationTie({ installations, certificates, devices }: Snapshot): Tie {
  return {
    identityOf: (row) => [
      devices.deviceId(installations.deviceRow(row)),
      certificates.thumbprint(installations.certificateRow(row)),
      installations.path(row),
    ],
    locate: ([deviceId = '', thumbprint = '', path = '']) =>
      toBound(
        installations.lowerBound(deviceId, thumbprint, path),
        installations.findRow(deviceId, thumbprint, path),
      ),
  };
}

/** The cursor's content for a row of a connection. */
export function toPosition(order: RowOrder, tie: Tie, row: number): Position {
  return { value: order.toValue(row), identity: tie.identityOf(row) };
}

export function certificatePosition(snapshot: Snapshot, row: number, field: CertificateOrderField): Position {
  return toPosition(certificateOrder(snapshot, field), certificateTie(snapshot), row);
}

export function devicePosition(snapshot: Snapshot, row: number, field: DeviceOrderField): Position {
  return toPosition(deviceOrder(snapshot, field), deviceTie(snapshot), row);
}

export function installationPosition(
  snapshot: Snapshot,
  row: number,
  field: InstallationOrderField,
): Position {
  return toPosition(installationOrder(snapshot, field), installationTie(snapshot), row);
}

export function rbacGroupPosition(snapshot: Snapshot, row: number, _field: RbacGroupOrderField): Position {
  return toPosition(rbacGroupOrder(), rbacGroupTie(snapshot), row);
}

function byField(snapshot: Snapshot, name: string, toValue: RowOrder['toValue']): RowOrder {
  const permutation = snapshot.findOrder(name);
  return {
    toValue,
    compareValue: (row, value) => compareValues(toValue(row), value),
    ...(permutation === undefined ? {} : { permutation }),
  };
}

/** Values of one order are of one kind; a value of the wrong kind, from a forged cursor, sorts first. */
function compareValues(own: string | number | null, other: string | number): number {
  if (typeof own === 'string') return typeof other === 'string' ? compareBytes(own, other) : 1;
  return own === null || typeof other === 'string' ? 1 : own - other;
}

function toBound(row: number, exact: number | undefined): IdentityBound {
  return { row, isThere: exact !== undefined };
}
