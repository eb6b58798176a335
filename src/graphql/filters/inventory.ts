/**
 * `CertificateFilter`, `InstallationFilter` and `DeviceFilter` as trees for the query engine. They are in one file
 * because they stand in each other: a certificate is tested by its installations, those by their devices, and back.
 *
 * Fields are ANDed, `null` is the same as absent, `{}` matches all. Operands come out in normal form, depth and
 * list lengths checked; every fault is BAD_USER_INPUT with the dotted path.
 */

import type {
  CertificateFilter,
  CertificateNumberColumn,
  CertificateTest,
  CertificateTextColumn,
  DeviceFilter,
  DeviceTest,
  InstallationFilter,
  InstallationQuantifier,
  InstallationTest,
} from '../../snapshot/filter.ts';
import type * as Schema from '../generated/schema-types.ts';
import { allOf, type Optional, toConnectives } from './connectives.ts';
import { toNameTests } from './distinguished-name.ts';
import { SERIAL_NUMBER_OPERANDS, THUMBPRINT_OPERANDS } from './identifiers.ts';
import { toNumberTests } from './numbers.ts';
import { toRbacGroupTests } from './rbac-group.ts';
import { checkOperands, enterField, enterFilter, type FilterScope } from './scope.ts';
import { toIsSelfSignedTests, toSubjectTypeTests } from './subject.ts';
import { FOLDED, type TextOperands, toTextTests } from './text.ts';
import { toExtendedKeyUsageElement, toKeyUsageElement, toListTests } from './usages.ts';
import { toValidityTests } from './validity.ts';

/** The tree of a certificate filter. */
export function toCertificateFilter(input: Schema.CertificateFilter, scope: FilterScope): CertificateFilter {
  const at = (field: keyof Schema.CertificateFilter) => enterField(scope, field);
  const text = (column: CertificateTextColumn, operands: TextOperands = FOLDED) =>
    toTextTests<CertificateTest>(
      input[column],
      at(column),
      (test) => ({ kind: 'text', column, test }),
      operands,
    );
  const number = (column: CertificateNumberColumn) =>
    toNumberTests<CertificateTest>(input[column], at(column), (test) => ({ kind: 'number', column, test }));
  const usages = (kind: 'keyUsages' | 'extendedKeyUsages', toElement: (operand: string) => string) =>
    toListTests<CertificateTest>(input[kind], at(kind), toElement, (test) => ({ kind, test }));
  return allOf<CertificateTest>([
    ...toConnectives<Schema.CertificateFilter, CertificateTest>(input, scope, toCertificateFilter),
    ...text('thumbprint', THUMBPRINT_OPERANDS),
    ...text('serialNumber', SERIAL_NUMBER_OPERANDS),
    ...text('signatureAlgorithm'),
    ...number('keySize'),
    ...number('lifetimeDays'),
    ...number('deviceCount'),
    ...number('installationCount'),
    ...toNameTests(input.subject, at('subject'), 'subject'),
    ...toNameTests(input.issuer, at('issuer'), 'issuer'),
    ...toSubjectTypeTests(input.subjectType, at('subjectType')),
    ...toIsSelfSignedTests(input.isSelfSigned, at('isSelfSigned')),
    ...number('notBefore'),
    ...number('notAfter'),
    ...toValidityTests(input.validity, at('validity')),
    ...usages('keyUsages', toKeyUsageElement),
    ...usages('extendedKeyUsages', toExtendedKeyUsageElement),
    ...toQuantifiers(input.installations, at('installations')),
  ]);
}

/** The tree of an installation filter. */
export function toInstallationFilter(
  input: Schema.InstallationFilter,
  scope: FilterScope,
): InstallationFilter {
  const { certificate, device } = input;
  const text = (column: 'path' | 'storeName' | 'storeLocation') =>
    toTextTests<InstallationTest>(input[column], enterField(scope, column), (test) => ({
      kind: 'text',
      column,
      test,
    }));
  const tests = [
    ...toConnectives<Schema.InstallationFilter, InstallationTest>(input, scope, toInstallationFilter),
    ...text('path'),
    ...text('storeName'),
    ...text('storeLocation'),
  ];
  if (certificate != null) {
    const filter = toCertificateFilter(certificate, enterFilter(scope, 'certificate'));
    tests.push({ kind: 'certificate', filter });
  }
  if (device != null) {
    tests.push({ kind: 'device', filter: toDeviceFilter(device, enterFilter(scope, 'device')) });
  }
  return allOf(tests);
}

/** The tree of a device filter. */
export function toDeviceFilter(input: Schema.DeviceFilter, scope: FilterScope): DeviceFilter {
  const at = (field: keyof Schema.DeviceFilter) => enterField(scope, field);
  const text = (column: 'deviceId' | 'name') =>
    toTextTests<DeviceTest>(input[column], at(column), (test) => ({ kind: 'text', column, test }));
  const number = (column: 'certificateCount' | 'installationCount') =>
    toNumberTests<DeviceTest>(input[column], at(column), (test) => ({ kind: 'number', column, test }));
  return allOf<DeviceTest>([
    ...toConnectives<Schema.DeviceFilter, DeviceTest>(input, scope, toDeviceFilter),
    ...text('deviceId'),
    ...text('name'),
    ...toRbacGroupTests(input.rbacGroup, at('rbacGroup')),
    ...number('certificateCount'),
    ...number('installationCount'),
    ...toQuantifiers(input.installations, at('installations')),
  ]);
}

/** `some` and `none`, each a filter on one installation. */
function toQuantifiers(
  input: Optional<Schema.InstallationQuantifier>,
  scope: FilterScope,
): readonly InstallationQuantifier[] {
  if (input == null) return [];
  const tests: InstallationQuantifier[] = [];
  for (const quantifier of ['some', 'none'] as const) {
    const inner = input[quantifier];
    if (inner == null) continue;
    const filter = toInstallationFilter(inner, enterFilter(scope, quantifier));
    tests.push({ kind: 'installations', quantifier, filter });
  }
  return checkOperands(scope, input, tests);
}
