/** Generated inventories: records with the clashes that make merging, ordering and filtering hard. */

import fc from 'fast-check';
import { SnapshotBuilder, type SnapshotFacts } from '../../src/snapshot/builder.ts';
import type { EncodedSnapshot } from '../../src/snapshot/format.ts';
import type { CertificatePart, DevicePart, RecordSink } from '../../src/snapshot/record.ts';
import { Snapshot } from '../../src/snapshot/snapshot.ts';
import type { QueryLimits } from '../../src/snapshot/work.ts';
import { bareCertificate } from './bare-certificate.ts';

export interface InventoryRecord {
  readonly device: DevicePart;
  readonly certificate: CertificatePart;
  readonly path: string;
}

export const FACTS: SnapshotFacts = {
  tenantId: '11111111-1111-4111-8111-111111111111',
  apiUrl: 'https://api.example.test',
  revision: 7,
  source: 'EXPORT',
  generatedAtMs: Date.UTC(2026, 10, 1),
  publishedAtMs: Date.UTC(2026, 10, 1, 1),
};

/** A certificate of which nothing is known but its thumbprint. */
export const UNKNOWN_CERTIFICATE: CertificatePart = { ...bareCertificate(0), thumbprint: 'CC'.repeat(20) };

/** One record, each part interned anew. */
export function addRecord(
  sink: RecordSink,
  device: DevicePart,
  certificate: CertificatePart,
  path: string,
): void {
  sink.addRecord(
    sink.internDevice(device),
    sink.internCertificate(certificate),
    sink.internPath(path, certificate.thumbprint),
  );
}

/** Feeds records to a builder, each part interned anew. */
export function encodeRecords(records: readonly InventoryRecord[], facts = FACTS): EncodedSnapshot {
  const builder = new SnapshotBuilder();
  for (const { device, certificate, path } of records) {
    addRecord(builder, device, certificate, path);
  }
  return builder.build(facts);
}

export function openRecords(
  records: readonly InventoryRecord[],
  limits: Partial<QueryLimits> = {},
): Snapshot {
  return Snapshot.open(encodeRecords(records), limits);
}

/** Limits under which the query engine takes each of its ways through small inventories, one step at a time or at once. */
export const queryLimits: fc.Arbitrary<Partial<QueryLimits>> = fc.record({
  rowsPerPiece: fc.constantFrom(1, 3, 32_768),
  bytesPerPiece: fc.constantFrom(1, 5, 1_048_576),
  lazyRows: fc.constantFrom(0, 3, 2_048),
  walkedRows: fc.constantFrom(0, 2, 8_192),
  listedRows: fc.constantFrom(0, 1_024),
  stepsPerTest: fc.constantFrom(0, 1, 64),
  cacheBytes: fc.constantFrom(0, 3_000, 1_000_000),
});

const THUMBPRINTS = [
  '00000000000000000000000000000000000000AA',
  'AB00000000000000000000000000000000000001',
  'AB00000000000000000000000000000000000002',
  '0123456789ABCDEF0123456789ABCDEF01234567',
  'FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF',
] as const;

const DEVICE_IDS = ['a'.repeat(40), '0b'.repeat(20), 'DEV', 'dev', 'dév', '\u{1f600}', '\uffee'] as const;

/** Case twins, a surrogate pair and a character above it in UTF-16, a prefix of another, accents. */
export const TEXTS = [
  'alpha',
  'Alpha',
  'ALPHA beta',
  'Éa',
  'éb',
  '\u{1f600}x',
  '\uffeex',
  'z',
  'İx',
] as const;

const NAME_TEXTS = [
  'CN=alpha,O=Contoso,C=DE',
  'CN=ALPHA,O=Contoso',
  'O=Contoso,OU=beta',
  'OU=beta',
  'no name at all',
  'CN=\u{1f600}',
  'CN="quoted, comma",L=Bern,ST=BE',
] as const;

const INSTANTS = [0, 1_700_000_000, 1_700_000_000 + 86_400, 1_700_086_399, 253_402_300_799] as const;

