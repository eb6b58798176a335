import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { UnsignedColumn } from '../../../src/snapshot/format.ts';
import { placesByNumber } from '../../../src/snapshot/sort-numbers.ts';
import { DEFAULT_QUERY_LIMITS, finish } from '../../../src/snapshot/work.ts';

const column: fc.Arbitrary<UnsignedColumn> = fc.oneof(
  fc.array(fc.nat(3)).map((numbers) => Uint8Array.from(numbers)),
  fc.array(fc.nat(0xffff)).map((numbers) => Uint16Array.from(numbers)),
  fc
    .array(fc.oneof(fc.nat(5_000), fc.constantFrom(2_047, 2_048, 4_194_304, 0xffff_ffff)))
    .map((numbers) => Uint32Array.from(numbers)),
);

test('places stand by their numbers, equal ones as they stood, whatever the digits and the pieces', () => {
  fc.assert(
    fc.property(column, fc.constantFrom(1, 3, 32_768), (numbers, rowsPerPiece) => {
      const given = [...numbers];
      const expected = [...given.keys()].sort((a, b) => given[a]! - given[b]! || a - b);
      const places = finish(placesByNumber(numbers, { ...DEFAULT_QUERY_LIMITS, rowsPerPiece }));
      assert.deepEqual([...places], expected);
      assert.deepEqual([...numbers], given);
    }),
    { numRuns: 500 },
  );
});
