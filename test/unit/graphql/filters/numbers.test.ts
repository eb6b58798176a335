import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toNumberTests } from '../../../../src/graphql/filters/numbers.ts';
import { filterScope } from '../../../../src/graphql/filters/scope.ts';
import type { IntFilter } from '../../../../src/graphql/generated/schema-types.ts';
import type { NumberTest } from '../../../../src/snapshot/filter.ts';
import { holds, testNumber } from '../../../support/filter-evaluation.ts';

const VALUES = [-1, 0, 1, 2048, null] as const;

const matches = (filter: IntFilter) => {
  const trees = toNumberTests<NumberTest>(filter, filterScope(0), (test) => test);
  return VALUES.filter((value) => holds(trees, (test) => testNumber(test, value)));
};

describe('IntFilter and DateTimeFilter', () => {
  const cases: readonly (readonly [IntFilter, readonly (number | null)[]])[] = [
    [{ eq: 0 }, [0]],
    [{ ne: 0 }, [-1, 1, 2048, null]],
    [{ in: [0, 2048, 7] }, [0, 2048]],
    [{ in: [] }, []],
    [{ gt: 0 }, [1, 2048]],
    [{ gte: 0 }, [0, 1, 2048]],
    [{ lt: 0 }, [-1]],
    [{ lte: 0 }, [-1, 0]],
    [{ gte: 0, lt: 2048 }, [0, 1]],
    [{ gt: 1, lt: 0 }, []],
    [{ isNull: true }, [null]],
    [{ isNull: false }, [-1, 0, 1, 2048]],
    [{ ne: 1, isNull: false }, [-1, 0, 2048]],
    [{ eq: null, lt: 0 }, [-1]],
  ];
  for (const [filter, expected] of cases) {
    it(`${JSON.stringify(filter)} matches ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(matches(filter), expected);
    });
  }

  it('have no tests when absent, and are refused without an operand or with a list that is too long', () => {
    assert.deepEqual(
      toNumberTests(null, filterScope(0), (test) => test),
      [],
    );
    assert.throws(() => matches({ gt: null }), {
      code: 'BAD_USER_INPUT',
      message: 'filter must have at least one operand that is not null, but got: {"gt":null}.',
    });
    assert.throws(() => matches({ in: new Array<number>(1_001).fill(0) }), {
      message: 'filter.in must have at most 1000 entries, but got: 1001.',
    });
  });
});
