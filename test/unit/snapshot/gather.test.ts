import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshotBuilder } from '../../../src/snapshot/builder.ts';
import { listTransferables, RecordGatherer } from '../../../src/snapshot/gather.ts';
import type { CertificatePart } from '../../../src/snapshot/record.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { FACTS, UNKNOWN_CERTIFICATE } from '../../support/inventories.ts';

/** More records than a chunk holds. */
const MANY = 70_000;

const CERTIFICATE: CertificatePart = {
  ...UNKNOWN_CERTIFICATE,
  thumbprint: '0'.repeat(39).concat('A'),
};

function addMany(sink: RecordGatherer | SnapshotBuilder, first: number, count: number): void {
  const certificate = sink.internCertificate(CERTIFICATE);
  const path = sink.internPath('path', '0'.repeat(40));
  for (let index = first; index < first + count; index += 1) {
    const deviceId = `device ${index}`;
    const device = sink.internDevice({ deviceId, name: null, rbacGroupId: null, rbacGroupName: null });
    sink.addRecord(device, certificate, path);
  }
}

test('a checkpoint is restored across the chunks in which records lie', () => {
  for (const kept of [0, 10, 65_535, 65_536, MANY]) {
    const builder = new SnapshotBuilder();
    addMany(builder, 0, kept);
    const checkpoint = builder.checkpoint();
    addMany(builder, 4 * MANY, 2 * MANY);
    builder.restore(checkpoint);
    assert.equal(builder.recordsRead, kept);
    addMany(builder, kept, 5);
    const snapshot = Snapshot.open(builder.build(FACTS));
    assert.equal(snapshot.installations.length, kept + 5);
    assert.equal(snapshot.devices.length, kept + 5);
    for (let index = kept; index < kept + 5; index += 1) {
      assert.notEqual(snapshot.devices.findRow(`device ${index}`), undefined);
    }
  }
});

test('a checkpoint is restored across parts that were absorbed before it', () => {
  const gatherer = new RecordGatherer();
  addMany(gatherer, 0, 10);
  const builder = new SnapshotBuilder();
  builder.absorb(gatherer.takePart());
  const checkpoint = builder.checkpoint();
  addMany(builder, 100, 5);
  builder.restore(checkpoint);
  addMany(builder, 10, 3);
  const { devices } = Snapshot.open(builder.build(FACTS));
  assert.equal(devices.length, 13);
  assert.equal(devices.findRow('device 100'), undefined);
});

test('a checkpoint of more records than there are is refused', () => {
  const gatherer = new RecordGatherer();
  const early = gatherer.checkpoint();
  addMany(gatherer, 0, 2);
  const late = gatherer.checkpoint();
  gatherer.restore(early);
  assert.throws(() => gatherer.restore(late), {
    code: 'INVARIANT_VIOLATED',
    message: 'A record list can be cut to at most its 0 records, but not to 2.',
  });
});

test('a gatherer gives its part once, each buffer once in the transfer list', () => {
  const gatherer = new RecordGatherer();
  addMany(gatherer, 0, MANY);
  const part = gatherer.takePart();
  assert.equal(part.records.length, 2);
  const buffers = listTransferables(part);
  assert.equal(new Set(buffers).size, buffers.length);
  assert.ok(part.records.every(({ buffer }) => buffers.includes(buffer)));
  assert.throws(() => gatherer.takePart(), {
    code: 'INVARIANT_VIOLATED',
    message: 'A gatherer must give its part once: create another one.',
  });
});

test('the same part has the same handle, and the epoch is one instant', () => {
  const gatherer = new RecordGatherer();
  const epoch = gatherer.internCertificate({ ...CERTIFICATE, notBefore: 0, keyUsages: ['keyCertSign'] });
  assert.equal(
    gatherer.internCertificate({ ...CERTIFICATE, notBefore: -0, keyUsages: ['keyCertSign'] }),
    epoch,
  );
  assert.notEqual(gatherer.internCertificate({ ...CERTIFICATE, notBefore: 0, keyUsages: [] }), epoch);
  assert.notEqual(
    gatherer.internCertificate({ ...CERTIFICATE, notBefore: 1, keyUsages: ['keyCertSign'] }),
    epoch,
  );
});
