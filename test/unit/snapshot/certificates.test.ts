import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshotBuilder } from '../../../src/snapshot/builder.ts';
import { selectCertificates } from '../../../src/snapshot/connection.ts';
import type { CertificateFilter } from '../../../src/snapshot/filter.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { addRecord, FACTS } from '../../support/inventories.ts';

const DEVICE = { deviceId: 'device', name: null, rbacGroupId: null, rbacGroupName: null };

/** So many certificates, each with usages and an algorithm of its own, but for the last, which has none. */
function openCertificates(count: number, keySizes: readonly number[] = []): Snapshot {
  const builder = new SnapshotBuilder();
  for (let index = 0; index <= count; index += 1) {
    const isLast = index === count;
    const certificate = {
      thumbprint: index.toString(16).toUpperCase().padStart(40, '0'),
      serialNumber: null,
      subject: null,
      issuer: null,
      subjectType: null,
      signatureAlgorithm: isLast ? null : `Algorithm ${index}`,
      keySize: keySizes[index] ?? null,
      notBefore: null,
      notAfter: null,
      keyUsages: isLast ? null : [`Usage ${index}`],
      extendedKeyUsages: isLast ? null : [{ oid: `1.2.${index}`, name: `Extended ${index}` }],
    };
    addRecord(builder, DEVICE, certificate, 'path');
  }
  return Snapshot.open(builder.build(FACTS));
}

/** The rows that pass, found one by one and as a set. */
function select(snapshot: Snapshot, filter: CertificateFilter): readonly number[] {
  const page = { field: 'THUMBPRINT', direction: 'ASC', first: 10 } as const;
  const { rows, countMatches } = selectCertificates(snapshot, { filter, page });
  assert.equal(countMatches(), rows.length);
  return [...rows];
}

for (const [count, type] of [
  [255, Uint8Array],
  [256, Uint16Array],
] as const) {
  test(`${count} usage lists and algorithms, and none, are told apart in ${type.BYTES_PER_ELEMENT} bytes a row`, () => {
    const snapshot = openCertificates(count);
    const { certificates } = snapshot;
    for (const name of ['signatureAlgorithm', 'keyUsages', 'extendedKeyUsages'] as const) {
      assert.ok(certificates.narrow(name) instanceof type);
    }
    for (let row = 0; row < count; row += 1) {
      assert.equal(certificates.signatureAlgorithm(row), `Algorithm ${row}`);
      assert.deepEqual(certificates.keyUsages(row), [`Usage ${row}`]);
      assert.deepEqual(certificates.extendedKeyUsages(row), [{ oid: `1.2.${row}`, name: `Extended ${row}` }]);
    }
    assert.equal(certificates.signatureAlgorithm(count), null);
    assert.equal(certificates.keyUsages(count), null);
    assert.equal(certificates.extendedKeyUsages(count), null);

    for (const kind of ['keyUsages', 'extendedKeyUsages'] as const) {
      const name = kind === 'keyUsages' ? 'usage' : 'extended';
      assert.deepEqual(select(snapshot, { kind, test: { kind: 'isNull' } }), [count]);
      assert.deepEqual(select(snapshot, { kind, test: { kind: 'isEmpty' } }), []);
      for (const operator of ['hasAny', 'hasAll'] as const) {
        const test = { kind: operator, values: [`${name} ${count - 1}`] };
        assert.deepEqual(select(snapshot, { kind, test }), [count - 1]);
      }
    }
    const onAlgorithm = { kind: 'text', column: 'signatureAlgorithm' } as const;
    assert.deepEqual(select(snapshot, { ...onAlgorithm, test: { kind: 'isNull' } }), [count]);
    for (const kind of ['endsWith', 'contains'] as const) {
      const test = { kind, value: `algorithm ${count - 1}` };
      assert.deepEqual(select(snapshot, { ...onAlgorithm, test }), [count - 1]);
    }
  });
}

test('key sizes are there and in order, whatever the width of the largest', () => {
  for (const largest of [254, 255, 4_096, 65_534, 65_535, 0x7fff_ffff]) {
    const snapshot = openCertificates(3, [largest, 0, 1]);
    const { certificates } = snapshot;
    assert.deepEqual(
      [0, 1, 2, 3].map((row) => certificates.keySize(row)),
      [largest, null, 1, null],
    );
    const page = { field: 'KEY_SIZE', direction: 'ASC', first: 10 } as const;
    assert.deepEqual([...selectCertificates(snapshot, { page }).rows], [2, 0, 1, 3]);
  }
});
