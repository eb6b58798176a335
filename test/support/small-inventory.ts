/** Four certificates on three devices, every value chosen: for tests that know each answer by heart. */

import { SnapshotBuilder } from '../../src/snapshot/builder.ts';
import type { CertificatePart, DevicePart } from '../../src/snapshot/record.ts';
import { Snapshot } from '../../src/snapshot/snapshot.ts';
import { addRecord, FACTS, UNKNOWN_CERTIFICATE } from './inventories.ts';

const toSeconds = (text: string): number => Date.parse(text) / 1_000;

export const ROOT: CertificatePart = {
  thumbprint: 'AA'.repeat(20),
  serialNumber: '00AB12',
  subject: 'CN=Contoso Root,O=Contoso,C=DE',
  issuer: 'CN=Contoso Root,O=Contoso,C=DE',
  subjectType: 'CERTIFICATE_AUTHORITY',
  signatureAlgorithm: 'sha256RSA',
  keySize: 4096,
  notBefore: toSeconds('2020-01-01T00:00:00Z'),
  notAfter: toSeconds('2039-12-31T23:59:59Z'),
  keyUsages: ['keyCertSign', 'cRLSign'],
  extendedKeyUsages: [],
};

/** Expires 37 days after the requests' instant. */
export const LEAF: CertificatePart = {
  thumbprint: 'BB'.repeat(20),
  serialNumber: '77',
  subject: 'CN=web.contoso.example,OU=Web,O=Contoso,L=Bern,ST=BE,C=CH',
  issuer: 'CN=Contoso Root,O=Contoso,C=DE',
  subjectType: 'END_ENTITY',
  signatureAlgorithm: 'sha1RSA',
  keySize: 1024,
  notBefore: toSeconds('2026-01-01T00:00:00Z'),
  notAfter: toSeconds('2026-12-30T08:15:30Z'),
  keyUsages: ['digitalSignature', 'Odd Usage'],
  extendedKeyUsages: [
    { oid: '1.3.6.1.5.5.7.3.1', name: 'Server Authentication' },
    { oid: null, name: 'Odd Purpose' },
  ],
};

/** Nothing known but its thumbprint. */
export const UNKNOWN: CertificatePart = {
  ...UNKNOWN_CERTIFICATE,
  thumbprint: 'CC'.repeat(20),
};

export const EXPIRED: CertificatePart = {
  ...LEAF,
  thumbprint: 'DD'.repeat(20),
  subject: 'no name at all',
  notBefore: toSeconds('2024-01-01T00:00:00Z'),
  notAfter: toSeconds('2026-11-23T08:15:29Z'),
};

export const WORKSTATION: DevicePart = {
  deviceId: 'a1'.repeat(20),
  name: 'WS-1.contoso.example',
  rbacGroupId: '12',
  rbacGroupName: 'Workstations',
};
export const SERVER: DevicePart = {
  deviceId: 'b2'.repeat(20),
  name: 'srv-1',
  rbacGroupId: '0',
  rbacGroupName: 'Unassigned',
};
export const NAMELESS: DevicePart = {
  deviceId: 'c3'.repeat(20),
  name: null,
  rbacGroupId: null,
  rbacGroupName: null,
};

const RECORDS: readonly (readonly [DevicePart, CertificatePart, prefix: string])[] = [
  [WORKSTATION, ROOT, 'LocalMachine\\Root\\'],
  [WORKSTATION, ROOT, 'LocalMachine\\AuthRoot\\'],
  [WORKSTATION, LEAF, 'LocalMachine\\My\\'],
  [SERVER, ROOT, 'LocalMachine\\Root\\'],
  [SERVER, LEAF, 'LocalMachine\\WebHosting\\'],
  [SERVER, EXPIRED, 'LocalMachine\\My\\'],
  [NAMELESS, UNKNOWN, ''],
];

/** The inventory, with two rejected records and one that came twice. */
export function openSmallInventory(): Snapshot {
  const builder = new SnapshotBuilder();
  for (const [device, certificate, prefix] of [...RECORDS, RECORDS[0]!]) {
    addRecord(builder, device, certificate, `${prefix}${certificate.thumbprint}`);
  }
  builder.rejectRecord('NOT_JSON', 'nonsense');
  builder.rejectRecord('PATH_MISSING', '{"deviceId":"x"}');
  builder.noteUnknownColumn('firstSeen');
  return Snapshot.open(builder.build(FACTS));
}
