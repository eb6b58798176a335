import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  findNameAttribute,
  formatDistinguishedName,
  NAME_ATTRIBUTES,
  parseDistinguishedName,
  toDisplayName,
} from '../../../src/core/distinguished-name.ts';

const NO_PARTS = {
  commonName: null,
  organizationalUnit: null,
  organization: null,
  locality: null,
  state: null,
  country: null,
};

describe('distinguished name as text', () => {
  it('is written in one order, most specific first', () => {
    const parts = {
      country: ['US'],
      commonName: ['a'],
      state: ['WA'],
      organization: ['O'],
      locality: ['L'],
      organizationalUnit: ['x', 'y'],
    };
    assert.equal(formatDistinguishedName(parts), 'CN=a,OU=x,OU=y,O=O,L=L,ST=WA,C=US');
  });

  it('is null without a value', () => {
    assert.equal(formatDistinguishedName({}), null);
    assert.equal(formatDistinguishedName({ commonName: ['', ''], country: [] }), null);
  });

  for (const [value, text] of [
    ['Contoso, Ltd', 'CN=Contoso\\, Ltd'],
    ['a+b;c<d>e=f"g\\h', 'CN=a\\+b\\;c\\<d\\>e=f\\"g\\\\h'],
    ['#1', 'CN=\\#1'],
    [' a ', 'CN=\\ a\\ '],
    [' ', 'CN=\\ '],
    ['\ta\n', 'CN=\\09a\\0A'],
    ['a\0b', 'CN=a\\00b'],
    ['Zoë', 'CN=Zoë'],
  ] as const) {
    it(`escapes ${JSON.stringify(value)}`, () =>
      assert.equal(formatDistinguishedName({ commonName: [value] }), text));
  }

  it('gives back every attribute that was written', () => {
    const values = fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { maxLength: 3 });
    const parts = fc.record(Object.fromEntries(NAME_ATTRIBUTES.map((attribute) => [attribute, values])));
    fc.assert(
      fc.property(parts, (written) => {
        const expected = Object.fromEntries(
          NAME_ATTRIBUTES.map((attribute) => [attribute, written[attribute]?.[0] ?? null]),
        );
        assert.deepEqual(parseDistinguishedName(formatDistinguishedName(written) ?? ''), expected);
      }),
      { numRuns: 500 },
    );
  });

  it('is a fixed point: the same name as parts and as text is one text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (value) => {
        const text = formatDistinguishedName({ commonName: [value] }) ?? '';
        const parsed = parseDistinguishedName(text);
        assert.equal(formatDistinguishedName({ commonName: [parsed.commonName ?? ''] }), text);
      }),
      { numRuns: 500 },
    );
  });
});

describe('parts of a distinguished name', () => {
  for (const [text, parts] of [
    [
      'CN=a, OU=b, O=c, L=d, S=e, C=f',
      {
        commonName: 'a',
        organizationalUnit: 'b',
        organization: 'c',
        locality: 'd',
        state: 'e',
        country: 'f',
      },
    ],
    ['CN=a; O=b', { commonName: 'a', organization: 'b' }],
    ['cn = a + ou = b', { commonName: 'a', organizationalUnit: 'b' }],
    ['O="Contoso, ""Ltd""", CN=a', { organization: 'Contoso, "Ltd"', commonName: 'a' }],
    ['CN=first, CN=second', { commonName: 'first' }],
    ['CN=Lu\\C4\\8Di\\C4\\87', { commonName: 'Lučić' }],
    ['OID.2.5.4.3=a, 2.5.4.10=b', { commonName: 'a', organization: 'b' }],
    ['E=x@y.z, DC=corp, CN=a', { commonName: 'a' }],
    ['CN=', {}],
    ['web.contoso.com', {}],
    ['=a', {}],
    ['', {}],
  ] as const) {
    it(`are read from ${JSON.stringify(text)}`, () =>
      assert.deepEqual(parseDistinguishedName(text), { ...NO_PARTS, ...parts }));
  }
});

describe('name attributes and display names', () => {
  it('are found ignoring case and blanks', () => {
    assert.deepEqual(
      ['CommonName', ' cn ', 'CountryName', 'stateOrProvinceName', 'OID.2.5.4.7', 'E'].map(findNameAttribute),
      ['commonName', 'commonName', 'country', 'state', 'locality', undefined],
    );
  });

  it('show the common name, else unit, else organisation, else the text', () => {
    const show = (text: string) => toDisplayName(text, parseDistinguishedName(text));
    assert.deepEqual(['C=US,O=o,OU=u,CN=c', 'C=US,O=o,OU=u', 'C=US,O=o', 'C=US', 'plain'].map(show), [
      'c',
      'u',
      'o',
      'C=US',
      'plain',
    ]);
  });
});
