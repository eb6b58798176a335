import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filterScope } from '../../../../src/graphql/filters/scope.ts';
import { toTextTests } from '../../../../src/graphql/filters/text.ts';
import type { StringFilter } from '../../../../src/graphql/generated/schema-types.ts';
import type { TextTest } from '../../../../src/snapshot/filter.ts';
import { holds, testText } from '../../../support/filter-evaluation.ts';

const VALUES = ['root', 'my', 'remote desktop', null] as const;

const matches = (filter: StringFilter) => {
  const trees = toTextTests<TextTest>(filter, filterScope(0), (test) => test);
  return VALUES.filter((value) => holds(trees, (test) => testText(test, value)));
};

describe('StringFilter', () => {
  const cases: readonly (readonly [StringFilter, readonly (string | null)[]])[] = [
    [{ eq: 'ROOT' }, ['root']],
    [{ ne: 'Root' }, ['my', 'remote desktop', null]],
    [{ in: ['My', 'ROOT', 'none'] }, ['root', 'my']],
    [{ in: [] }, []],
    [{ notIn: ['My', 'ROOT'] }, ['remote desktop', null]],
    [{ notIn: [] }, ['root', 'my', 'remote desktop', null]],
    [{ contains: 'O' }, ['root', 'remote desktop']],
    [{ contains: '' }, ['root', 'my', 'remote desktop']],
    [{ startsWith: 'RE' }, ['remote desktop']],
    [{ endsWith: 'P' }, ['remote desktop']],
    [{ isNull: true }, [null]],
    [{ isNull: false }, ['root', 'my', 'remote desktop']],
    [{ startsWith: 'r', ne: 'root' }, ['remote desktop']],
    [{ ne: 'root', isNull: false }, ['my', 'remote desktop']],
    [{ eq: 'root', isNull: true }, []],
    [{ eq: null, endsWith: 'y' }, ['my']],
  ];
  for (const [filter, expected] of cases) {
    it(`${JSON.stringify(filter)} matches ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(matches(filter), expected);
    });
  }

  it('has no tests when it is absent', () => {
    for (const absent of [null, undefined]) {
      assert.deepEqual(
        toTextTests(absent, filterScope(0), (test) => test),
        [],
      );
    }
  });

  it('is refused when no operand is left: a lost variable must not return the whole fleet', () => {
    const scope = { ...filterScope(0), path: 'filter.and.1.path' };
    for (const filter of [{}, { eq: null }, { eq: undefined, in: null, isNull: null }]) {
      assert.throws(() => toTextTests(filter, scope, (test) => test), {
        code: 'BAD_USER_INPUT',
        message: `filter.and.1.path must have at least one operand that is not null, but got: ${JSON.stringify(filter)}.`,
        argument: 'filter.and.1.path',
        rule: 'have at least one operand that is not null',
        value: JSON.stringify(filter),
      });
    }
  });

  it('takes a thousand entries and not one more', () => {
    const list = Array.from({ length: 1_001 }, (_, index) => String(index));
    assert.deepEqual(matches({ in: list.slice(1) }), []);
    for (const operator of ['in', 'notIn']) {
      assert.throws(() => matches({ [operator]: list }), {
        code: 'BAD_USER_INPUT',
        message: `filter.${operator} must have at most 1000 entries, but got: 1001.`,
        argument: `filter.${operator}`,
      });
    }
  });
});
