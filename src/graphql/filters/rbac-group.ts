/** `RbacGroupFilter`: tests on the group of a device. */

import type { DeviceTest, TextTest } from '../../snapshot/filter.ts';
import type { RbacGroupFilter } from '../generated/schema-types.ts';
import { isExpected, type Optional, type Tree } from './connectives.ts';
import { checkOperands, enterField, type FilterScope } from './scope.ts';
import { toTextTests } from './text.ts';

type GroupTest = Extract<DeviceTest, { kind: 'rbacGroup' }>;

/**
 * The tests that the filter stands for, all of which must hold; none when it is absent. On a device without a group
 * both texts are missing.
 *
 * @throws BAD_USER_INPUT when no operand is left
 */
export function toRbacGroupTests(
  filter: Optional<RbacGroupFilter>,
  scope: FilterScope,
): readonly Tree<DeviceTest>[] {
  if (filter == null) return [];
  const toTest = (column: GroupTest['column'], test: TextTest): DeviceTest => ({
    kind: 'rbacGroup',
    column,
    test,
  });
  const tests = (['rbacGroupId', 'name'] as const).flatMap((field) =>
    toTextTests(filter[field], enterField(scope, field), (test) => toTest(field, test)),
  );
  if (filter.isNull != null) tests.push(isExpected(filter.isNull, toTest(null, { kind: 'isNull' })));
  return checkOperands(scope, filter, tests);
}
