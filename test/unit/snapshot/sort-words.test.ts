import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { sortByWords } from '../../../src/snapshot/sort-words.ts';

const LEVELS = 3;
const word = fc.oneof(fc.nat({ max: 3 }), fc.constantFrom(0x7fff_ffff, 0x8000_0000, 0xffff_ffff), fc.nat());
const key = fc.tuple(word, word, word);

/** Sorts keys by {@link sortByWords}; equal keys are left as they are. */
function sort(keys: readonly (readonly number[])[]): (readonly number[])[] {
  const rows = Uint32Array.from(keys.keys());
  sortByWords(
    rows,
    (row, level) => keys[row]![level]!,
    (_rows, start, end, level) => (level === LEVELS - 1 ? end - start : 0),
  );
  assert.equal(new Set(rows).size, keys.length);
  return Array.from(rows, (row) => keys[row]!);
}

const compare = (a: readonly number[], b: readonly number[]): number =>
  a[0]! - b[0]! || a[1]! - b[1]! || a[2]! - b[2]!;

test('few rows are sorted by all words of their keys', () => {
  fc.assert(
    fc.property(fc.array(key, { maxLength: 200 }), (keys) => {
      assert.deepEqual(sort(keys), keys.toSorted(compare));
    }),
    { numRuns: 300 },
  );
});

test('rows enough for a radix sort are sorted alike', () => {
  fc.assert(
    fc.property(fc.array(key, { minLength: 600, maxLength: 2_000, size: 'max' }), (keys) => {
      assert.deepEqual(sort(keys), keys.toSorted(compare));
    }),
    { numRuns: 20 },
  );
});
