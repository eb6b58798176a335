import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findRetryAt } from '../../../src/defender/retry-after.ts';

const NOW = Date.UTC(2026, 0, 1);
const TOMORROW = Date.UTC(2026, 0, 2);

describe('Retry-After', () => {
  for (const [header, expected] of [
    ['30', NOW + 30_000],
    [' 0 ', NOW],
    ['Thu, 01 Jan 2026 00:01:00 GMT', NOW + 60_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', NOW],
    ['86399', TOMORROW - 1_000],
    ['86401', TOMORROW],
    ['9999999999999', TOMORROW],
    ['9'.repeat(400), TOMORROW],
    ['Fri, 02 Jan 2026 00:00:01 GMT', TOMORROW],
    ['Fri, 31 Dec 9999 23:59:59 GMT', TOMORROW],
    ['Thu, 99 Foo 2026 00:01:00 GMT', undefined],
    ['30, 60', undefined],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['Xyz, not a date', undefined],
    [undefined, undefined],
  ] as const) {
    it(`reads ${JSON.stringify(header)?.slice(0, 40) ?? 'no header'}`, () =>
      assert.equal(findRetryAt(header, NOW), expected));
  }
});
