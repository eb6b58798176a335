/** `ValidityFilter`: where a certificate stands in its lifetime at an instant. */

import { badUserInput } from '../../core/errors.ts';
import { DAY_SECONDS } from '../../core/units.ts';
import type { CertificateTest } from '../../snapshot/filter.ts';
import { formatDateTime } from '../date-time.ts';
import type { ValidityFilter } from '../generated/schema-types.ts';
import type { Optional } from './connectives.ts';
import { checkListLength, checkOperands, enterField, type FilterScope } from './scope.ts';

/**
 * The tests that the filter stands for, all of which must hold; none when it is absent. `expiresWithinDays: n` is
 * at <= notAfter <= at + n * 86,400 s; `at` is the instant of the request unless given, and no operand by itself.
 *
 * @throws BAD_USER_INPUT when no operand is left, or the number of days is negative
 */
export function toValidityTests(
  filter: Optional<ValidityFilter>,
  scope: FilterScope,
): readonly CertificateTest[] {
  if (filter == null) return [];
  const at = filter.at ?? scope.nowSeconds;
  const days = filter.expiresWithinDays;
  const tests: CertificateTest[] = [];
  if (filter.in != null) {
    tests.push({ kind: 'validity', values: checkListLength(enterField(scope, 'in').path, filter.in), at });
  }
  if (days != null) {
    if (days < 0) throw badUserInput(enterField(scope, 'expiresWithinDays').path, 'not be negative', days);
    const test = { kind: 'range', minimum: at, maximum: at + days * DAY_SECONDS } as const;
    tests.push({ kind: 'number', column: 'notAfter', test });
  }
  const asWritten = filter.at == null ? filter : { ...filter, at: formatDateTime(filter.at) };
  return checkOperands(scope, asWritten, tests);
}
