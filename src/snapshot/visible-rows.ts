/**
 * The part of an inventory that somebody sees who is limited to some RBAC groups: sets of rows of the same tables, and
 * what of a certificate depends on how many of its installations are seen. Made by `scope.ts`.
 *
 * Devices are seen with all of their installations, and groups with all of their devices, so that nothing else changes.
 */

import type { CertificateInstallations } from './certificate-installations.ts';
import type { RowSet } from './row-set.ts';

/** The orders of certificates that depend on who looks. */
export const COUNT_ORDERS = ['DEVICE_COUNT', 'INSTALLATION_COUNT'] as const;

export type CountOrder = (typeof COUNT_ORDERS)[number];

export interface VisibleRows {
  readonly certificates: RowSet;
  readonly devices: RowSet;
  readonly installations: RowSet;
  readonly rbacGroups: RowSet;
  /** Of the certificates that are seen. */
  readonly certificateInstallations: CertificateInstallations;
  /** The certificates that are seen, ascending by their counts; every one has a count. */
  readonly certificateOrders: Readonly<Record<CountOrder, Uint32Array>>;
  /** Bytes that all of this takes. */
  readonly byteLength: number;
}
