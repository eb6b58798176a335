import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SnapshotBuilder } from '../../../src/snapshot/builder.ts';
import { selectInstallations } from '../../../src/snapshot/connection.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { addRecord, FACTS, UNKNOWN_CERTIFICATE } from '../../support/inventories.ts';

const CERTIFICATE = {
  ...UNKNOWN_CERTIFICATE,
  thumbprint: '00112233445566778899AABBCCDDEEFF00112233',
};
const DEVICE = { deviceId: 'device', name: null, rbacGroupId: null, rbacGroupName: null };

/** So many installations, each with a path of its own: `location\store 7\file`. */
function openPaths(count: number): Snapshot {
  const builder = new SnapshotBuilder();
  for (let index = 0; index < count; index += 1) {
    addRecord(builder, DEVICE, CERTIFICATE, `location\\store ${index}\\file`);
  }
  return Snapshot.open(builder.build(FACTS));
}

/** Every path, as it must be: in order within the one certificate. */
function listPaths(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `location\\store ${index}\\file`).sort();
}

for (const [count, type] of [
  [255, Uint8Array],
  [256, Uint16Array],
  [65_535, Uint16Array],
  [65_536, Uint32Array],
] as const) {
  test(`${count} distinct paths are told apart in a column of ${type.BYTES_PER_ELEMENT} bytes a row`, () => {
    const snapshot = openPaths(count);
    const { installations } = snapshot;
    assert.ok(installations.pathColumn instanceof type);
    const paths = listPaths(count);
    for (let row = 0; row < count; row += 1) assert.equal(installations.path(row), paths[row]);
    const last = paths.at(-1)!;
    const page = selectInstallations(snapshot, {
      filter: {
        kind: 'text',
        column: 'storeName',
        test: { kind: 'in', values: [last.split('\\')[1]!] },
      },
      page: { field: 'PATH', direction: 'ASC', first: 10 },
    });
    assert.deepEqual([...page.rows], [count - 1]);
    assert.equal(page.countMatches(), 1);
  });
}
