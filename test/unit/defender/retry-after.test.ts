import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findRetryAt } from '../../../src/defender/retry-after.ts';

const NOW = Date.UTC(2026, 0, 1);

describe('Retry-After', () => {
  for (const [header, expected] of [
    ['30', NOW + 30_000],
    [' 0 ', NOW],
    ['Thu, 01 Jan 2026 00:01:00 GMT', NOW + 60_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', NOW],
    ['', undefined],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['Xyz, not a date', undefined],
    [undefined, undefined],
  ] as const) {
    it(`reads ${JSON.stringify(header) ?? 'no header'}`, () =>
      assert.equal(findRetryAt(header, NOW), expected));
  }
});
