/** Every order of every connection, in both directions, walked forward and backward, against the truth. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type ConnectionWalk, walkConnection } from '../support/connection-walk.ts';
import { type Gateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import {
  mergeRecords,
  type TrueCertificate,
  type TrueDevice,
  type TrueInstallation,
  type TrueInventory,
} from '../support/simulated-truth.ts';
import { isTrueOfInstallation } from '../support/true-filter.ts';

let tenant: Simulator;
let gateway: Gateway;
let truth: TrueInventory;

before(async () => {
  tenant = await createSimulator({ devices: 80, recordsPerDevice: 20, seed: 33, quirks: 'all' });
  gateway = await startGatewayWithSnapshot({ tenant });
  truth = mergeRecords(tenant.records());
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await tenant[Symbol.asyncDispose]();
});

type SortValue = string | number | null;

/** By value, those without one last; ties by identity; both in the direction asked for. */
function sortTruly<Row>(
  rows: readonly Row[],
  toValue: ((row: Row) => SortValue) | undefined,
  direction: 'ASC' | 'DESC',
): Row[] {
  const inDirection = direction === 'ASC' ? [...rows] : rows.toReversed();
  if (toValue === undefined) return inDirection;
  const sign = direction === 'ASC' ? 1 : -1;
  // The sort is stable, so that ties stay in the order of identities.
  return inDirection.sort((a, b) => {
    const left = toValue(a);
    const right = toValue(b);
    if (left === null || right === null) return Number(left === null) - Number(right === null);
    return sign * compare(left, right);
  });
}

function compare(left: string | number, right: string | number): number {
  if (typeof left === 'number') return left - (right as number);
  return Buffer.compare(Buffer.from(left.toLowerCase()), Buffer.from((right as string).toLowerCase()));
}

async function checkOrder(
  walk: Omit<ConnectionWalk, 'direction'>,
  toKey: (row: never) => string,
  expected: readonly string[],
): Promise<void> {
  for (const direction of ['forward', 'backward'] as const) {
    const rows = await walkConnection<never>(gateway, { ...walk, direction });
    assert.deepEqual(rows.map(toKey), expected, `${JSON.stringify(walk.orderBy)} ${direction}`);
  }
}

const DIRECTIONS = ['ASC', 'DESC'] as const;

const CERTIFICATE_ORDERS: Readonly<Record<string, ((row: TrueCertificate) => SortValue) | undefined>> = {
  THUMBPRINT: undefined,
  NOT_AFTER: ({ notAfter }) => notAfter,
  NOT_BEFORE: ({ notBefore }) => notBefore,
  SUBJECT: ({ subject }) => subject?.displayName ?? null,
  ISSUER: ({ issuer }) => issuer?.displayName ?? null,
  KEY_SIZE: ({ keySize }) => keySize,
  DEVICE_COUNT: ({ devices }) => devices.length,
  INSTALLATION_COUNT: ({ installations }) => installations.length,
};

for (const [field, toValue] of Object.entries(CERTIFICATE_ORDERS)) {
  test(`certificates by ${field}`, async () => {
    for (const direction of DIRECTIONS) {
      const expected = sortTruly(truth.certificates, toValue, direction).map(({ thumbprint }) => thumbprint);
      await checkOrder(
        {
          root: 'certificates',
          type: 'Certificate',
          selection: 'thumbprint',
          pageSize: 61,
          orderBy: { field, direction },
        },
        ({ thumbprint }: TrueCertificate) => thumbprint,
        expected,
      );
    }
  });
}

const DEVICE_ORDERS: Readonly<Record<string, ((row: TrueDevice) => SortValue) | undefined>> = {
  DEVICE_ID: undefined,
  NAME: ({ name }) => name,
  CERTIFICATE_COUNT: ({ certificates }) => certificates.length,
  INSTALLATION_COUNT: ({ installations }) => installations.length,
};

for (const [field, toValue] of Object.entries(DEVICE_ORDERS)) {
  test(`devices by ${field}`, async () => {
    for (const direction of DIRECTIONS) {
      const expected = sortTruly(truth.devices, toValue, direction).map(({ deviceId }) => deviceId);
      await checkOrder(
        {
          root: 'devices',
          type: 'Device',
          selection: 'deviceId',
          pageSize: 7,
          orderBy: { field, direction },
        },
        ({ deviceId }: TrueDevice) => deviceId,
        expected,
      );
    }
  });
}

const INSTALLATION_ORDERS: Readonly<Record<string, ((row: TrueInstallation) => SortValue) | undefined>> = {
  DEVICE_ID: undefined,
  NOT_AFTER: ({ certificate }) => certificate.notAfter,
  PATH: ({ path }) => path,
};

for (const [field, toValue] of Object.entries(INSTALLATION_ORDERS)) {
  test(`installations by ${field}, all and filtered`, async () => {
    for (const direction of DIRECTIONS) {
      const sorted = sortTruly(truth.installations, toValue, direction);
      const toKey = ({ path, device, certificate }: TrueInstallation): string =>
        `${device.deviceId} ${certificate.thumbprint} ${path}`;
      const walk = {
        root: 'installations',
        type: 'Installation',
        selection: 'path device { deviceId } certificate { thumbprint }',
        orderBy: { field, direction },
      };
      await checkOrder({ ...walk, pageSize: 400 }, toKey, sorted.map(toKey));
      const filter = { storeName: { eq: 'my' } };
      const mine = sorted.filter((installation) => isTrueOfInstallation(filter, installation));
      await checkOrder({ ...walk, filter, pageSize: 53 }, toKey, mine.map(toKey));
    }
  });
}

test('groups in both directions of the walk', async () => {
  await checkOrder(
    { root: 'rbacGroups', selection: 'rbacGroupId', pageSize: 2 },
    ({ rbacGroupId }: { rbacGroupId: string }) => rbacGroupId,
    truth.groups.map(({ rbacGroupId }) => rbacGroupId),
  );
});

test('the data has what makes orders hard, and no order of the schema was left out', async () => {
  const { certificates, devices } = truth;
  for (const field of ['notAfter', 'notBefore', 'subject', 'keySize'] as const)
    assert.ok(
      certificates.some((certificate) => certificate[field] === null),
      `${field} is missing somewhere`,
    );
  assert.ok(devices.some(({ name }) => name === null));
  assert.ok(new Set(devices.map(({ name }) => name)).size < devices.length - 1, 'two devices share a name');

  const { certificateOrders, deviceOrders, installationOrders } = await gateway.ask<
    Record<string, { enumValues: { name: string }[] }>
  >(`{
    certificateOrders: __type(name: "CertificateOrderField") { enumValues { name } }
    deviceOrders: __type(name: "DeviceOrderField") { enumValues { name } }
    installationOrders: __type(name: "InstallationOrderField") { enumValues { name } }
  }`);
  const toNames = (type: { enumValues: { name: string }[] } | undefined) =>
    type?.enumValues.map(({ name }) => name);
  assert.deepEqual(toNames(certificateOrders), Object.keys(CERTIFICATE_ORDERS));
  assert.deepEqual(toNames(deviceOrders), Object.keys(DEVICE_ORDERS));
  assert.deepEqual(toNames(installationOrders), Object.keys(INSTALLATION_ORDERS));
});
