/** Reading several bytes at a time finds what reading one after the other finds. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  equalBytes,
  findPlainStringEnd,
  findStringEnd,
  toViewedBytes,
} from '../../src/defender/wire-bytes.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Mostly plain text, with every byte that means something, at every place. */
const bytes = fc
  .array(
    fc.oneof(
      { weight: 12, arbitrary: fc.integer({ min: 0x20, max: 0x7e }) },
      fc.constantFrom(QUOTE, BACKSLASH, 0x00, 0x1f, 0x20, 0x7e, 0x7f, 0x80, 0xa2, 0xdc, 0xff),
    ),
    { minLength: 1, maxLength: 60 },
  )
  .map((values) => Buffer.from(values));

describe('wire bytes', () => {
  it('end a string at the first quote that is not escaped', () => {
    fc.assert(
      fc.property(bytes, fc.nat(59), fc.nat(60), (text, from, cut) => {
        const start = from % text.length;
        const limit = Math.min(text.length, Math.max(start, cut));
        let expected = -1;
        for (let index = start + 1; index < limit; index += 1) {
          if (text[index] === QUOTE) {
            expected = index + 1;
            break;
          }
          if (text[index] === BACKSLASH) index += 1;
        }
        assert.equal(findStringEnd(toViewedBytes(text), start, limit), expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it('end a plain string where it ends, and find none with anything else in it', () => {
    fc.assert(
      fc.property(bytes, fc.nat(59), (text, from) => {
        const start = from % text.length;
        const match = /^[\x20\x21\x23-\x5b\x5d-\x7e]*"/.exec(text.toString('latin1', start + 1));
        const expected = match === null ? -1 : start + 1 + match[0].length;
        assert.equal(findPlainStringEnd(toViewedBytes(text), start, text.length), expected);
      }),
      { numRuns: 5_000 },
    );
  });

  it('are equal where each of them is', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.nat(20),
        fc.nat(20),
        fc.nat(310),
        fc.option(fc.nat()),
        (values, leftStart, rightStart, length, flipped) => {
          const left = Buffer.concat([Buffer.alloc(leftStart, 1), values]);
          const right = Buffer.concat([Buffer.alloc(rightStart, 2), values]);
          if (flipped !== null && values.length > 0) right[rightStart + (flipped % values.length)]! ^= 0x80;
          const compared = Math.min(length, values.length);
          const expected = left
            .subarray(leftStart, leftStart + compared)
            .equals(right.subarray(rightStart, rightStart + compared));
          const ask = (count: number) =>
            equalBytes(toViewedBytes(left), leftStart, toViewedBytes(right), rightStart, count);
          assert.equal(ask(compared), expected);
          assert.equal(ask(values.length + 1), false);
        },
      ),
      { numRuns: 5_000 },
    );
  });
});
