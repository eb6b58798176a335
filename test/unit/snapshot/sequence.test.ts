import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { orderByKey } from '../../../src/snapshot/orders.ts';
import { createSequence, type RowOrder, sortWithin, walkWithin } from '../../../src/snapshot/sequence.ts';

function orderOf(keys: readonly (number | null)[]): RowOrder & Required<Pick<RowOrder, 'permutation'>> {
  return {
    permutation: orderByKey(Float64Array.from(keys, (key) => key ?? Number.NaN)),
    toValue: (row) => keys[row]!,
    compareValue: (row, value) => keys[row]! - (value as number),
  };
}

test('sorting some rows and taking them out of the permutation give the same', () => {
  const table = fc
    .array(fc.option(fc.integer({ min: 0, max: 4 })), { minLength: 1 })
    .chain((keys) => fc.tuple(fc.constant(keys), fc.subarray([...keys.keys()])));
  fc.assert(
    fc.property(table, ([keys, rows]) => {
      const order = orderOf(keys);
      const within = Uint32Array.from(rows);
      assert.deepEqual(sortWithin(order, within), walkWithin(keys.length, order.permutation, within));
    }),
  );
});

test('a relation with more rows than are sorted is in the same order as the table', () => {
  const keys = Array.from({ length: 5_000 }, (_, row) => (row % 7 === 0 ? null : (row * 31) % 101));
  const order = orderOf(keys);
  const within = Uint32Array.from({ length: 2_500 }, (_, index) => index * 2);
  const sequence = createSequence(keys.length, order, 'DESC', within);
  const rows = Array.from({ length: sequence.length }, (_, place) => sequence.rowAt(place));
  const expected = [...within].sort((a, b) => {
    if ((keys[a] === null) !== (keys[b] === null)) return keys[a] === null ? 1 : -1;
    return (keys[b] ?? 0) - (keys[a] ?? 0) || b - a;
  });
  assert.deepEqual(rows, expected);
});
