import assert from 'node:assert/strict';
import { test } from 'node:test';
import { narrow, narrowValues } from '../../../src/snapshot/narrow.ts';
import { NONE } from '../../../src/snapshot/string-table.ts';

test('numbers take as many bytes as their count asks for, with one number left for "none"', () => {
  const types = [0, 255, 256, 65_535, 65_536].map((count) => narrow(new Uint32Array(1), count).constructor);
  assert.deepEqual(types, [Uint8Array, Uint8Array, Uint16Array, Uint16Array, Uint32Array]);
});

test('"none" is the largest number of the type, and every other number stays', () => {
  for (const [count, none] of [
    [255, 0xff],
    [65_535, 0xffff],
    [65_536, NONE],
  ] as const) {
    const narrowed = narrow(Uint32Array.of(0, count - 1, NONE), count);
    assert.deepEqual([...narrowed], [0, count - 1, none]);
  }
});

test('the array given does not stay in memory beside a narrower one', () => {
  const numbers = new Uint32Array(100);
  narrow(numbers, 100);
  assert.equal(numbers.length, 0);
});

test('values are as narrow as the largest of them allows', () => {
  for (const [largest, type] of [
    [0, Uint8Array],
    [254, Uint8Array],
    [255, Uint16Array],
    [65_534, Uint16Array],
    [65_535, Uint32Array],
    [0x7fff_ffff, Uint32Array],
  ] as const) {
    const narrowed = narrowValues(Uint32Array.of(largest, 0));
    assert.deepEqual([narrowed.constructor, ...narrowed], [type, largest, 0]);
  }
  assert.equal(narrowValues(new Uint32Array(0)).length, 0);
});
