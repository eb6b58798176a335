import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  toCertificateFilter,
  toDeviceFilter,
  toInstallationFilter,
} from '../../../../src/graphql/filters/inventory.ts';
import { filterScope } from '../../../../src/graphql/filters/scope.ts';
import type * as Schema from '../../../../src/graphql/generated/schema-types.ts';

const NOW = 1_700_000_000;
const DAY = 86_400;

const certificate = (filter: Schema.CertificateFilter) => toCertificateFilter(filter, filterScope(NOW));
const installation = (filter: Schema.InstallationFilter) => toInstallationFilter(filter, filterScope(NOW));
const device = (filter: Schema.DeviceFilter) => toDeviceFilter(filter, filterScope(NOW));

const ALL = { kind: 'all', filters: [] };

describe('filters on certificates, installations and devices', () => {
  it('match all when they are empty, or hold nothing but nulls', () => {
    assert.deepEqual(certificate({}), ALL);
    assert.deepEqual(installation({ and: null, path: null, certificate: undefined, device: null }), ALL);
    assert.deepEqual(device({ or: null, not: null, name: null, rbacGroup: null, installations: null }), ALL);
  });

  it('put each field on its column', () => {
    const text = { kind: 'in', values: ['a'] };
    for (const column of ['thumbprint', 'serialNumber', 'signatureAlgorithm'] as const) {
      assert.deepEqual(certificate({ [column]: { eq: 'A' } }), { kind: 'text', column, test: text });
    }
    for (const column of [
      'keySize',
      'lifetimeDays',
      'deviceCount',
      'installationCount',
      'notBefore',
      'notAfter',
    ] as const) {
      const test = { kind: 'greaterThan', value: 7 };
      assert.deepEqual(certificate({ [column]: { gt: 7 } }), { kind: 'number', column, test });
    }
    for (const column of ['path', 'storeName', 'storeLocation'] as const) {
      assert.deepEqual(installation({ [column]: { eq: 'A' } }), { kind: 'text', column, test: text });
    }
    for (const column of ['deviceId', 'name'] as const) {
      assert.deepEqual(device({ [column]: { eq: 'A' } }), { kind: 'text', column, test: text });
    }
    for (const column of ['certificateCount', 'installationCount'] as const) {
      const test = { kind: 'range', maximum: 7 };
      assert.deepEqual(device({ [column]: { lte: 7 } }), { kind: 'number', column, test });
    }
  });

  it('read names attribute by attribute, and whether there is one', () => {
    const test = { kind: 'startsWith', value: 'a' };
    for (const role of ['subject', 'issuer'] as const) {
      for (const attribute of [
        'text',
        'displayName',
        'commonName',
        'organization',
        'organizationalUnit',
        'locality',
        'state',
        'country',
      ] as const) {
        assert.deepEqual(certificate({ [role]: { [attribute]: { startsWith: 'A' } } }), {
          kind: 'name',
          role,
          attribute,
          test,
        });
      }
      const missing = { kind: 'name', role, attribute: null, test: { kind: 'isNull' } };
      assert.deepEqual(certificate({ [role]: { isNull: true } }), missing);
      assert.deepEqual(certificate({ [role]: { isNull: false } }), { kind: 'not', filter: missing });
    }
  });

  it('read the group of a device, and whether there is one', () => {
    for (const column of ['rbacGroupId', 'name'] as const) {
      const test = { kind: 'contains', value: 'a' };
      assert.deepEqual(device({ rbacGroup: { [column]: { contains: 'A' } } }), {
        kind: 'rbacGroup',
        column,
        test,
      });
    }
    const missing = { kind: 'rbacGroup', column: null, test: { kind: 'isNull' } };
    assert.deepEqual(device({ rbacGroup: { isNull: true } }), missing);
    assert.deepEqual(device({ rbacGroup: { isNull: false } }), { kind: 'not', filter: missing });
  });

  it('read kind of subject, self-signature and usages', () => {
    const kinds = { kind: 'subjectType', values: ['END_ENTITY'] };
    assert.deepEqual(certificate({ subjectType: { in: ['END_ENTITY'] } }), kinds);
    assert.deepEqual(certificate({ subjectType: { isNull: true } }), { kind: 'subjectTypeIsNull' });
    assert.deepEqual(certificate({ subjectType: { in: ['END_ENTITY'], isNull: false } }), {
      kind: 'all',
      filters: [kinds, { kind: 'not', filter: { kind: 'subjectTypeIsNull' } }],
    });
    assert.deepEqual(certificate({ isSelfSigned: { eq: false } }), { kind: 'isSelfSigned', value: false });
    assert.deepEqual(certificate({ isSelfSigned: { isNull: true } }), { kind: 'isSelfSigned', value: null });
    assert.deepEqual(certificate({ keyUsages: { has: 'Certificate Signing' } }), {
      kind: 'keyUsages',
      test: { kind: 'hasAny', values: ['keycertsign'] },
    });
    assert.deepEqual(certificate({ extendedKeyUsages: { has: 'serverAuth' } }), {
      kind: 'extendedKeyUsages',
      test: { kind: 'hasAny', values: ['1.3.6.1.5.5.7.3.1'] },
    });
  });

  it('take the instant of the request for validity, or the one given', () => {
    const state = { kind: 'validity', values: ['CURRENT'], at: NOW };
    assert.deepEqual(certificate({ validity: { in: ['CURRENT'] } }), state);
    assert.deepEqual(certificate({ validity: { in: ['CURRENT'], at: 5 } }), { ...state, at: 5 });
    const within = (minimum: number, days: number) => ({
      kind: 'number',
      column: 'notAfter',
      test: { kind: 'range', minimum, maximum: minimum + days * DAY },
    });
    assert.deepEqual(certificate({ validity: { expiresWithinDays: 30 } }), within(NOW, 30));
    assert.deepEqual(certificate({ validity: { expiresWithinDays: 0, at: 5 } }), within(5, 0));
    assert.deepEqual(certificate({ validity: { expiresWithinDays: 1, in: ['CURRENT'] } }), {
      kind: 'all',
      filters: [state, within(NOW, 1)],
    });
  });

  it('nest through and, or, not, quantifiers, certificate and device', () => {
    const root = { kind: 'text', column: 'storeName', test: { kind: 'in', values: ['root'] } };
    const named = { kind: 'text', column: 'name', test: { kind: 'in', values: ['a'] } };
    assert.deepEqual(certificate({ and: [], or: [] }), {
      kind: 'all',
      filters: [ALL, { kind: 'any', filters: [] }],
    });
    assert.deepEqual(certificate({ not: { and: [{}] } }), {
      kind: 'not',
      filter: { kind: 'all', filters: [ALL] },
    });
    assert.deepEqual(device({ installations: { none: { storeName: { eq: 'Root' } }, some: {} } }), {
      kind: 'all',
      filters: [
        { kind: 'installations', quantifier: 'some', filter: ALL },
        { kind: 'installations', quantifier: 'none', filter: root },
      ],
    });
    assert.deepEqual(certificate({ installations: { some: { device: { name: { eq: 'A' } } } } }), {
      kind: 'installations',
      quantifier: 'some',
      filter: { kind: 'device', filter: named },
    });
    assert.deepEqual(installation({ certificate: {}, device: { name: { eq: 'A' } } }), {
      kind: 'all',
      filters: [
        { kind: 'certificate', filter: ALL },
        { kind: 'device', filter: named },
      ],
    });
  });

  it('name the path to what is wrong', () => {
    const refusals: readonly (readonly [() => unknown, string, string])[] = [
      [() => certificate({ keySize: {} }), 'filter.keySize', '{}'],
      [() => certificate({ subject: {} }), 'filter.subject', '{}'],
      [() => certificate({ issuer: { commonName: {} } }), 'filter.issuer.commonName', '{}'],
      [() => certificate({ subjectType: { in: null } }), 'filter.subjectType', '{"in":null}'],
      [() => certificate({ isSelfSigned: {} }), 'filter.isSelfSigned', '{}'],
      [() => certificate({ validity: { at: 5 } }), 'filter.validity', '{"at":"1970-01-01T00:00:05Z"}'],
      [() => certificate({ notAfter: { lt: null } }), 'filter.notAfter', '{"lt":null}'],
      [() => certificate({ keyUsages: {} }), 'filter.keyUsages', '{}'],
      [() => certificate({ installations: { some: null } }), 'filter.installations', '{"some":null}'],
      [() => device({ rbacGroup: { name: null } }), 'filter.rbacGroup', '{"name":null}'],
      [() => device({ or: [{}, { name: {} }] }), 'filter.or.1.name', '{}'],
      [
        () => installation({ not: { certificate: { installations: { none: { path: {} } } } } }),
        'filter.not.certificate.installations.none.path',
        '{}',
      ],
    ];
    for (const [refused, argument, value] of refusals) {
      const rule = 'have at least one operand that is not null';
      assert.throws(refused, {
        code: 'BAD_USER_INPUT',
        message: `${argument} must ${rule}, but got: ${value}.`,
        argument,
        rule,
        value,
      });
    }
  });

  it('refuse a negative number of days', () => {
    assert.throws(() => certificate({ validity: { expiresWithinDays: -1 } }), {
      code: 'BAD_USER_INPUT',
      message: 'filter.validity.expiresWithinDays must not be negative, but got: -1.',
    });
  });

  it('stand at most five deep, whatever opens a level', () => {
    const some = (filter: Schema.InstallationFilter) => ({ installations: { some: filter } });
    certificate({ not: { and: [{ or: [{ not: {} }] }] } });
    certificate(some({ certificate: some({ device: {} }) }));
    const rule = 'stand in at most 4 other filters';
    const refusals: readonly (readonly [() => unknown, string])[] = [
      [() => certificate({ not: { not: { not: { not: { not: {} } } } } }), 'filter.not.not.not.not.not'],
      [
        () => device({ and: [{ or: [{ not: { and: [{ or: [{}] }] } }] }] }),
        'filter.and.0.or.0.not.and.0.or.0',
      ],
      [
        () => certificate(some({ certificate: some({ device: some({}) }) })),
        'filter.installations.some.certificate.installations.some.device.installations.some',
      ],
    ];
    for (const [refused, argument] of refusals) {
      assert.throws(refused, { code: 'BAD_USER_INPUT', argument, rule, value: '5' });
    }
  });

  it('list at most a thousand filters, subject kinds and states', () => {
    const many = <Entry>(entry: Entry): Entry[] => new Array<Entry>(1_001).fill(entry);
    for (const [refused, argument] of [
      [() => certificate({ and: many({}) }), 'filter.and'],
      [() => installation({ or: many({}) }), 'filter.or'],
      [() => certificate({ subjectType: { in: many('END_ENTITY' as const) } }), 'filter.subjectType.in'],
      [() => certificate({ validity: { in: many('CURRENT' as const) } }), 'filter.validity.in'],
    ] as const) {
      assert.throws(refused, {
        code: 'BAD_USER_INPUT',
        message: `${argument} must have at most 1000 entries, but got: 1001.`,
      });
    }
  });
});
