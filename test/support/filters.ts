/** Generated filter trees whose operands often hit the texts and numbers of generated inventories. */

import fc from 'fast-check';
import { NAME_ATTRIBUTES } from '../../src/core/distinguished-name.ts';
import type {
  CertificateFilter,
  CertificateTest,
  Connective,
  DeviceFilter,
  DeviceTest,
  InstallationFilter,
  InstallationQuantifier,
  InstallationTest,
  ListTest,
  NumberTest,
  TextTest,
} from '../../src/snapshot/filter.ts';
import { TEXTS } from './inventories.ts';

const operand = fc
  .oneof(
    fc.constantFrom(
      ...TEXTS,
      'Contoso',
      'de',
      'sha256RSA',
      'Berlin',
      '0',
      '10',
      'AB',
      'DEV',
      'no name at all',
    ),
    fc.constantFrom(
      'a',
      'b',
      '',
      '\\',
      '00',
      'f',
      'aa',
      '\\a',
      't\\0',
      'localmachine\\my',
      'My',
      'Root',
      'LocalMachine',
    ),
    fc.constantFrom(
      'ab00000000000000000000000000000000000001',
      'localmachine\\my\\ab00000000000000000000000000000000000001',
      'my\\ab00000000000000000000000000000000000001',
      'y\\ab0',
      'b00000000000000000000000000000000000001',
    ),
  )
  .map((text) => text.toLowerCase());

const textTest: fc.Arbitrary<TextTest> = fc.oneof(
  fc.record({ kind: fc.constant('in' as const), values: fc.array(operand, { maxLength: 3 }) }),
  fc.record({
    kind: fc.constantFrom('contains' as const, 'startsWith' as const, 'endsWith' as const),
    value: operand,
  }),
  fc.constant({ kind: 'isNull' as const }),
);

const number = fc.constantFrom(0, 1, 2, 3, 256, 1024, 2048, 1_700_000_000, 1_700_086_400, 253_402_300_799);

const numberTest: fc.Arbitrary<NumberTest> = fc.oneof(
  fc.record({ kind: fc.constant('in' as const), values: fc.array(number, { maxLength: 3 }) }),
  fc.record({ kind: fc.constant('range' as const), minimum: number, maximum: number }),
  fc.record({ kind: fc.constant('range' as const), minimum: number }),
  fc.record({ kind: fc.constantFrom('greaterThan' as const, 'lessThan' as const), value: number }),
  fc.constant({ kind: 'isNull' as const }),
);

const listTest: fc.Arbitrary<ListTest> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('hasAny' as const, 'hasAll' as const),
    values: fc.subarray([
      'digitalsignature',
      'odd usage',
      '1.3.6.1.5.5.7.3.1',
      'server authentication',
      'odd purpose',
    ]),
  }),
  fc.constantFrom({ kind: 'isEmpty' as const }, { kind: 'isNull' as const }),
);

const plainCertificateTest: fc.Arbitrary<CertificateTest> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    column: fc.constantFrom('thumbprint' as const, 'serialNumber' as const, 'signatureAlgorithm' as const),
    test: textTest,
  }),
  fc.record({
    kind: fc.constant('number' as const),
    column: fc.constantFrom(
      'keySize' as const,
      'lifetimeDays' as const,
      'deviceCount' as const,
      'installationCount' as const,
      'notBefore' as const,
      'notAfter' as const,
    ),
    test: numberTest,
  }),
  fc.record({
    kind: fc.constant('name' as const),
    role: fc.constantFrom('subject' as const, 'issuer' as const),
    attribute: fc.constantFrom(...NAME_ATTRIBUTES, 'text' as const, 'displayName' as const),
    test: textTest,
  }),
  fc.record({
    kind: fc.constant('name' as const),
    role: fc.constantFrom('subject' as const, 'issuer' as const),
    attribute: fc.constant(null),
    test: fc.constant({ kind: 'isNull' as const }),
  }),
  fc.record({
    kind: fc.constant('subjectType' as const),
    values: fc.subarray(['CERTIFICATE_AUTHORITY' as const, 'END_ENTITY' as const]),
  }),
  fc.constant({ kind: 'subjectTypeIsNull' as const }),
  fc.record({ kind: fc.constant('isSelfSigned' as const), value: fc.constantFrom(true, false, null) }),
  fc.record({
    kind: fc.constant('validity' as const),
    values: fc.subarray([
      'NOT_YET_VALID' as const,
      'CURRENT' as const,
      'EXPIRED' as const,
      'UNKNOWN' as const,
    ]),
    at: number,
  }),
  fc.record({ kind: fc.constantFrom('keyUsages' as const, 'extendedKeyUsages' as const), test: listTest }),
);

