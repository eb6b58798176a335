/**
 * `StringFilter` on any text column. Two-valued: on a missing value all is false but `ne`, `notIn` and `isNull: true`,
 * because those are complements.
 */

import { foldText, type TextTest } from '../../snapshot/filter.ts';
import type { StringFilter } from '../generated/schema-types.ts';
import { isExpected, not, type Optional, type Tree } from './connectives.ts';
import { checkListLength, checkOperands, enterField, type FilterScope } from './scope.ts';

/** How the operands of one column become tests on its normal form. */
export interface TextOperands {
  equals(operands: readonly string[]): TextTest;
  matches(operator: 'contains' | 'startsWith' | 'endsWith', operand: string): TextTest;
}

/** Operands that are only folded. */
export const FOLDED: TextOperands = {
  equals: (operands) => ({ kind: 'in', values: operands.map(foldText) }),
  matches: (operator, operand) => ({ kind: operator, value: foldText(operand) }),
};

/**
 * The tests that a `StringFilter` stands for, all of which must hold; none when it is absent.
 *
 * @param toTest puts a test on its column
 * @throws BAD_USER_INPUT when no operand is left, or a list is too long
 */
export function toTextTests<Test>(
  filter: Optional<StringFilter>,
  scope: FilterScope,
  toTest: (test: TextTest) => Test,
  operands: TextOperands = FOLDED,
): readonly Tree<Test>[] {
  if (filter == null) return [];
  const { eq, ne, in: oneOf, notIn: noneOf, isNull } = filter;
  const equals = (values: readonly string[]) => toTest(operands.equals(values));
  const checkList = (name: 'in' | 'notIn', list: readonly string[]) =>
    checkListLength(enterField(scope, name).path, list);
  const tests: Tree<Test>[] = [];
  if (eq != null) tests.push(equals([eq]));
  if (ne != null) tests.push(not<Test>(equals([ne])));
  if (oneOf != null) tests.push(equals(checkList('in', oneOf)));
  if (noneOf != null) tests.push(not<Test>(equals(checkList('notIn', noneOf))));
  for (const operator of ['contains', 'startsWith', 'endsWith'] as const) {
    const operand = filter[operator];
    if (operand != null) tests.push(toTest(operands.matches(operator, operand)));
  }
  if (isNull != null) tests.push(isExpected(isNull, toTest({ kind: 'isNull' })));
  return checkOperands(scope, filter, tests);
}
