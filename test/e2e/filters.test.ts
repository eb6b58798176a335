/** Every operator of every filter input, over HTTP, against the truth read literally: same rows, same count. */

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { listFilters, numberFilters, textFilters, timeFilters, toInstant } from '../support/filter-cases.ts';
import { createFilterCheck } from '../support/filter-check.ts';
import { type Gateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { mergeRecords, type TrueInventory } from '../support/simulated-truth.ts';
import {
  type CertificateFilter,
  type DeviceFilter,
  type InstallationFilter,
  isTrueOfCertificate,
  type NameFilter,
} from '../support/true-filter.ts';

let tenant: Simulator;
let gateway: Gateway;
let truth: TrueInventory;

before(async () => {
  tenant = await createSimulator({ devices: 40, recordsPerDevice: 40, seed: 21, quirks: 'all' });
  gateway = await startGatewayWithSnapshot({ tenant });
  truth = mergeRecords(tenant.records());
});
after(async () => {
  await gateway[Symbol.asyncDispose]();
  await tenant[Symbol.asyncDispose]();
});

const { checkCertificates, checkDevices, checkInstallations, asked } = createFilterCheck(
  () => gateway,
  () => truth,
);

for (const field of ['thumbprint', 'serialNumber', 'signatureAlgorithm'] as const) {
  test(`certificates by ${field}`, async () => {
    const values = truth.certificates.map((certificate) => certificate[field]);
    for (const filter of textFilters(values)) await checkCertificates({ [field]: filter });
  });
}

for (const field of ['keySize', 'lifetimeDays'] as const) {
  test(`certificates by ${field}`, async () => {
    const values = truth.certificates.map((certificate) => certificate[field]);
    for (const filter of numberFilters(values)) await checkCertificates({ [field]: filter });
  });
}

test('certificates by deviceCount and installationCount', async () => {
  const deviceCounts = truth.certificates.map(({ devices }) => devices.length);
  for (const deviceCount of numberFilters(deviceCounts)) await checkCertificates({ deviceCount });
  const installationCounts = truth.certificates.map(({ installations }) => installations.length);
  for (const installationCount of numberFilters(installationCounts))
    await checkCertificates({ installationCount });
});

const NAME_FIELDS = [
  'text',
  'displayName',
  'commonName',
  'organization',
  'organizationalUnit',
  'locality',
  'state',
  'country',
] as const satisfies readonly (keyof NameFilter)[];

for (const role of ['subject', 'issuer'] as const) {
  test(`certificates by ${role}`, async () => {
    for (const field of NAME_FIELDS) {
      const values = truth.certificates.map((certificate) => certificate[role]?.[field] ?? null);
      for (const filter of textFilters(values)) await checkCertificates({ [role]: { [field]: filter } });
    }
    for (const isNull of [true, false]) await checkCertificates({ [role]: { isNull } });
    await checkCertificates({ [role]: { country: { isNull: true }, isNull: false } });
  });
}

test('certificates by subjectType and isSelfSigned', async () => {
  const types = ['CERTIFICATE_AUTHORITY', 'END_ENTITY'];
  for (const list of [types, types.slice(0, 1), types.slice(1), []])
    await checkCertificates({ subjectType: { in: list } });
  for (const flag of [true, false]) {
    await checkCertificates({ subjectType: { isNull: flag } });
    await checkCertificates({ isSelfSigned: { eq: flag } });
    await checkCertificates({ isSelfSigned: { isNull: flag } });
    await checkCertificates({ isSelfSigned: { eq: flag, isNull: false } });
  }
});

for (const field of ['notBefore', 'notAfter'] as const) {
  test(`certificates by ${field}`, async () => {
    const values = truth.certificates.map((certificate) => certificate[field]);
    for (const filter of timeFilters(values)) await checkCertificates({ [field]: filter });
  });
}

test('certificates by validity, to the second at both ends', async () => {
  const states = ['NOT_YET_VALID', 'CURRENT', 'EXPIRED', 'UNKNOWN'];
  const { notBefore, notAfter } = truth.certificates.find(
    (certificate) =>
      certificate.notBefore !== null &&
      certificate.notAfter !== null &&
      certificate.notBefore < certificate.notAfter,
  )!;
  const nowSeconds = Math.floor(tenant.now() / 1000);
  const edges = [notBefore!, notAfter!].flatMap((seconds) => [seconds - 1, seconds, seconds + 1]);
  for (const seconds of [...edges, nowSeconds]) {
    const at = toInstant(seconds);
    for (const state of states) await checkCertificates({ validity: { in: [state], at } });
  }
  const at = toInstant(nowSeconds);
  await checkCertificates({ validity: { in: [], at } });
  await checkCertificates({ validity: { in: states, at } });
  for (const days of [0, 1, 30, 90, 2_000, 20_000])
    await checkCertificates({ validity: { expiresWithinDays: days, at } });
  const within = { expiresWithinDays: 10 };
  for (const seconds of [notAfter! - 864_001, notAfter! - 864_000, notAfter!, notAfter! + 1])
    await checkCertificates({ validity: { ...within, at: toInstant(seconds) } });
  await checkCertificates({ validity: { in: ['CURRENT'], expiresWithinDays: 400, at } });
});

test('certificates by usages, by OID, by RFC 5280 name and by friendly name', async () => {
  const keyUsages = [
    'digitalSignature',
    'keyCertSign',
    'Digital Signature',
    'Certificate Signing',
    'cRLSign',
  ] as const;
  for (const filter of listFilters([...keyUsages])) await checkCertificates({ keyUsages: filter });
  const extended = [
    'Server Authentication',
    '1.3.6.1.5.5.7.3.2',
    'serverAuth',
    'clientAuth',
    '1.3.6.1.5.5.7.3.1',
    'codeSigning',
    'Vendor Attestation',
    '1.3.6.1.4.1.99999.7.1',
    '1.3.6.1.4.1.311.54.1.2',
  ] as const;
  for (const filter of listFilters([...extended])) await checkCertificates({ extendedKeyUsages: filter });
});

test('a thumbprint and a serial number are found in the forms in which people paste them', async () => {
  const certificate = truth.certificates.find(({ serialNumber }) => (serialNumber?.length ?? 0) > 20)!;
  const { thumbprint } = certificate;
  const serialNumber = certificate.serialNumber!.replace(/^0+/, '');
  const spellings = (hex: string): string[] => [
    hex,
    hex.toLowerCase(),
    hex.replace(/..(?=.)/g, '$&:'),
    hex.toLowerCase().replace(/..(?=.)/g, '$& '),
    `\u200e${hex} `,
  ];
  for (const eq of spellings(thumbprint)) {
    assert.ok(isTrueOfCertificate({ thumbprint: { eq } }, certificate), eq);
    await checkCertificates({ thumbprint: { eq } });
    await checkCertificates({ thumbprint: { ne: eq } });
    await checkCertificates({ thumbprint: { in: [eq] } });
    await checkCertificates({ thumbprint: { startsWith: eq.slice(0, 12) } });
  }
  for (const eq of [...spellings(serialNumber), ...spellings(`00${serialNumber}`), `0x${serialNumber}`]) {
    assert.ok(isTrueOfCertificate({ serialNumber: { eq } }, certificate), eq);
    await checkCertificates({ serialNumber: { eq } });
    await checkCertificates({ serialNumber: { notIn: [eq] } });
    await checkCertificates({ serialNumber: { startsWith: eq } });
  }
  const withZeros = truth.certificates.find(({ serialNumber: reported }) => reported?.startsWith('0000'))!;
  await checkCertificates({ serialNumber: { eq: withZeros.serialNumber!.replace(/^0+/, '') } });
  await checkCertificates({ serialNumber: { eq: withZeros.serialNumber! } });
});

test('certificates by their installations', async () => {
  const { devices, certificates } = truth;
  const device: DeviceFilter = { deviceId: { eq: devices[3]!.deviceId } };
  const server: DeviceFilter = { rbacGroup: { name: { eq: 'servers' } } };
  for (const quantifier of ['some', 'none'] as const) {
    for (const filter of [
      {},
      { device },
      { storeName: { eq: 'MY' } },
      { storeName: { eq: 'root' }, device: server },
      { not: { storeName: { in: ['Root', 'AuthRoot'] } } },
      { path: { contains: `\\${certificates[5]!.thumbprint}` } },
    ] satisfies InstallationFilter[])
      await checkCertificates({ installations: { [quantifier]: filter } });
  }
  await checkCertificates({ installations: { some: { device }, none: { device: server } } });
});

test('certificates by and, or, not, alone and five deep', async () => {
  const ca: CertificateFilter = { subjectType: { in: ['CERTIFICATE_AUTHORITY'] } };
  const weak: CertificateFilter = { keySize: { lt: 2048 } };
  const rsa: CertificateFilter = { signatureAlgorithm: { endsWith: 'rsa' } };
  for (const filter of [
    {},
    { and: [] },
    { or: [] },
    { and: [ca, rsa] },
    { or: [ca, weak] },
    { not: ca },
    { not: {} },
    { not: { keySize: { ne: 2048 } } },
    { and: [{ or: [ca, weak] }, { not: rsa }], or: [rsa, { not: weak }], ...weak },
    { not: { and: [{ or: [{ not: weak }, ca] }] } },
    { installations: { some: { device: { installations: { none: { certificate: ca } } } } } },
    { or: [{ installations: { some: { device: { name: { contains: '-0' } } } } }, ca] },
  ] satisfies CertificateFilter[])
    await checkCertificates(filter);
});

test('devices by every field', async () => {
  for (const field of ['deviceId', 'name'] as const) {
    const values = truth.devices.map((device) => device[field]);
    for (const filter of textFilters(values)) await checkDevices({ [field]: filter });
  }
  for (const field of ['rbacGroupId', 'name'] as const) {
    const values = truth.devices.map(({ rbacGroup }) => rbacGroup?.[field] ?? null);
    for (const filter of textFilters(values)) await checkDevices({ rbacGroup: { [field]: filter } });
  }
  for (const isNull of [true, false]) await checkDevices({ rbacGroup: { isNull } });
  for (const certificateCount of numberFilters(truth.devices.map(({ certificates }) => certificates.length)))
    await checkDevices({ certificateCount });
  for (const installationCount of numberFilters(
    truth.devices.map(({ installations }) => installations.length),
  ))
    await checkDevices({ installationCount });
});

test('devices by their installations, and by and, or, not', async () => {
  const enterpriseRoot = truth.certificates.find(
    ({ isSelfSigned, subjectType, devices }) =>
      isSelfSigned === true &&
      subjectType === 'CERTIFICATE_AUTHORITY' &&
      devices.length > 20 &&
      devices.length < truth.devices.length,
  )!;
  const root: InstallationFilter = { certificate: { thumbprint: { eq: enterpriseRoot.thumbprint } } };
  const named: DeviceFilter = { name: { contains: 'corp' } };
  const server: DeviceFilter = { rbacGroup: { rbacGroupId: { eq: '20' } } };
  for (const filter of [
    { installations: { some: root } },
    { installations: { none: root } },
    { installations: { some: { ...root, storeName: { eq: 'AuthRoot' } } } },
    {
      installations: {
        some: { certificate: { keySize: { lt: 1500 } } },
        none: { storeName: { eq: 'WebHosting' } },
      },
    },
    { and: [named, { installations: { some: root } }] },
    { or: [server, { installations: { none: root } }] },
    { not: named },
    { and: [] },
    { or: [] },
    { not: { or: [server, { not: { installations: { some: { storeName: { eq: 'my' } } } } }] } },
  ] satisfies DeviceFilter[])
    await checkDevices(filter);
});

test('installations by every field, by certificate, by device, and by and, or, not', async () => {
  for (const field of ['path', 'storeName', 'storeLocation'] as const) {
    const values = truth.installations.map((installation) => installation[field]);
    for (const filter of textFilters(values)) await checkInstallations({ [field]: filter });
  }
  const certificate: CertificateFilter = { subject: { displayName: { contains: 'root' } } };
  const device: DeviceFilter = { name: { startsWith: 'eme' } };
  for (const filter of [
    { certificate },
    { device },
    { certificate, device, storeName: { eq: 'root' } },
    { and: [{ certificate }, { device }] },
    { or: [{ certificate }, { device }] },
    { not: { certificate } },
    { and: [] },
    { or: [] },
    { device: { installations: { none: { certificate: { keySize: { eq: 1024 } } } } } },
    { certificate: { installations: { some: { device, storeName: { eq: 'My' } } } } },
    { not: { or: [{ certificate: { not: certificate } }, { device }] } },
  ] satisfies InstallationFilter[])
    await checkInstallations(filter);
});

/** Operators that no data can split: the value is never missing, or missing everywhere it is asked. */
const CANNOT_SPLIT = [
  /^CertificateFilter\.thumbprint\.isNull$/,
  /^CertificateFilter\.(deviceCount|installationCount)\.isNull$/,
  /^DeviceFilter\.deviceId\.isNull$/,
  /^DeviceFilter\.(certificateCount|installationCount)\.isNull$/,
  /^DeviceFilter\.rbacGroup\.(isNull|rbacGroupId\.isNull)$/,
  /^InstallationFilter\.(path|storeName|storeLocation)\.isNull$/,
  // The export knows no store but the machine's.
  /^InstallationFilter\.storeLocation(\..*)?$/,
];

test('every operator of every filter of the schema was asked above, and split the rows', async () => {
  const { __schema } = await gateway.ask<{ __schema: { types: InputType[] } }>(
    '{ __schema { types { name inputFields { name type { kind name ofType { kind name } } } } } }',
  );
  const fieldsOf = new Map(__schema.types.map(({ name, inputFields }) => [name, inputFields ?? []]));
  const roots = ['CertificateFilter', 'DeviceFilter', 'InstallationFilter'];
  const paths = roots.flatMap((root) => listPaths(root, fieldsOf.get(root)!));
  function listPaths(path: string, fields: readonly InputField[]): string[] {
    return fields.flatMap(({ name, type }) => {
      const inner =
        roots.includes(type.name ?? '') || type.kind !== 'INPUT_OBJECT' ? [] : fieldsOf.get(type.name!)!;
      const own = `${path}.${name}`;
      return [own, ...listPaths(own, inner)];
    });
  }
  assert.ok(paths.length > 250, `${paths.length} operators`);
  assert.deepEqual(
    paths.filter((path) => !asked.has(path)),
    [],
    'not asked',
  );
  assert.deepEqual(
    paths.filter((path) => asked.get(path) === false && !CANNOT_SPLIT.some((pattern) => pattern.test(path))),
    [],
    'asked, but never of use',
  );
});

interface InputField {
  readonly name: string;
  readonly type: { readonly kind: string; readonly name: string | null };
}

interface InputType {
  readonly name: string;
  readonly inputFields: readonly InputField[] | null;
}
