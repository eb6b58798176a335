import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findOwner, indexOwners } from '../../../src/snapshot/owner-index.ts';

/** How many rows each owner has: none, a few, or around the multiples of the rows that an entry of the index stands for. */
const counts = fc.array(
  fc.oneof(fc.constant(0), fc.nat(3), fc.integer({ min: 60, max: 68 }), fc.integer({ min: 126, max: 130 })),
  { maxLength: 80 },
);

test('every row is found with the owner whose rows it is among', () => {
  fc.assert(
    fc.property(counts, (counts) => {
      const owners = counts.flatMap((count, owner) => Array<number>(count).fill(owner));
      const offsets = new Uint32Array(counts.length + 1);
      for (const [owner, count] of counts.entries()) offsets[owner + 1] = offsets[owner]! + count;
      const index = indexOwners(offsets);
      assert.deepEqual(
        owners.map((_, row) => findOwner(row, offsets, index)),
        owners,
      );
    }),
  );
});

test('the index has an entry for every 64th row', () => {
  for (const [rows, entries] of [
    [0, 0],
    [1, 1],
    [64, 1],
    [65, 2],
    [6_400, 100],
  ] as const) {
    assert.equal(indexOwners(Uint32Array.of(0, rows)).length, entries);
  }
});
