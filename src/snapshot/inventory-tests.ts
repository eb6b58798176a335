/** The tests of all three tables, which stand in each other: certificates are tested by their installations, and back. */

import { createCertificateTests } from './certificate-tests.ts';
import { createDeviceTests } from './device-tests.ts';
import type { CertificateLeaf, DeviceLeaf, InstallationLeaf } from './filter-plan.ts';
import { createInstallationTests } from './installation-tests.ts';
import type { Snapshot } from './snapshot.ts';
import { createSomeInstallation } from './some-installation.ts';
import type { TableTests } from './table-tests.ts';

export interface InventoryTests {
  readonly certificates: TableTests<CertificateLeaf>;
  readonly devices: TableTests<DeviceLeaf>;
  readonly installations: TableTests<InstallationLeaf>;
}

/** Holds nothing but the snapshot. */
export function createInventoryTests(snapshot: Snapshot): InventoryTests {
  const someInstallation = createSomeInstallation(snapshot, () => installations);
  const certificates = createCertificateTests(snapshot, someInstallation);
  const devices = createDeviceTests(snapshot, someInstallation);
  const installations = createInstallationTests(snapshot, { certificates, devices });
  return { certificates, devices, installations };
}
