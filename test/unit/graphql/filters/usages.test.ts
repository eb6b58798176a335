import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { filterScope } from '../../../../src/graphql/filters/scope.ts';
import {
  toExtendedKeyUsageElement,
  toKeyUsageElement,
  toListTests,
} from '../../../../src/graphql/filters/usages.ts';
import type { StringListFilter } from '../../../../src/graphql/generated/schema-types.ts';
import type { ListTest } from '../../../../src/snapshot/filter.ts';
import { holds, testList } from '../../../support/filter-evaluation.ts';

const SERVER = '1.3.6.1.5.5.7.3.1';
const CLIENT = '1.3.6.1.5.5.7.3.2';
const LISTS = [[SERVER, 'server authentication'], [SERVER, CLIENT], ['odd purpose'], [], null] as const;

const matches = (filter: StringListFilter) => {
  const trees = toListTests<ListTest>(filter, filterScope(0), toExtendedKeyUsageElement, (test) => test);
  return LISTS.flatMap((list, index) => (holds(trees, (test) => testList(test, list)) ? [index] : []));
};

describe('StringListFilter', () => {
  const cases: readonly (readonly [StringListFilter, readonly number[]])[] = [
    [{ has: 'serverAuth' }, [0, 1]],
    [{ has: SERVER }, [0, 1]],
    [{ has: 'Server Authentication' }, [0, 1]],
    [{ has: 'ODD purpose' }, [2]],
    [{ hasAny: ['clientAuth', 'Odd Purpose'] }, [1, 2]],
    [{ hasAny: [] }, []],
    [{ hasAll: ['clientAuth', 'serverAuth'] }, [1]],
    [{ hasAll: [] }, [0, 1, 2, 3]],
    [{ isEmpty: true }, [3]],
    [{ isEmpty: false }, [0, 1, 2]],
    [{ isNull: true }, [4]],
    [{ isNull: false }, [0, 1, 2, 3]],
    [{ has: 'serverAuth', hasAny: ['clientAuth'] }, [1]],
  ];
  for (const [filter, expected] of cases) {
    it(`${JSON.stringify(filter)} matches the lists ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(matches(filter), expected);
    });
  }

  it('has no tests when absent, and is refused without an operand or with a list that is too long', () => {
    assert.deepEqual(
      toListTests(undefined, filterScope(0), toKeyUsageElement, (test) => test),
      [],
    );
    assert.throws(() => matches({ has: null }), {
      code: 'BAD_USER_INPUT',
      message: 'filter must have at least one operand that is not null, but got: {"has":null}.',
    });
    for (const operator of ['hasAny', 'hasAll']) {
      assert.throws(() => matches({ [operator]: new Array<string>(1_001).fill('a') }), {
        message: `filter.${operator} must have at most 1000 entries, but got: 1001.`,
      });
    }
  });
});

describe('usage operands', () => {
  it('mean the same key usage in every spelling', () => {
    for (const operand of ['keyCertSign', 'Certificate Signing', 'KEYCERTSIGN', 'Certificate Signing (04)']) {
      assert.equal(toKeyUsageElement(operand), 'keycertsign', operand);
    }
    assert.equal(toKeyUsageElement(' Odd Usage '), 'odd usage');
  });

  it('mean the same extended key usage by OID, by RFC 5280 name and by friendly name', () => {
    for (const operand of [
      SERVER,
      'serverAuth',
      'Server Authentication',
      `server authentication (${SERVER})`,
    ]) {
      assert.equal(toExtendedKeyUsageElement(operand), SERVER, operand);
    }
    assert.equal(toExtendedKeyUsageElement('1.2.3.4'), '1.2.3.4');
    assert.equal(toExtendedKeyUsageElement('Local Purpose (1.2.3.4)'), '1.2.3.4');
    assert.equal(toExtendedKeyUsageElement('Local Purpose'), 'local purpose');
  });
});
