import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parsePageSize } from '../../../src/graphql/pagination.ts';

describe('page size', () => {
  it('is the first fifty unless asked for otherwise; null is the same as absent', () => {
    assert.deepEqual(parsePageSize({}), { first: 50 });
    assert.deepEqual(parsePageSize({ first: null, last: null }), { first: 50 });
    assert.deepEqual(parsePageSize({ first: undefined, after: 'x', before: 'y' }), { first: 50 });
  });

  it('is what first or last says, from nothing to a thousand', () => {
    assert.deepEqual(parsePageSize({ first: 0 }), { first: 0 });
    assert.deepEqual(parsePageSize({ first: 1_000, last: null }), { first: 1_000 });
    assert.deepEqual(parsePageSize({ last: 0 }), { last: 0 });
    assert.deepEqual(parsePageSize({ last: 1_000, first: null }), { last: 1_000 });
  });

  it('is refused when negative or over a thousand', () => {
    for (const argument of ['first', 'last'] as const) {
      for (const size of [-1, 1_001]) {
        assert.throws(() => parsePageSize({ [argument]: size }), {
          code: 'BAD_USER_INPUT',
          message: `${argument} must be between 0 and 1000, but got: ${size}.`,
          argument,
          rule: 'be between 0 and 1000',
          value: String(size),
        });
      }
    }
  });

  it('is refused when both ends are asked for, zero included', () => {
    assert.throws(() => parsePageSize({ first: 0, last: 0 }), {
      code: 'BAD_USER_INPUT',
      message: 'first must not be given together with last, but got: 0.',
      argument: 'first',
    });
  });
});
