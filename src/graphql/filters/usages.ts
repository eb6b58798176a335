/**
 * `StringListFilter` on usages. An operand may be an OID, an RFC 5280 name or a Windows friendly name; it becomes the
 * one element that all of them mean, in the form in which the engine keeps elements.
 */

import { toExtendedKeyUsage, toKeyUsage } from '../../core/usages.ts';
import { foldText, type ListTest } from '../../snapshot/filter.ts';
import type { StringListFilter } from '../generated/schema-types.ts';
import { allOf, isExpected, not, type Optional, type Tree } from './connectives.ts';
import { checkListLength, checkOperands, enterField, type FilterScope } from './scope.ts';

/** The element of a key usage list that an operand means. */
export function toKeyUsageElement(operand: string): string {
  return foldText(toKeyUsage(operand));
}

/** The element of an extended key usage list that an operand means: its OID, or its name when that is unknown. */
export function toExtendedKeyUsageElement(operand: string): string {
  const { oid, name } = toExtendedKeyUsage(operand);
  return foldText(oid ?? name);
}

/**
 * The tests that a `StringListFilter` stands for, all of which must hold; none when it is absent. On a list that was
 * not reported all are false but `isNull: true`.
 *
 * @param toElement the element that an operand means
 * @param toTest puts a test on its column
 * @throws BAD_USER_INPUT when no operand is left, or a list is too long
 */
export function toListTests<Test>(
  filter: Optional<StringListFilter>,
  scope: FilterScope,
  toElement: (operand: string) => string,
  toTest: (test: ListTest) => Test,
): readonly Tree<Test>[] {
  if (filter == null) return [];
  const { has, hasAny, hasAll, isEmpty, isNull } = filter;
  const toElements = (name: 'hasAny' | 'hasAll', list: readonly string[]) =>
    checkListLength(enterField(scope, name).path, list).map(toElement);
  const isMissing = toTest({ kind: 'isNull' });
  const tests: Tree<Test>[] = [];
  if (has != null) tests.push(toTest({ kind: 'hasAny', values: [toElement(has)] }));
  if (hasAny != null) tests.push(toTest({ kind: 'hasAny', values: toElements('hasAny', hasAny) }));
  if (hasAll != null) tests.push(toTest({ kind: 'hasAll', values: toElements('hasAll', hasAll) }));
  if (isEmpty === true) tests.push(toTest({ kind: 'isEmpty' }));
  // "Holds something" is false of a list that was not reported, so it is more than the complement of "empty".
  if (isEmpty === false) tests.push(allOf([not<Test>(toTest({ kind: 'isEmpty' })), not<Test>(isMissing)]));
  if (isNull != null) tests.push(isExpected(isNull, isMissing));
  return checkOperands(scope, filter, tests);
}
