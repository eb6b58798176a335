/**
 * Asks a gateway with a filter and holds the answer to the truth: the same rows in the same order, the same count.
 * Keeps account of which operators were asked, and which of them told rows apart.
 */

import assert from 'node:assert/strict';
import { walkConnection } from './connection-walk.ts';
import type { GraphqlClient } from './gateway.ts';
import type { TrueInstallation, TrueInventory } from './simulated-truth.ts';
import {
  type CertificateFilter,
  type DeviceFilter,
  type InstallationFilter,
  isTrueOfCertificate,
  isTrueOfDevice,
  isTrueOfInstallation,
} from './true-filter.ts';

export interface FilterCheck {
  checkCertificates(filter: CertificateFilter): Promise<void>;
  checkDevices(filter: DeviceFilter): Promise<void>;
  checkInstallations(filter: InstallationFilter): Promise<void>;
  /** What was asked, `CertificateFilter.thumbprint.eq`; true once some filter with it matched a part of the rows. */
  readonly asked: ReadonlyMap<string, boolean>;
}

/** Takes functions, since tests have neither before they run. */
export function createFilterCheck(gateway: () => GraphqlClient, truth: () => TrueInventory): FilterCheck {
  const asked = new Map<string, boolean>();

  async function checkCertificates(filter: CertificateFilter): Promise<void> {
    const expected = truth().certificates.filter((certificate) => isTrueOfCertificate(filter, certificate));
    const rows = await walkConnection<{ thumbprint: string }>(gateway(), {
      root: 'certificates',
      type: 'Certificate',
      selection: 'thumbprint',
      pageSize: 1000,
      filter,
    });
    assert.deepEqual(
      rows.map(({ thumbprint }) => thumbprint),
      expected.map(({ thumbprint }) => thumbprint),
      JSON.stringify(filter),
    );
    note('CertificateFilter', filter, expected.length > 0 && expected.length < truth().certificates.length);
  }

  async function checkDevices(filter: DeviceFilter): Promise<void> {
    const expected = truth().devices.filter((device) => isTrueOfDevice(filter, device));
    const rows = await walkConnection<{ deviceId: string }>(gateway(), {
      root: 'devices',
      type: 'Device',
      selection: 'deviceId',
      pageSize: 1000,
      filter,
    });
    assert.deepEqual(
      rows.map(({ deviceId }) => deviceId),
      expected.map(({ deviceId }) => deviceId),
      JSON.stringify(filter),
    );
    note('DeviceFilter', filter, expected.length > 0 && expected.length < truth().devices.length);
  }

  async function checkInstallations(filter: InstallationFilter): Promise<void> {
    const expected = truth().installations.filter((installation) =>
      isTrueOfInstallation(filter, installation),
    );
    const rows = await walkConnection<InstallationRow>(gateway(), {
      root: 'installations',
      type: 'Installation',
      selection: 'path certificate { thumbprint } device { deviceId }',
      pageSize: 1000,
      filter,
    });
    assert.deepEqual(rows.map(toKey), expected.map(toKey), JSON.stringify(filter));
    note('InstallationFilter', filter, expected.length > 0 && expected.length < truth().installations.length);
  }

  function note(path: string, value: object, splits: boolean): void {
    for (const [key, inner] of Object.entries(value)) {
      const innerPath = `${path}.${key}`;
      asked.set(innerPath, (asked.get(innerPath) ?? false) || splits);
      const isInput = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
      if (isInput) note(innerPath, inner, splits);
    }
  }

  return { checkCertificates, checkDevices, checkInstallations, asked };
}

interface InstallationRow {
  readonly path: string;
  readonly certificate: { readonly thumbprint: string };
  readonly device: { readonly deviceId: string };
}

const toKey = ({ path, certificate, device }: InstallationRow | TrueInstallation): string =>
  `${device.deviceId} ${certificate.thumbprint} ${path}`;
