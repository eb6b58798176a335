import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { SnapshotBuilder } from '../../../src/snapshot/builder.ts';
import {
  CHUNK_BYTES,
  type ColumnArray,
  digestSegment,
  encodeSegment,
  openSegment,
} from '../../../src/snapshot/format.ts';
import type { CertificatePart } from '../../../src/snapshot/record.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { addRecord, encodeRecords, FACTS, UNKNOWN_CERTIFICATE } from '../../support/inventories.ts';

const THUMBPRINT = '00112233445566778899AABBCCDDEEFF00112233';
const CERTIFICATE: CertificatePart = {
  ...UNKNOWN_CERTIFICATE,
  thumbprint: THUMBPRINT,
};
const DEVICE = { deviceId: 'device', name: null, rbacGroupId: null, rbacGroupName: null };

test('an empty inventory is a snapshot without rows', () => {
  const snapshot = Snapshot.open(new SnapshotBuilder().build(FACTS));
  assert.equal(snapshot.certificates.length, 0);
  assert.equal(snapshot.devices.length, 0);
  assert.equal(snapshot.installations.length, 0);
  assert.equal(snapshot.rbacGroups.length, 0);
  assert.equal(snapshot.certificates.findRow(THUMBPRINT), undefined);
});

test('a builder is used once', () => {
  const builder = new SnapshotBuilder();
  builder.build(FACTS);
  assert.throws(() => builder.build(FACTS), { code: 'INVARIANT_VIOLATED' });
});

test('parts that no record uses leave no rows', () => {
  const builder = new SnapshotBuilder();
  builder.internCertificate({ ...CERTIFICATE, thumbprint: 'F'.repeat(40) });
  builder.internDevice({ ...DEVICE, deviceId: 'unused', rbacGroupId: '9' });
  addRecord(builder, DEVICE, CERTIFICATE, 'path');
  const snapshot = Snapshot.open(builder.build(FACTS));
  assert.equal(snapshot.certificates.length, 1);
  assert.equal(snapshot.devices.length, 1);
  assert.equal(snapshot.rbacGroups.length, 0);
});

test('refused records are counted by reason with their smallest samples, and count as read', () => {
  const builder = new SnapshotBuilder();
  for (const sample of ['g', 'b', 'a', 'e', 'd', 'c', 'f']) builder.rejectRecord('NOT_JSON', sample);
  builder.rejectRecord('PATH_MISSING', 'x'.repeat(1000));
  builder.noteUnknownColumn('Zeta');
  builder.noteUnknownColumn('Alpha');
  builder.noteUnknownColumn('Zeta');
  assert.equal(builder.recordsRead, 8);
  const { quality } = builder.build(FACTS).manifest;
  assert.deepEqual(quality, {
    recordsRead: 8,
    recordsRejected: 8,
    duplicateRecords: 0,
    conflictingRecords: 0,
    unknownColumns: ['Alpha', 'Zeta'],
    rejections: [
      { reason: 'NOT_JSON', count: 7, samples: ['a', 'b', 'c', 'd', 'e'] },
      { reason: 'PATH_MISSING', count: 1, samples: [`${'x'.repeat(199)}…`] },
    ],
  });
});

test('unknown columns are listed up to a limit, the same ones in any order', () => {
  const names = Array.from({ length: 150 }, (_, index) => `column${String(index).padStart(3, '0')}`);
  const list = (order: readonly string[]): readonly string[] => {
    const builder = new SnapshotBuilder();
    for (const name of order) builder.noteUnknownColumn(name);
    return builder.build(FACTS).manifest.quality.unknownColumns;
  };
  assert.deepEqual(list(names), names.slice(0, 100));
  assert.deepEqual(list(names.toReversed()), names.slice(0, 100));
});

