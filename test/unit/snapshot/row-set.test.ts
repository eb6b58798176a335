import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addRange,
  complement,
  createPlainSet,
  createWords,
  hasAnyIn,
  hasRow,
  intersect,
  keepMatching,
  listRows,
  type RowSet,
  sealSet,
  subtract,
  testEveryRow,
  toSet,
  unite,
} from '../../../src/snapshot/row-set.ts';
import { DEFAULT_QUERY_LIMITS, finish } from '../../../src/snapshot/work.ts';

const limits = fc
  .constantFrom(1, 33, 32_768)
  .map((rowsPerPiece) => ({ ...DEFAULT_QUERY_LIMITS, rowsPerPiece }));

/** A table's length around the size of words, and two sets of its rows. */
const sets = fc.integer({ min: 1, max: 100 }).chain((length) => {
  const rows = fc.subarray([...Array(length).keys()]);
  return fc.record({ length: fc.constant(length), left: rows, right: rows });
});

const rowsOf = (set: RowSet): number[] => [...finish(listRows(set, DEFAULT_QUERY_LIMITS))];

function check(set: RowSet, length: number, isIn: (row: number) => boolean): void {
  const expected = [...Array(length).keys()].filter(isIn);
  assert.deepEqual(rowsOf(set), expected);
  assert.equal(set.count, expected.length);
  assert.equal(set.length, length);
  for (let row = 0; row < length; row += 1) assert.equal(hasRow(set, row), isIn(row));
}

test('sets combine as sets of numbers do', () => {
  fc.assert(
    fc.property(sets, limits, ({ length, left, right }, pieces) => {
      const [a, b] = [toSet(Uint32Array.from(left), length), toSet(Uint32Array.from(right), length)];
      const [inA, inB] = [new Set(left), new Set(right)];
      check(a, length, (row) => inA.has(row));
      check(intersect(a, b), length, (row) => inA.has(row) && inB.has(row));
      check(unite(a, b), length, (row) => inA.has(row) || inB.has(row));
      check(subtract(a, b), length, (row) => inA.has(row) && !inB.has(row));
      check(complement(a), length, (row) => !inA.has(row));
      check(createPlainSet(length, true), length, () => true);
      check(createPlainSet(length, false), length, () => false);
      check(
        finish(keepMatching(a, (row) => inB.has(row), 1, pieces)),
        length,
        (row) => inA.has(row) && inB.has(row),
      );
      check(finish(testEveryRow(length, (row) => inA.has(row), pieces)), length, (row) => inA.has(row));
    }),
  );
});

test('a range of rows is added, and found', () => {
  fc.assert(
    fc.property(sets, fc.nat(100), fc.nat(100), ({ length, left }, from, size) => {
      const start = from % length;
      const end = Math.min(length, start + size);
      const words = createWords(length);
      addRange(words, start, end);
      check(sealSet(words, length), length, (row) => row >= start && row < end);
      const set = toSet(Uint32Array.from(left), length);
      assert.equal(
        hasAnyIn(set.words, start, end),
        left.some((row) => row >= start && row < end),
      );
    }),
  );
});
