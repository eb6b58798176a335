/** The rows that stand in a relation to a row of another table. */

import type { Snapshot } from './snapshot.ts';

/** `certificate.devices` with row 7: the devices of the certificate in row 7. */
export interface Relation {
  readonly kind:
    | 'certificate.installations'
    | 'certificate.devices'
    | 'device.installations'
    | 'device.certificates'
    | 'rbacGroup.devices'
    | 'rbacGroup.certificates';
  readonly row: number;
}

/** Ascending and distinct; views where the snapshot has them. O(rows) at a nanosecond or two each otherwise. */
export function getRelatedRows(
  { certificates, devices, rbacGroups }: Snapshot,
  { kind, row }: Relation,
): Uint32Array {
  switch (kind) {
    case 'certificate.installations':
      return certificates.installationRows(row);
    case 'certificate.devices':
      return certificates.deviceRows(row);
    case 'device.installations':
      return devices.installationRows(row);
    case 'device.certificates':
      return devices.certificateRows(row);
    case 'rbacGroup.devices':
      return rbacGroups.deviceRows(row);
    case 'rbacGroup.certificates':
      return rbacGroups.certificateRows(row);
  }
}

/** How many rows {@link getRelatedRows} has. O(1). */
export function countRelatedRows(
  { certificates, devices, rbacGroups }: Snapshot,
  { kind, row }: Relation,
): number {
  switch (kind) {
    case 'certificate.installations':
      return certificates.installationCount(row);
    case 'certificate.devices':
      return certificates.deviceCount(row);
    case 'device.installations':
      return devices.installationCount(row);
    case 'device.certificates':
      return devices.certificateCount(row);
    case 'rbacGroup.devices':
      return rbacGroups.deviceCount(row);
    case 'rbacGroup.certificates':
      return rbacGroups.certificateCount(row);
  }
}

/** Whether {@link getRelatedRows} collects the rows, for the snapshot has no view of them. */
export function isCollected({ kind }: Relation): boolean {
  return kind === 'certificate.devices' || kind === 'device.installations' || kind === 'device.certificates';
}
