/** Number tests on columns where a missing number is `NaN`, with which every comparison is false of itself. */

import { invariant } from '../core/errors.ts';
import type { NumberTest } from './filter.ts';
import type { RangeLeaf } from './filter-plan.ts';
import { addRow, createWords, type RowSet, sealSet, testEveryRow } from './row-set.ts';
import type { RowOrder, ValueRange } from './sequence.ts';
import { inPieces, type QueryLimits, type Work } from './work.ts';

/** The test on one number. */
export function compileNumberTest(test: NumberTest): (value: number) => boolean {
  switch (test.kind) {
    case 'in': {
      const values = new Set(test.values);
      return (value) => values.has(value);
    }
    case 'range': {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = test;
      return (value) => value >= minimum && value <= maximum;
    }
    case 'greaterThan':
      return (value) => value > test.value;
    case 'lessThan':
      return (value) => value < test.value;
    case 'isNull':
      return (value) => Number.isNaN(value);
  }
}

/** Whether the number of a row lies in a range. */
export function compileRange(
  toNumber: (row: number) => number,
  { minimum, maximum }: ValueRange,
): (row: number) => boolean {
  return (row) => {
    const value = toNumber(row);
    return value >= minimum && value <= maximum;
  };
}

/** The rows of a range: out of the order where they are few, else by a look at every row. */
export function* rangeRows<Field>(
  { start, end, range }: RangeLeaf<Field>,
  { permutation, toKey }: RowOrder,
  length: number,
  limits: QueryLimits,
): Work<RowSet> {
  invariant(permutation !== undefined && toKey !== undefined, 'A range must be one of an order by number.');
  if ((end - start) * 2 > length) return yield* testEveryRow(length, compileRange(toKey, range), limits);
  const words = createWords(length);
  yield* inPieces(end - start, limits.rowsPerPiece, (first, last) => {
    for (let place = start + first; place < start + last; place += 1) addRow(words, permutation.rows[place]!);
  });
  return sealSet(words, length);
}
