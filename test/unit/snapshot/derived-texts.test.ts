import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { NAME_ATTRIBUTES, parseDistinguishedName } from '../../../src/core/distinguished-name.ts';
import { toComparableSerialNumber } from '../../../src/core/identifiers.ts';
import { createNameReader } from '../../../src/snapshot/name-parts.ts';
import { createSerialKeys } from '../../../src/snapshot/serial-keys.ts';
import { NONE } from '../../../src/snapshot/string-table.ts';
import { TextInterner } from '../../../src/snapshot/text-interner.ts';

const name = fc
  .array(
    fc.constantFrom(
      ...[
        'CN',
        'cn',
        ' cn ',
        '\0cn',
        'OU',
        'O',
        'L',
        'ST',
        'S',
        'C',
        'OID.2.5.4.3',
        '2.5.4.10',
        'organizationName',
      ],
      ...[
        '=',
        '=',
        '=',
        ',',
        ', ',
        ';',
        '+',
        ' ',
        '\t',
        '\v',
        'x',
        'Contoso',
        '"',
        '\\',
        '\\2C',
        'é',
        '\u00a0',
        '#',
      ],
    ),
    { maxLength: 14 },
  )
  .map((pieces) => pieces.join(''));

test('the parts of a name are those that parsing its text gives, whatever the name', () => {
  fc.assert(
    fc.property(fc.array(name, { maxLength: 5 }), (names) => {
      const texts = new TextInterner();
      const readName = createNameReader(texts);
      const parts = new Uint32Array(NAME_ATTRIBUTES.length);
      for (const own of names) {
        readName(texts.intern(own), parts);
        assert.deepEqual(
          Object.fromEntries(
            NAME_ATTRIBUTES.map((attribute, index) => [
              attribute,
              parts[index] === NONE ? null : texts.get(parts[index]!),
            ]),
          ),
          { ...parseDistinguishedName(own) },
        );
      }
    }),
    { numRuns: 3_000 },
  );
});

test('an attribute type that begins with a zero is not the type that follows it', () => {
  const texts = new TextInterner();
  const readName = createNameReader(texts);
  const parts = new Uint32Array(NAME_ATTRIBUTES.length);
  readName(texts.intern('cn=known'), parts);
  readName(texts.intern('\0cn=unknown'), parts);
  assert.deepEqual(new Set(parts), new Set([NONE]));
});

test('serial numbers are compared in the form that operands are compared in', () => {
  const serial = fc.string({
    unit: fc.constantFrom(
      '0',
      '0',
      'X',
      'x',
      'A',
      'f',
      '9',
      'Z',
      ':',
      ' ',
      '\n',
      '\u200e',
      'é',
      '/',
      '[',
      '@',
    ),
    maxLength: 8,
  });
  fc.assert(
    fc.property(fc.array(fc.option(serial, { nil: null })), (serials) => {
      const texts = new TextInterner();
      const column = Uint32Array.from(serials, (own) => (own === null ? NONE : texts.intern(own)));
      const keys = createSerialKeys(texts, column);
      assert.deepEqual(
        Array.from(keys, (key) => (key === NONE ? null : texts.get(key))),
        serials.map((own) => (own === null ? null : toComparableSerialNumber(own))),
      );
    }),
    { numRuns: 2_000 },
  );
});
