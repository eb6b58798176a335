/**
 * Some rows of a table, put in an order: the rows of a relation, or those that a filter has left.
 *
 * They are sorted where they are few, and taken out of the table's own permutation in one pass where they are many;
 * which of the two never shows.
 */

import { distribute, orderByKey } from './orders.ts';
import { addRow, createWords } from './row-set.ts';
import type { OrderedRows, Ranks, RowOrder } from './sequence.ts';
import { inPieces, type QueryLimits, type Work } from './work.ts';

/** Rows that are sorted by the texts themselves; more are never, for that could take long in one go. */
const COMPARED_ROWS = 1_024;
/** Rows that are sorted by number in one go: about 5 ms. */
const SORTED_ROWS = 32_768;
/** What sorting a row costs, in rows of a pass over a permutation. */
const SORT_STEPS = 32;

/** @param rows ascending; kept, not copied, where they are in order as they stand */
export function* orderRows(
  order: RowOrder,
  tableLength: number,
  rows: Uint32Array,
  limits: QueryLimits,
): Work<OrderedRows> {
  const { permutation, toKey } = order;
  if (permutation === undefined) return { rows, length: rows.length, known: rows.length };
  if (toKey !== undefined) {
    const known = countKnownIfSorted(toKey, rows);
    if (known !== undefined) return { rows, length: rows.length, known };
  }
  const isCheap = rows.length <= COMPARED_ROWS || rows.length * SORT_STEPS <= tableLength;
  if (toKey !== undefined && isCheap && rows.length <= SORTED_ROWS) return sortByKey(toKey, rows);
  const ranked = order.findRanks?.(rows);
  if (ranked !== undefined) {
    yield;
    return ranked.count === 1 ? { rows, length: rows.length, known: rows.length } : sortByRank(ranked, rows);
  }
  if (rows.length <= COMPARED_ROWS) return sortByValue(order, rows);
  return yield* takeFrom(permutation, tableLength, rows, limits);
}

/**
 * How many rows have a key, if the rows are in order as they stand, as those of one certificate by its expiry always
 * are; found out at the first two that are not.
 */
function countKnownIfSorted(toKey: (row: number) => number, rows: Uint32Array): number | undefined {
  let known = 0;
  let previous = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < rows.length; index += 1) {
    const key = toKey(rows[index]!);
    if (Number.isNaN(key)) continue;
    if (known < index || key < previous) return undefined;
    previous = key;
    known += 1;
  }
  return known;
}

/** Sorts by small numbers, ties by row. O(k + count). */
export function sortByRank({ ranks, count }: Ranks, rows: Uint32Array): OrderedRows {
  const places = distribute(ranks, count);
  return { rows: places.map((place) => rows[place]!), length: rows.length, known: rows.length };
}

/** Sorts by numbers, ties by row. O(k log k) for k rows. */
export function sortByKey(toKey: (row: number) => number, rows: Uint32Array): OrderedRows {
  const keys = Float64Array.from(rows, toKey);
  const { rows: places, known } = orderByKey(keys);
  return { rows: places.map((place) => rows[place]!), length: rows.length, known };
}

/** Sorts by the sort values themselves, ties by row. O(k log k) for k rows. */
export function sortByValue({ toValue, compareValue }: RowOrder, rows: Uint32Array): OrderedRows {
  const entries = Array.from(rows, (row) => ({ row, value: toValue(row) }));
  const known = entries.filter(
    (entry): entry is { row: number; value: string | number } => entry.value !== null,
  );
  known.sort((a, b) => compareValue(a.row, b.value) || a.row - b.row);
  const unknown = entries.filter((entry) => entry.value === null);
  return {
    rows: Uint32Array.from([...known, ...unknown], (entry) => entry.row),
    length: rows.length,
    known: known.length,
  };
}

/** Takes the rows out of the table's permutation. O(rows of the table), two or three nanoseconds each. */
export function* takeFrom(
  permutation: NonNullable<RowOrder['permutation']>,
  tableLength: number,
  rows: Uint32Array,
  { rowsPerPiece }: QueryLimits,
): Work<OrderedRows> {
  const wanted = createWords(tableLength);
  yield* inPieces(rows.length, rowsPerPiece, (start, end) => {
    for (let index = start; index < end; index += 1) addRow(wanted, rows[index]!);
  });
  const ordered = new Uint32Array(rows.length);
  const take = (start: number, end: number, from: number): number => {
    let length = from;
    for (let place = start; place < end; place += 1) {
      const row = permutation.rows[place]!;
      if (((wanted[row >>> 5]! >>> (row & 31)) & 1) === 0) continue;
      ordered[length] = row;
      length += 1;
    }
    return length;
  };
  let known = 0;
  yield* inPieces(permutation.known, rowsPerPiece, (start, end) => {
    known = take(start, end, known);
  });
  let length = known;
  yield* inPieces(permutation.rows.length - permutation.known, rowsPerPiece, (start, end) => {
    length = take(permutation.known + start, permutation.known + end, length);
  });
  return { rows: ordered, length, known };
}
