import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHarness } from '../support/graphql-harness.ts';
import { openSmallInventory } from '../support/small-inventory.ts';

/** First letters of the thumbprints: A the root, B the leaf, C the unknown one, D the expired one. */
const CERTIFICATES: readonly (readonly [filter: string, expected: string])[] = [
  ['{}', 'ABCD'],
  ['{ thumbprint: { eq: "aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa:aa" } }', 'A'],
  ['{ thumbprint: { startsWith: "b b" } }', 'B'],
  ['{ serialNumber: { eq: "0xAB12" } }', 'A'],
  ['{ serialNumber: { contains: "0AB1" } }', 'A'],
  ['{ serialNumber: { contains: "00B1" } }', 'A'],
  ['{ serialNumber: { endsWith: "00:B1:2" } }', 'A'],
  ['{ serialNumber: { ne: "77" } }', 'AC'],
  ['{ serialNumber: { notIn: [] } }', 'ABCD'],
  ['{ signatureAlgorithm: { in: ["SHA1RSA", "md5RSA"] } }', 'BD'],
  ['{ signatureAlgorithm: { isNull: true } }', 'C'],
  ['{ keySize: { lt: 2048 } }', 'BD'],
  ['{ keySize: { gte: 1024, ne: 1024 } }', 'A'],
  ['{ keySize: { isNull: false } }', 'ABD'],
  ['{ lifetimeDays: { gt: 398 } }', 'AD'],
  ['{ deviceCount: { gte: 2 } }', 'AB'],
  ['{ installationCount: { in: [3] } }', 'A'],
  ['{ subject: { commonName: { endsWith: ".CONTOSO.example" } } }', 'B'],
  ['{ subject: { displayName: { eq: "no name at all" } } }', 'D'],
  ['{ subject: { text: { contains: "ou=web" } } }', 'B'],
  ['{ subject: { country: { ne: "DE" } } }', 'BCD'],
  ['{ issuer: { organization: { eq: "contoso" } } }', 'ABD'],
  ['{ issuer: { isNull: true } }', 'C'],
  ['{ subjectType: { in: [END_ENTITY] } }', 'BD'],
  ['{ subjectType: { in: [] } }', ''],
  ['{ subjectType: { isNull: true } }', 'C'],
  ['{ isSelfSigned: { eq: true } }', 'A'],
  ['{ isSelfSigned: { eq: false } }', 'BD'],
  ['{ isSelfSigned: { isNull: true } }', 'C'],
  ['{ notBefore: { gt: "2025-12-31T23:59:59Z" } }', 'B'],
  ['{ notAfter: { eq: "2026-12-30T09:15:30+01:00" } }', 'B'],
  ['{ notAfter: { lte: "2026-12-30T08:15:30Z" } }', 'BD'],
  ['{ notAfter: { isNull: true } }', 'C'],
  ['{ validity: { in: [CURRENT] } }', 'AB'],
  ['{ validity: { in: [EXPIRED, UNKNOWN] } }', 'CD'],
  ['{ validity: { in: [CURRENT], at: "2026-11-23T08:15:29Z" } }', 'ABD'],
  ['{ validity: { in: [NOT_YET_VALID], at: "2025-06-01T00:00:00Z" } }', 'B'],
  ['{ validity: { expiresWithinDays: 37 } }', 'B'],
  ['{ validity: { expiresWithinDays: 36 } }', ''],
  ['{ validity: { expiresWithinDays: 0, at: "2026-11-23T08:15:29Z" } }', 'D'],
  ['{ keyUsages: { has: "Certificate Signing" } }', 'A'],
  ['{ keyUsages: { hasAll: [] } }', 'ABD'],
  ['{ keyUsages: { hasAny: ["ODD usage", "cRLSign"] } }', 'ABD'],
  ['{ extendedKeyUsages: { has: "serverAuth" } }', 'BD'],
  ['{ extendedKeyUsages: { hasAll: ["1.3.6.1.5.5.7.3.1", "odd purpose"] } }', 'BD'],
  ['{ extendedKeyUsages: { isEmpty: true } }', 'A'],
  ['{ extendedKeyUsages: { isEmpty: false } }', 'BD'],
  ['{ extendedKeyUsages: { isNull: true } }', 'C'],
  ['{ installations: { some: { storeName: { eq: "My" } } } }', 'BD'],
  ['{ installations: { none: { storeName: { eq: "My" } } } }', 'AC'],
  ['{ installations: { some: { storeName: { eq: "My" }, device: { name: { startsWith: "srv" } } } } }', 'D'],
  ['{ not: { keySize: { lt: 2048 } } }', 'AC'],
  ['{ and: [{ keySize: { lt: 2048 } }, { deviceCount: { eq: 2 } }] }', 'B'],
  ['{ or: [{ subject: { isNull: true } }, { isSelfSigned: { eq: true } }] }', 'AC'],
  ['{ and: [], keySize: { eq: 4096 } }', 'A'],
  ['{ or: [] }', ''],
];

