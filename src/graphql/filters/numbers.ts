/** `IntFilter` and `DateTimeFilter`: tests on numbers, instants being epoch seconds. */

import type { NumberTest } from '../../snapshot/filter.ts';
import type { DateTimeFilter, IntFilter } from '../generated/schema-types.ts';
import { isExpected, not, type Optional, type Tree } from './connectives.ts';
import { checkListLength, checkOperands, enterField, type FilterScope } from './scope.ts';

/**
 * The tests that a comparison of numbers or instants stands for, all of which must hold; none when it is absent. On a
 * missing value all are false but `ne` and `isNull: true`.
 *
 * @param toTest puts a test on its column
 * @throws BAD_USER_INPUT when no operand is left, or the list is too long
 */
export function toNumberTests<Test>(
  filter: Optional<IntFilter | DateTimeFilter>,
  scope: FilterScope,
  toTest: (test: NumberTest) => Test,
): readonly Tree<Test>[] {
  if (filter == null) return [];
  const { eq, ne, in: oneOf, gt, gte, lt, lte, isNull }: IntFilter = filter;
  const tests: Tree<Test>[] = [];
  if (eq != null) tests.push(toTest({ kind: 'in', values: [eq] }));
  if (ne != null) tests.push(not<Test>(toTest({ kind: 'in', values: [ne] })));
  if (oneOf != null)
    tests.push(toTest({ kind: 'in', values: checkListLength(enterField(scope, 'in').path, oneOf) }));
  if (gt != null) tests.push(toTest({ kind: 'greaterThan', value: gt }));
  if (gte != null) tests.push(toTest({ kind: 'range', minimum: gte }));
  if (lt != null) tests.push(toTest({ kind: 'lessThan', value: lt }));
  if (lte != null) tests.push(toTest({ kind: 'range', maximum: lte }));
  if (isNull != null) tests.push(isExpected(isNull, toTest({ kind: 'isNull' })));
  return checkOperands(scope, filter, tests);
}
