import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeStrings } from '../../../src/snapshot/encode-strings.ts';
import { NONE, StringTable } from '../../../src/snapshot/string-table.ts';
import { TextInterner } from '../../../src/snapshot/text-interner.ts';
import { compareText } from '../../../src/snapshot/text-order.ts';
import { placeFolds, sortTexts } from '../../../src/snapshot/text-sort.ts';

/** Long common beginnings, twins in case, zeros at the end, characters whose folded form is another length. */
const text = fc.oneof(
  fc.string({
    unit: fc.constantFrom(
      'a',
      'A',
      'b',
      '\0',
      '0',
      '[',
      'é',
      'É',
      'İ',
      '\u212a',
      '\uffee',
      '\u{1f600}',
      '\ud800',
    ),
    maxLength: 12,
  }),
  fc
    .tuple(fc.constantFrom('CN=host-', 'cn=HOST-', 'CN=host-\0'), fc.nat({ max: 2_000 }))
    .map(([prefix, number]) => `${prefix}${number}`),
);
const fewTexts = fc.array(text, { maxLength: 60 });
/** More than are sorted by comparing words. */
const manyTexts = fc.array(text, { minLength: 700, maxLength: 1_500, size: 'max' });

test('texts are numbered as they come, equal ones once, whichever way they come', () => {
  fc.assert(
    fc.property(fewTexts, (texts) => {
      const strings = new TextInterner();
      const bytes = new TextInterner();
      const wellFormed = [...new Set(texts.map((own) => own.toWellFormed()))];
      for (const own of texts) {
        const id = wellFormed.indexOf(own.toWellFormed());
        assert.equal(strings.intern(own), id);
        const encoded = Buffer.from(`..${own}.`);
        assert.equal(bytes.internBytes(encoded, 2, encoded.length - 1), id);
      }
      for (const [id, own] of wellFormed.entries()) {
        assert.equal(strings.get(id), own);
        assert.equal(strings.isAscii(id), Buffer.byteLength(own) === own.length);
        assert.equal(strings.get(strings.foldOf(id)).toLowerCase(), own.toLowerCase().toLowerCase());
      }
    }),
  );
});

test('an interner absorbs the texts of another', () => {
  fc.assert(
    fc.property(fewTexts, fewTexts, (own, others) => {
      const interner = new TextInterner();
      for (const each of own) interner.intern(each);
      const other = new TextInterner();
      const numbers = others.map((each) => other.intern(each));
      const ids = interner.absorb(other.takePart());
      for (const [index, each] of others.entries()) {
        assert.equal(ids[numbers[index]!], interner.intern(each));
        assert.equal(interner.get(ids[numbers[index]!]!), each.toWellFormed());
      }
    }),
  );
});

test('a slice of the bytes is found or added while the bytes grow', () => {
  const interner = new TextInterner();
  const long = 'x'.repeat(16_000);
  const id = interner.intern(`${long}yz`);
  const start = interner.offsets[id]!;
  const cuts = Array.from({ length: 40 }, (_, index) => index + 1);
  const slices = cuts.map((cut) => interner.internSlice(start + cut, start + long.length + 1));
  for (const [index, cut] of cuts.entries()) {
    assert.equal(interner.get(slices[index]!), `${long.slice(cut)}y`);
    assert.equal(interner.intern(`${long.slice(cut)}y`), slices[index]);
  }
});

for (const [name, texts, numRuns] of [
  ['few', fewTexts, 300],
  ['many', manyTexts, 30],
] as const) {
  test(`${name} texts are sorted as comparing their folded bytes, then their bytes, sorts them`, () => {
    fc.assert(
      fc.property(texts, (own) => {
        const interner = new TextInterner();
        const ids = Uint32Array.from(new Set(own.map((each) => interner.intern(each))));
        const order = sortTexts(interner, ids, placeFolds(interner, ids));
        const sorted = Array.from(order, (index) => interner.get(ids[index]!));
        assert.deepEqual(sorted, sorted.toSorted(compareText));
        assert.equal(new Set(sorted).size, ids.length);
      }),
      { numRuns },
    );
  });
}

test('the string table has each text once, and twins in case share their folded form', () => {
  const interner = new TextInterner();
  const column = Uint32Array.from(['b', 'A', 'a', 'É', 'é', 'unused', 'b'], (own) => interner.intern(own));
  const { columns, idOfText } = encodeStrings(interner, [
    column.filter((_, row) => row !== 5),
    Uint32Array.of(NONE),
  ]);
  const strings = new StringTable(columns);
  assert.deepEqual(
    Array.from({ length: strings.length }, (_, id) => [
      strings.get(id),
      strings.getFolded(id),
      strings.foldOf(id),
    ]),
    [
      ['A', 'a', 0],
      ['a', 'a', 0],
      ['b', 'b', 1],
      ['É', 'é', 2],
      ['é', 'é', 2],
    ],
  );
  assert.deepEqual(
    Array.from(column, (own) => idOfText[own]),
    [2, 0, 1, 3, 4, 0, 2],
  );
});

test('a text comes out of the table as it went in, whatever its length and letters', () => {
  const long = `${'Ab'.repeat(1_500)}c`;
  fc.assert(
    fc.property(
      fc.array(fc.oneof(text, fc.constantFrom('', long, `${long}é`, long.toLowerCase()))),
      (texts) => {
        const interner = new TextInterner();
        const column = Uint32Array.from(texts, (own) => interner.intern(own));
        const { columns, idOfText } = encodeStrings(interner, [column]);
        const strings = new StringTable(columns);
        for (const [row, own] of texts.entries()) {
          const id = idOfText[column[row]!]!;
          assert.equal(strings.get(id), own.toWellFormed());
          assert.equal(strings.getFolded(id), own.toWellFormed().toLowerCase());
        }
      },
    ),
    { numRuns: 300 },
  );
});