const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.option(arbitrary, { nil: null });

export const certificatePart: fc.Arbitrary<CertificatePart> = fc.record({
  thumbprint: fc.constantFrom(...THUMBPRINTS),
  serialNumber: optional(fc.constantFrom('00AB', 'AB', 'CD01', '0')),
  subject: optional(fc.constantFrom(...NAME_TEXTS)),
  issuer: optional(fc.constantFrom(...NAME_TEXTS)),
  subjectType: optional(fc.constantFrom('CERTIFICATE_AUTHORITY' as const, 'END_ENTITY' as const)),
  signatureAlgorithm: optional(fc.constantFrom('sha256RSA', 'SHA256RSA', 'md5RSA')),
  keySize: optional(fc.constantFrom(1024, 2048, 256)),
  notBefore: optional(fc.constantFrom(...INSTANTS)),
  notAfter: optional(fc.constantFrom(...INSTANTS)),
  keyUsages: optional(fc.subarray(['digitalSignature', 'keyCertSign', 'Odd Usage'])),
  extendedKeyUsages: optional(
    fc.subarray([
      { oid: '1.3.6.1.5.5.7.3.1', name: 'Server Authentication' },
      { oid: '1.2.3.4', name: 'Local Purpose' },
      { oid: null, name: 'Odd Purpose' },
    ]),
  ),
});

export const devicePart: fc.Arbitrary<DevicePart> = fc.record({
  deviceId: fc.constantFrom(...DEVICE_IDS),
  name: optional(fc.constantFrom(...TEXTS)),
  rbacGroupId: optional(fc.constantFrom('0', '10', '9', 'x')),
  rbacGroupName: optional(fc.constantFrom('Unassigned', 'Berlin', 'berlin')),
});

/** Stores that end with the thumbprint, in both cases, and whole paths that lie among them or nowhere. */
const pathOf = (thumbprint: string): fc.Arbitrary<string> =>
  fc.constantFrom(
    `LocalMachine\\Root\\${thumbprint}`,
    `LocalMachine\\root\\${thumbprint.toLowerCase()}`,
    `LocalMachine\\My\\${thumbprint}`,
    `LocalMachine\\My\\${THUMBPRINTS[1]}`,
    `LocalMachine\\My\\AB`,
    'LocalMachine\\My\\',
    `LocalMachine\\Remote Desktop\\Sub\\${thumbprint}`,
    `LocalMachine\\${thumbprint}`,
    'no-backslash',
    '\u{1f600}\\é\\x',
    thumbprint,
  );

export const inventoryRecord: fc.Arbitrary<InventoryRecord> = fc
  .record({ device: devicePart, certificate: certificatePart })
  .chain(({ device, certificate }) =>
    pathOf(certificate.thumbprint).map((path) => ({ device, certificate, path })),
  );

export const inventory: fc.Arbitrary<InventoryRecord[]> = fc.array(inventoryRecord, { maxLength: 40 });

/**
 * The records with nothing in dispute: of each certificate, device and group, what its first record says. A part of them
 * says of its own the same as all of them do.
 */
export function withoutConflicts(records: readonly InventoryRecord[]): InventoryRecord[] {
  const certificates = new Map<string, CertificatePart>();
  const devices = new Map<string, DevicePart>();
  const groupNames = new Map<string, string | null>();
  const first = <Value>(known: Map<string, Value>, key: string, value: Value): Value => {
    if (!known.has(key)) known.set(key, value);
    return known.get(key)!;
  };
  return records.map(({ device, certificate, path }) => {
    const ofGroup = ({ rbacGroupId, rbacGroupName }: DevicePart): string | null =>
      rbacGroupId === null ? null : first(groupNames, rbacGroupId, rbacGroupName);
    const settled = first(devices, device.deviceId, device);
    return {
      device: { ...settled, rbacGroupName: ofGroup(settled) },
      certificate: first(certificates, certificate.thumbprint, certificate),
      path,
    };
  });
}
