import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DAY_MS, HOUR_MS, MINUTE_MS, parseDuration, SECOND_MS } from '../../../src/core/units.ts';

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
