/** Connections inside of rows: they page, filter and order among the rows of their parent alone. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGatewayWithSnapshot, UNPRICED } from '../support/gateway.ts';
import { mergeRecords, type TrueInstallation, type TrueInventory } from '../support/simulated-truth.ts';
import {
  type CertificateFilter,
  type DeviceFilter,
  type InstallationFilter,
  isTrueOfCertificate,
  isTrueOfDevice,
  isTrueOfInstallation,
} from '../support/true-filter.ts';

let tenant: Simulator;
let gateway: Gateway;
let truth: TrueInventory;

before(async () => {
  tenant = await createSimulator({ devices: 40, recordsPerDevice: 40, seed: 21, quirks: 'all' });
  gateway = await startGatewayWithSnapshot({ tenant, settings: UNPRICED });
  truth = mergeRecords(tenant.records());
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await tenant[Symbol.asyncDispose]();
});

test('nested connections filter and order among the rows of their parent alone', async () => {
  const device = truth.devices.find(({ installations }) => installations.length > 30)!;
  const certificate = truth.certificates.find(({ devices }) => devices.length > 20)!;
  const ca: CertificateFilter = { subjectType: { in: ['CERTIFICATE_AUTHORITY'] } };
  const root: InstallationFilter = { storeName: { eq: 'ROOT' } };
  const named: DeviceFilter = { name: { contains: '-00001' } };
  const answer = await gateway.ask<Record<string, unknown>>(
    `query ($deviceId: String!, $thumbprint: String!, $ca: CertificateFilter, $root: InstallationFilter, $named: DeviceFilter) {
      device(deviceId: $deviceId) {
        certificates(first: 1000, filter: $ca, orderBy: { field: THUMBPRINT, direction: DESC }) { totalCount nodes { thumbprint } }
        installations(first: 1000, filter: $root) { totalCount nodes { path } }
      }
      certificate(thumbprint: $thumbprint) {
        devices(first: 1000, filter: $named, orderBy: { field: DEVICE_ID, direction: DESC }) { totalCount nodes { deviceId } }
        installations(first: 1000, filter: $root) { totalCount nodes { path device { deviceId } } }
      }
      rbacGroups(first: 1000) { nodes {
        rbacGroupId
        devices(first: 1000, filter: $named) { totalCount nodes { deviceId } }
        certificates(first: 1000, filter: $ca) { totalCount nodes { thumbprint } }
      } }
    }`,
    { deviceId: device.deviceId, thumbprint: certificate.thumbprint, ca, root, named },
  );
  const list = <Row, Answer>(rows: readonly Row[], toNode: (row: Row) => Answer) => ({
    totalCount: rows.length,
    nodes: rows.map(toNode),
  });
  const toThumbprint = ({ thumbprint }: { thumbprint: string }) => ({ thumbprint });
  const toDeviceId = ({ deviceId }: { deviceId: string }) => ({ deviceId });
  const isCa = (row: (typeof truth.certificates)[number]) => isTrueOfCertificate(ca, row);
  const isInRoot = (row: TrueInstallation) => isTrueOfInstallation(root, row);
  const isNamed = (row: (typeof truth.devices)[number]) => isTrueOfDevice(named, row);
  assert.deepEqual(answer, {
    device: {
      certificates: list(device.certificates.filter(isCa).toReversed(), toThumbprint),
      installations: list(device.installations.filter(isInRoot), ({ path }) => ({ path })),
    },
    certificate: {
      devices: list(certificate.devices.filter(isNamed).toReversed(), toDeviceId),
      installations: list(certificate.installations.filter(isInRoot), ({ path, device: { deviceId } }) => ({
        path,
        device: { deviceId },
      })),
    },
    rbacGroups: {
      nodes: truth.groups.map(({ rbacGroupId, devices, certificates }) => ({
        rbacGroupId,
        devices: list(devices.filter(isNamed), toDeviceId),
        certificates: list(certificates.filter(isCa), toThumbprint),
      })),
    },
  });
  assert.ok(truth.groups.some(({ devices }) => devices.some(isNamed) && !devices.every(isNamed)));
});
