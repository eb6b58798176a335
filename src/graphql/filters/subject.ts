/** `SubjectTypeFilter` and `BooleanFilter`, as tests on what a certificate's subject is. */

import type { CertificateTest } from '../../snapshot/filter.ts';
import type { BooleanFilter, SubjectTypeFilter } from '../generated/schema-types.ts';
import { isExpected, type Optional, type Tree } from './connectives.ts';
import { checkListLength, checkOperands, enterField, type FilterScope } from './scope.ts';

/**
 * The tests on the kind of subject that the filter stands for, all of which must hold; none when it is absent.
 *
 * @throws BAD_USER_INPUT when no operand is left, or the list is too long
 */
export function toSubjectTypeTests(
  filter: Optional<SubjectTypeFilter>,
  scope: FilterScope,
): readonly Tree<CertificateTest>[] {
  if (filter == null) return [];
  const tests: Tree<CertificateTest>[] = [];
  if (filter.in != null) {
    tests.push({ kind: 'subjectType', values: checkListLength(enterField(scope, 'in').path, filter.in) });
  }
  if (filter.isNull != null) {
    tests.push(isExpected<CertificateTest>(filter.isNull, { kind: 'subjectTypeIsNull' }));
  }
  return checkOperands(scope, filter, tests);
}

/**
 * The tests on whether subject and issuer are the same name, all of which must hold; none when the filter is absent.
 *
 * @throws BAD_USER_INPUT when no operand is left
 */
export function toIsSelfSignedTests(
  filter: Optional<BooleanFilter>,
  scope: FilterScope,
): readonly Tree<CertificateTest>[] {
  if (filter == null) return [];
  const tests: Tree<CertificateTest>[] = [];
  if (filter.eq != null) tests.push({ kind: 'isSelfSigned', value: filter.eq });
  if (filter.isNull != null) {
    tests.push(isExpected<CertificateTest>(filter.isNull, { kind: 'isSelfSigned', value: null }));
  }
  return checkOperands(scope, filter, tests);
}