/** First letters of the device ids: a the workstation, b the server, c the nameless one. */
const DEVICES: readonly (readonly [filter: string, expected: string])[] = [
  [`{ deviceId: { eq: "${'A1'.repeat(20)}" } }`, 'a'],
  ['{ name: { contains: "-1" } }', 'ab'],
  ['{ name: { isNull: true } }', 'c'],
  ['{ rbacGroup: { name: { eq: "unassigned" } } }', 'b'],
  ['{ rbacGroup: { rbacGroupId: { ne: "0" } } }', 'ac'],
  ['{ rbacGroup: { isNull: true } }', 'c'],
  ['{ certificateCount: { lt: 3 } }', 'ac'],
  ['{ installationCount: { gte: 3 } }', 'ab'],
  [`{ installations: { none: { certificate: { thumbprint: { eq: "${'AA'.repeat(20)}" } } } } }`, 'c'],
  ['{ installations: { some: { certificate: { validity: { in: [EXPIRED] } } } } }', 'b'],
];

/** Their number. */
const INSTALLATIONS: readonly (readonly [filter: string, expected: number])[] = [
  ['{ path: { startsWith: "localmachine\\\\my\\\\" } }', 2],
  ['{ storeName: { in: ["root", "authroot"] } }', 3],
  ['{ storeLocation: { isNull: true } }', 1],
  ['{ certificate: { keySize: { lt: 2048 } }, device: { name: { eq: "SRV-1" } } }', 2],
  ['{ certificate: {} }', 7],
  ['{ not: { device: {} } }', 0],
];

describe('filters', () => {
  for (const [filter, expected] of CERTIFICATES) {
    it(`certificates ${filter}`, async () => {
      await using harness = await createHarness({ snapshot: openSmallInventory() });
      const { certificates } = await harness.ask(
        `{ certificates(filter: ${filter}) { totalCount nodes { thumbprint } } }`,
      );
      const letters = certificates.nodes.map(({ thumbprint }: { thumbprint: string }) => thumbprint[0]);
      assert.equal(letters.join(''), expected);
      assert.equal(certificates.totalCount, expected.length);
    });
  }

  for (const [filter, expected] of DEVICES) {
    it(`devices ${filter}`, async () => {
      await using harness = await createHarness({ snapshot: openSmallInventory() });
      const { devices } = await harness.ask(
        `{ devices(filter: ${filter}) { totalCount nodes { deviceId } } }`,
      );
      assert.equal(devices.nodes.map(({ deviceId }: { deviceId: string }) => deviceId[0]).join(''), expected);
      assert.equal(devices.totalCount, expected.length);
    });
  }

  for (const [filter, expected] of INSTALLATIONS) {
    it(`installations ${filter}`, async () => {
      await using harness = await createHarness({ snapshot: openSmallInventory() });
      const { installations } = await harness.ask(
        `{ installations(filter: ${filter}) { totalCount nodes { id } } }`,
      );
      assert.deepEqual([installations.totalCount, installations.nodes.length], [expected, expected]);
    });
  }

  it('never return the whole fleet because a variable was lost', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { data, errors } = await harness.run(
      `query ($days: Int, $store: String) {
        certificates(filter: { validity: { expiresWithinDays: $days } }) { totalCount }
        installations(filter: { storeName: { eq: $store } }) { totalCount }
        devices(filter: { installations: { none: null } }) { totalCount }
        rbacGroups { totalCount }
      }`,
    );
    assert.deepEqual(data, {
      certificates: null,
      installations: null,
      devices: null,
      rbacGroups: { totalCount: 2 },
    });
    assert.deepEqual(
      errors.map(({ message }) => message),
      [
        'filter.validity must have at least one operand that is not null, but got: {}.',
        'filter.storeName must have at least one operand that is not null, but got: {}.',
        'filter.installations must have at least one operand that is not null, but got: {"none":null}.',
      ],
    );
  });
});