test('a fleet that outgrows every first allocation is all there', () => {
  const builder = new SnapshotBuilder();
  for (let index = 0; index < 3_000; index += 1) {
    const thumbprint = index.toString(16).toUpperCase().padStart(40, '0');
    const device = { ...DEVICE, deviceId: `device ${index % 700}` };
    addRecord(builder, device, { ...CERTIFICATE, thumbprint }, `S\\${thumbprint}`);
  }
  const snapshot = Snapshot.open(builder.build(FACTS));
  assert.equal(snapshot.installations.length, 3_000);
  assert.equal(snapshot.devices.length, 700);
  for (let row = 0; row < 3_000; row += 1) {
    assert.equal(snapshot.certificates.thumbprint(row), row.toString(16).toUpperCase().padStart(40, '0'));
    const [installation] = snapshot.certificates.installationRows(row);
    const device = snapshot.installations.deviceRow(installation!);
    assert.equal(snapshot.devices.deviceId(device), `device ${row % 700}`);
  }
});

test('lone surrogates become the replacement character, as UTF-8 demands, and equal texts stay one', () => {
  const builder = new SnapshotBuilder();
  const device = builder.internDevice({ ...DEVICE, name: 'a\ud800' });
  assert.equal(builder.internDevice({ ...DEVICE, name: 'a\udfff' }), device);
  addRecord(builder, { ...DEVICE, name: 'a\ud800' }, CERTIFICATE, 'p\ud800');
  const snapshot = Snapshot.open(builder.build(FACTS));
  assert.equal(snapshot.devices.name(0), 'a\ufffd');
  assert.equal(snapshot.installations.path(0), 'p\ufffd');
});

test('the manifest names the snapshot by its content and its facts', () => {
  const records = [{ device: DEVICE, certificate: CERTIFICATE, path: 'path' }];
  const { id } = encodeRecords(records).manifest;
  assert.equal(encodeRecords(records).manifest.id, id);
  assert.notEqual(encodeRecords(records, { ...FACTS, revision: 8 }).manifest.id, id);
  assert.notEqual(encodeRecords([]).manifest.id, id);
});

test('a snapshot of another format version is not opened', () => {
  const encoded = new SnapshotBuilder().build(FACTS);
  assert.throws(() => Snapshot.open({ ...encoded, manifest: { ...encoded.manifest, formatVersion: 0 } }), {
    code: 'INVARIANT_VIOLATED',
    message: 'A snapshot must have format version 3, but has 0.',
  });
});

test('a segment that is missing or of the wrong length is not opened', () => {
  const encoded = new SnapshotBuilder().build(FACTS);
  assert.throws(() => Snapshot.open({ ...encoded, segments: new Map() }), { code: 'INVARIANT_VIOLATED' });
  const segments = new Map(encoded.segments).set('strings', new SharedArrayBuffer(3));
  assert.throws(() => Snapshot.open({ ...encoded, segments }), { code: 'INVARIANT_VIOLATED' });
});

test('a segment gives back its columns, each aligned to eight bytes', () => {
  const columns = new Map<string, ColumnArray>([
    ['bytes', Uint8Array.of(1, 2, 0xff)],
    ['numbers', Float64Array.of(1.5, Number.NaN)],
    ['pairs', Uint16Array.of(0, 0x0102, 0xffff)],
    ['nothing', new Uint16Array(0)],
    ['words', Uint32Array.of(0x0102_0304, 0xffff_ffff)],
  ]);
  const { descriptor, buffer } = encodeSegment('any', columns);
  assert.deepEqual(
    descriptor.columns.map(({ type, byteOffset }) => `${type} ${byteOffset}`),
    ['u8 0', 'f64 8', 'u16 24', 'u16 32', 'u32 32'],
  );
  assert.deepEqual(openSegment(descriptor, buffer), columns);
  assert.deepEqual([...new Uint8Array(buffer, 24, 6)], [0, 0, 2, 1, 0xff, 0xff]);
});

test('the digest of a segment is the digest of the digests of its chunks', () => {
  const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
  const bytes = new Uint8Array(CHUNK_BYTES + 5).fill(7);
  const chunks = [sha256(bytes.subarray(0, CHUNK_BYTES)), sha256(bytes.subarray(CHUNK_BYTES))];
  assert.equal(digestSegment(bytes), sha256(Buffer.concat(chunks)).toString('hex'));
});
