import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderRows, sortByKey, sortByValue, takeFrom } from '../../../src/snapshot/order-rows.ts';
import { orderByKey } from '../../../src/snapshot/orders.ts';
import { createSequence, type RowOrder } from '../../../src/snapshot/sequence.ts';
import { DEFAULT_QUERY_LIMITS, finish } from '../../../src/snapshot/work.ts';

function orderOf(keys: readonly (number | null)[]): Required<Omit<RowOrder, 'findRanks'>> {
  return {
    permutation: orderByKey(Float64Array.from(keys, (key) => key ?? Number.NaN)),
    toValue: (row) => keys[row]!,
    toKey: (row) => keys[row] ?? Number.NaN,
    compareValue: (row, value) => keys[row]! - (value as number),
  };
}

test('sorting some rows by key, by value, and taking them out of the permutation give the same', () => {
  const table = fc
    .array(fc.option(fc.integer({ min: 0, max: 4 })), { minLength: 1 })
    .chain((keys) => fc.tuple(fc.constant(keys), fc.subarray([...keys.keys()])));
  fc.assert(
    fc.property(table, fc.integer({ min: 1, max: 5 }), ([keys, rows], rowsPerPiece) => {
      const order = orderOf(keys);
      const within = Uint32Array.from(rows);
      const limits = { ...DEFAULT_QUERY_LIMITS, rowsPerPiece };
      const taken = finish(takeFrom(order.permutation, keys.length, within, limits));
      assert.deepEqual(sortByValue(order, within), taken);
      assert.deepEqual(sortByKey(order.toKey, within), taken);
    }),
  );
});

test('rows are taken out of an order that has no others, as one that is made for a scope', () => {
  const keys = [5, 3, 4, 1, 2];
  const { permutation } = orderOf(keys);
  const rows = permutation.rows.filter((row) => row !== 1 && row !== 4);
  const compact = { rows, known: rows.length };
  const taken = finish(takeFrom(compact, keys.length, Uint32Array.of(0, 3), DEFAULT_QUERY_LIMITS));
  assert.deepEqual(taken, { rows: Uint32Array.of(3, 0), length: 2, known: 2 });
});

for (const [what, tableLength] of [
  ['more rows than are sorted', 5_000],
  ['few rows of a large table', 200_000],
] as const) {
  test(`a relation with ${what} is in the same order as the table`, () => {
    const keys = Array.from({ length: tableLength }, (_, row) => (row % 7 === 0 ? null : (row * 31) % 101));
    const order = orderOf(keys);
    const within = Uint32Array.from({ length: 2_500 }, (_, index) => index * 2);
    const ordered = finish(orderRows(order, tableLength, within, DEFAULT_QUERY_LIMITS));
    const sequence = createSequence(order, 'DESC', ordered);
    const rows = Array.from({ length: sequence.length }, (_, place) => sequence.rowAt(place));
    const expected = [...within].sort((a, b) => {
      if ((keys[a] === null) !== (keys[b] === null)) return keys[a] === null ? 1 : -1;
      return (keys[b] ?? 0) - (keys[a] ?? 0) || b - a;
    });
    assert.deepEqual(rows, expected);
  });
}
