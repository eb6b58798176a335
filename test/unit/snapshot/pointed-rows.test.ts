import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { gatherSet, gatherThrough, keepPointing } from '../../../src/snapshot/pointed-rows.ts';
import { listRows, type RowSet, toSet } from '../../../src/snapshot/row-set.ts';
import { NONE } from '../../../src/snapshot/string-table.ts';
import { DEFAULT_QUERY_LIMITS, finish } from '../../../src/snapshot/work.ts';

const limits = fc
  .constantFrom(1, 33, 32_768)
  .map((rowsPerPiece) => ({ ...DEFAULT_QUERY_LIMITS, rowsPerPiece }));

/** The types that a column of row numbers can have, and the longest table that each can point at. */
const COLUMN_TYPES = [
  { Column: Uint8Array, longest: 0xff },
  { Column: Uint16Array, longest: 0xffff },
  { Column: Uint32Array, longest: 70_000 },
] as const;

/** Numbers that point into a table, or nowhere, as a column of one of the types; and a set of the table's rows. */
const pointing = fc.constantFrom(...COLUMN_TYPES).chain(({ Column, longest }) =>
  fc
    .record({ length: fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constant(longest)), limits })
    .chain(({ length, limits }) => {
      const row = fc.oneof(fc.nat(length - 1), fc.constant(0), fc.constant(length - 1));
      return fc.record({
        limits: fc.constant(limits),
        column: fc
          .array(fc.oneof(row, fc.constant(NONE)), { maxLength: 100 })
          .map((rows) => Column.from(rows)),
        numbers: fc.constant(length),
        rows: fc.uniqueArray(row, { maxLength: 50 }),
      });
    }),
);

const rowsOf = (set: RowSet): number[] => [...finish(listRows(set, DEFAULT_QUERY_LIMITS))];

function listPlaces(column: ArrayLike<number>, isIn: (value: number, place: number) => boolean): number[] {
  return Array.from(column, (value, place) => (isIn(value, place) ? place : -1)).filter(
    (place) => place >= 0,
  );
}

test('a set is carried over a column of any width, in which "none" is in no set', () => {
  fc.assert(
    fc.property(pointing, ({ column, numbers, rows, limits }) => {
      const isIn = new Set(rows);
      const gathered = finish(gatherSet(column, toSet(Uint32Array.from(rows), numbers), limits));
      assert.equal(gathered.length, column.length);
      assert.deepEqual(
        rowsOf(gathered),
        listPlaces(column, (value) => isIn.has(value)),
      );
    }),
  );
});

test('of a set of rows those are kept that point into a set', () => {
  fc.assert(
    fc.property(pointing, ({ column, numbers, rows, limits }) => {
      const isIn = new Set(rows);
      const pointed = toSet(Uint32Array.from(rows), numbers);
      const given = listPlaces(column, (_, place) => place % 3 === 0);
      assert.deepEqual(
        rowsOf(finish(keepPointing(toSet(Uint32Array.from(given), column.length), column, pointed, limits))),
        listPlaces(column, (value, place) => place % 3 === 0 && isIn.has(value)),
      );
    }),
  );
});

test('a set is carried over two columns, in which a number beyond the second is in no set', () => {
  const second = fc.array(fc.nat(40), { minLength: 1, maxLength: 50 });
  const column = fc.array(fc.oneof(fc.nat(60), fc.constant(NONE)), { maxLength: 100 });
  fc.assert(
    fc.property(column, second, fc.uniqueArray(fc.nat(40)), limits, (first, then, rows, limits) => {
      const isIn = new Set<number | undefined>(rows);
      assert.deepEqual(
        rowsOf(
          finish(
            gatherThrough(
              Uint32Array.from(first),
              Uint32Array.from(then),
              toSet(Uint32Array.from(rows), 41),
              limits,
            ),
          ),
        ),
        listPlaces(first, (value) => isIn.has(then[value])),
      );
    }),
  );
});
