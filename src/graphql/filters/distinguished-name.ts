/** `DistinguishedNameFilter`: tests on the name of a subject or an issuer. */

import { NAME_ATTRIBUTES } from '../../core/distinguished-name.ts';
import type { CertificateTest, TextTest } from '../../snapshot/filter.ts';
import type { DistinguishedNameFilter } from '../generated/schema-types.ts';
import { isExpected, type Optional, type Tree } from './connectives.ts';
import { checkOperands, enterField, type FilterScope } from './scope.ts';
import { toTextTests } from './text.ts';

type NameTest = Extract<CertificateTest, { kind: 'name' }>;

const FIELDS = ['text', 'displayName', ...NAME_ATTRIBUTES] as const;

/**
 * The tests that the filter stands for, all of which must hold; none when it is absent. An attribute of an unknown
 * name is missing.
 *
 * @throws BAD_USER_INPUT when no operand is left
 */
export function toNameTests(
  filter: Optional<DistinguishedNameFilter>,
  scope: FilterScope,
  role: NameTest['role'],
): readonly Tree<CertificateTest>[] {
  if (filter == null) return [];
  const toTest = (attribute: NameTest['attribute'], test: TextTest): CertificateTest => ({
    kind: 'name',
    role,
    attribute,
    test,
  });
  const tests = FIELDS.flatMap((field) =>
    toTextTests(filter[field], enterField(scope, field), (test) => toTest(field, test)),
  );
  if (filter.isNull != null) tests.push(isExpected(filter.isNull, toTest(null, { kind: 'isNull' })));
  return checkOperands(scope, filter, tests);
}
