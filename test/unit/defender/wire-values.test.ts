import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toEpochSeconds, toKeySize, toSubjectType, toText } from '../../../src/defender/wire-values.ts';

const INSTANT = Date.UTC(2024, 1, 29, 10, 20, 30) / 1_000;

describe('timestamps of the wire', () => {
  for (const [form, seconds] of [
    ['2024-02-29T10:20:30Z', INSTANT],
    ['2024-02-29t10:20:30z', INSTANT],
    ['2024-02-29T10:20:30.9999999Z', INSTANT],
    ['2024-02-29T10:20:30', INSTANT],
    ['2024-02-29 10:20:30', INSTANT],
    ['2024-02-29 10:20:30.1234567', INSTANT],
    [' 2024-02-29 10:20:30 ', INSTANT],
    ['2024-02-29T12:20:30+02:00', INSTANT],
    ['2024-02-29T04:50:30-05:30', INSTANT],
    ['2024-02-29T12:20:30+0200', INSTANT],
    ['2024-02-29', Date.UTC(2024, 1, 29) / 1_000],
    ['1969-12-31T23:59:58.5Z', -2],
    ['9999-12-31T23:59:59Z', 253_402_300_799],
    ['9999-12-31T23:59:58+00:00', 253_402_300_798],
    ['9999-12-31T23:59:59-05:00', 253_402_300_799],
    ['9999-12-31T23:59:59.9999999-14:00', 253_402_300_799],
    ['0050-01-01T00:00:00Z', -60_589_296_000],
  ] as const) {
    it(`reads ${JSON.stringify(form)}`, () => assert.equal(toEpochSeconds(form), seconds));
  }

  for (const form of [
    '0001-01-01T00:00:00Z',
    '0001-01-01 00:00:00.0000000',
    '0001-12-31T23:59:59+00:00',
    '0001-12-31T23:59:59-08:00',
    '0002-01-01T00:00:00+08:00',
    '0000-00-00T00:00:00Z',
    '2023-02-29T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-32T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '1/31/2024 10:20:30 AM',
    'soon',
    '',
    null,
    undefined,
    1_700_000_000,
  ]) {
    it(`takes ${JSON.stringify(form) ?? 'nothing'} for not reported`, () =>
      assert.equal(toEpochSeconds(form), null));
  }
});

describe('key sizes of the wire', () => {
  for (const [form, size] of [
    [2048, 2048],
    ['2048', 2048],
    [' 384 ', 384],
    [0, null],
    ['0', null],
    [-2048, null],
    ['2048 bits', null],
    [2048.5, null],
    [2 ** 31, null],
    ['', null],
    [true, null],
    [null, null],
  ] as const) {
    it(`reads ${JSON.stringify(form)} as ${size}`, () => assert.equal(toKeySize(form), size));
  }
});

describe('subject types of the wire', () => {
  for (const [form, type] of [
    ['CA', 'CERTIFICATE_AUTHORITY'],
    [' ca ', 'CERTIFICATE_AUTHORITY'],
    ['End Entity', 'END_ENTITY'],
    ['end-entity', 'END_ENTITY'],
    ['EndEntity', 'END_ENTITY'],
    ['Other', null],
    ['', null],
    [null, null],
  ] as const) {
    it(`reads ${JSON.stringify(form)} as ${type}`, () => assert.equal(toSubjectType(form), type));
  }
});

describe('texts of the wire', () => {
  it('trims text and writes numbers as their digits', () => {
    assert.deepEqual([toText(' a b '), toText(0), toText(12)], ['a b', '0', '12']);
  });

  it('takes blanks and other types for not reported', () => {
    assert.deepEqual([toText('  '), toText(null), toText({}), toText(true)], [null, null, null, null]);
  });
});
