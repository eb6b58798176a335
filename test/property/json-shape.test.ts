import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findJsonExcess } from '../../src/http/json-shape.ts';

/** Arrays and objects in each other, by what is parsed. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** How many arrays and objects there are, by what is parsed. */
function countOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Object.values(value).reduce((sum: number, inner) => sum + countOf(inner), 1);
}

const PLENTY = Number.POSITIVE_INFINITY;

/** Texts made of what could be taken for structure, and of bytes that hold the codes of brackets in longer characters. */
const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('[', ']', '{', '}', '"', '\\', ',', ':', 'a', ' ', 'ś', '廛', '😀') }),
  fc.string({ unit: 'binary' }),
);

const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 8, withCrossShrink: true },
    text,
    fc.integer(),
    fc.constantFrom(null, true, false),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(text, tie('value'), { maxKeys: 4 }),
  ),
})).value;

test('a text is too deep, or has too much, exactly when what it says is or has', () => {
  fc.assert(
    fc.property(values, fc.nat(10), fc.constantFrom(undefined, 1, '\t'), (value, maximum, space) => {
      const json = JSON.stringify(value, undefined, space);
      const bytes = Buffer.from(json);
      const parsed: unknown = JSON.parse(json);
      const tooDeep = findJsonExcess(bytes, { nesting: maximum, structures: PLENTY });
      assert.equal(tooDeep, depthOf(parsed) > maximum ? 'nesting' : undefined, json);
      const tooMany = findJsonExcess(bytes, { nesting: PLENTY, structures: maximum });
      assert.equal(tooMany, countOf(parsed) > maximum ? 'structures' : undefined, json);
    }),
    { numRuns: 2_000 },
  );
});

test('any text is looked at to its end, whatever it is', () => {
  fc.assert(
    fc.property(fc.oneof(text, fc.json()), fc.nat(60), fc.nat(3), (json, end, maximum) => {
      const limits = { nesting: maximum, structures: maximum };
      assert.doesNotThrow(() => findJsonExcess(Buffer.from(json).subarray(0, end), limits));
    }),
  );
  for (const [json, isDeeper] of [
    ['['.repeat(3), true],
    ['[[', false],
    ['"[[[', false],
    ['"\\', false],
    ['"\\"[[[[', false],
    ['"\\\\"[[[', true],
    ['[[]][[]]', false],
  ] as const) {
    const excess = findJsonExcess(Buffer.from(json), { nesting: 2, structures: PLENTY });
    assert.equal(excess, isDeeper ? 'nesting' : undefined, json);
  }
});