const plainDeviceTest: fc.Arbitrary<DeviceTest> = fc.oneof(
  fc.record({
    kind: fc.constant('text' as const),
    column: fc.constantFrom('deviceId' as const, 'name' as const),
    test: textTest,
  }),
  fc.record({
    kind: fc.constant('rbacGroup' as const),
    column: fc.constantFrom('rbacGroupId' as const, 'name' as const),
    test: textTest,
  }),
  fc.constant({ kind: 'rbacGroup' as const, column: null, test: { kind: 'isNull' as const } }),
  fc.record({
    kind: fc.constant('number' as const),
    column: fc.constantFrom('certificateCount' as const, 'installationCount' as const),
    test: numberTest,
  }),
);

const plainInstallationTest: fc.Arbitrary<InstallationTest> = fc.record({
  kind: fc.constant('text' as const),
  column: fc.constantFrom('path' as const, 'storeName' as const, 'storeLocation' as const),
  test: textTest,
});

function connect<Leaf>(leaf: fc.Arbitrary<Leaf>): fc.Arbitrary<Connective<Leaf> | Leaf> {
  const part = leaf as fc.Arbitrary<Connective<Leaf> | Leaf>;
  const shallow: fc.Arbitrary<Connective<Leaf> | Leaf> = fc.oneof(
    { weight: 4, arbitrary: part },
    { weight: 1, arbitrary: part.map((filter) => ({ kind: 'not' as const, filter })) },
  );
  return fc.oneof(
    { weight: 4, arbitrary: shallow },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constantFrom('all' as const, 'any' as const),
        filters: fc.array(shallow, { maxLength: 3 }),
      }),
    },
  );
}

const quantifier = (filter: fc.Arbitrary<InstallationFilter>): fc.Arbitrary<InstallationQuantifier> =>
  fc.record({
    kind: fc.constant('installations' as const),
    quantifier: fc.constantFrom('some' as const, 'none' as const),
    filter,
  });

const innerInstallationFilter: fc.Arbitrary<InstallationFilter> = connect<InstallationTest>(
  fc.oneof(
    plainInstallationTest,
    connect(plainCertificateTest).map((filter) => ({
      kind: 'certificate' as const,
      filter: filter as CertificateFilter,
    })),
    connect(plainDeviceTest).map((filter) => ({ kind: 'device' as const, filter: filter as DeviceFilter })),
  ),
) as fc.Arbitrary<InstallationFilter>;

export const certificateFilter: fc.Arbitrary<CertificateFilter> = connect<CertificateTest>(
  fc.oneof(
    { weight: 4, arbitrary: plainCertificateTest },
    { weight: 1, arbitrary: quantifier(innerInstallationFilter) },
  ),
) as fc.Arbitrary<CertificateFilter>;

export const deviceFilter: fc.Arbitrary<DeviceFilter> = connect<DeviceTest>(
  fc.oneof(
    { weight: 3, arbitrary: plainDeviceTest },
    { weight: 1, arbitrary: quantifier(innerInstallationFilter) },
  ),
) as fc.Arbitrary<DeviceFilter>;

export const installationFilter: fc.Arbitrary<InstallationFilter> = connect<InstallationTest>(
  fc.oneof(
    { weight: 3, arbitrary: plainInstallationTest },
    {
      weight: 1,
      arbitrary: certificateFilter.map((filter) => ({ kind: 'certificate' as const, filter })),
    },
    { weight: 1, arbitrary: deviceFilter.map((filter) => ({ kind: 'device' as const, filter })) },
  ),
) as fc.Arbitrary<InstallationFilter>;
