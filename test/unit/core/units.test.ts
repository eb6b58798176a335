import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  DAY_MS,
  formatDuration,
  HOUR_MS,
  MINUTE_MS,
  parseDuration,
  SECOND_MS,
} from '../../../src/core/units.ts';

describe('parseDuration', () => {
  for (const [text, durationMs] of [
    ['0', 0],
    ['250ms', 250],
    ['90s', 90 * SECOND_MS],
    ['5m', 5 * MINUTE_MS],
    ['6h', 6 * HOUR_MS],
    ['30d', 30 * DAY_MS],
    ['1.5h', 90 * MINUTE_MS],
    ['0.25ms', 0],
  ] as const) {
    it(`reads ${text} as ${durationMs} ms`, () => {
      assert.equal(parseDuration(text), durationMs);
    });
  }
  for (const text of [
    '',
    '5',
    '5 m',
    '-5m',
    '5M',
    '.5h',
    '5.h',
    '5min',
    'm',
    '1h30m',
    '0x5s',
    '5m ',
    '1e3s',
  ]) {
    it(`does not read ${JSON.stringify(text)}`, () => {
      assert.equal(parseDuration(text), undefined);
    });
  }
});

describe('formatDuration', () => {
  it('uses the largest unit that leaves a whole number', () => {
    assert.deepEqual(
      [0, 1, 999, 1_000, 90_000, 5_400_000, 21_600_000, 86_400_000, 86_400_001].map(formatDuration),
      ['0', '1ms', '999ms', '1s', '90s', '90m', '6h', '1d', '86400001ms'],
    );
  });
  it('is read back by parseDuration', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), (durationMs) => {
        assert.equal(parseDuration(formatDuration(durationMs)), durationMs);
      }),
    );
  });
});
