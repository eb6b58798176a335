import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RowRanks } from '../../../src/snapshot/row-ranks.ts';
import { toSet } from '../../../src/snapshot/row-set.ts';

test('the rank of a row is how many rows of the set come before it, one after the last row included', () => {
  const set = fc
    .integer({ min: 0, max: 200 })
    .chain((length) => fc.tuple(fc.constant(length), fc.subarray([...Array(length).keys()])));
  fc.assert(
    fc.property(set, ([length, rows]) => {
      const ranks = new RowRanks(toSet(Uint32Array.from(rows), length));
      for (let row = 0; row <= length; row += 1) {
        assert.equal(ranks.rankOf(row), rows.filter((other) => other < row).length);
      }
    }),
    { numRuns: 300 },
  );
});
