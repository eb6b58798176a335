/**
 * One logical record, written in any spelling with any form of its values, decodes to the same parts. The
 * oracle is the logical record itself: what the decoder gives is compared with the values that were written.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDistinguishedName } from '../../src/core/distinguished-name.ts';
import { toEpochSeconds } from '../../src/defender/wire-values.ts';
import { decodeAll } from '../support/defender-fixtures.ts';

interface LogicalRecord {
  readonly deviceId: string;
  readonly deviceName: string | null;
  readonly thumbprint: string;
  readonly path: string;
  readonly serialNumber: string | null;
  readonly subject: LogicalName | null;
  readonly issuer: LogicalName | null;
  readonly subjectType: 'CERTIFICATE_AUTHORITY' | 'END_ENTITY' | null;
  readonly signatureAlgorithm: string | null;
  readonly keySize: number | null;
  readonly notBefore: number | null;
  readonly notAfter: number | null;
  readonly keyUsages: readonly string[] | null;
  readonly extendedKeyUsages: readonly { readonly oid: string; readonly name: string }[] | null;
  readonly rbacGroupId: number | null;
  readonly rbacGroupName: string | null;
}

interface LogicalName {
  readonly commonName: string;
  readonly organizationalUnit: readonly string[];
  readonly country: string | null;
}

/** Picks one of the forms of a value; drawn beside the record, so that a failure replays. */
type Pick = <Form>(forms: readonly Form[]) => Form;

const word = fc.stringMatching(/^[A-Za-z0-9À-ž .,+="<>#;\\-]{0,12}[A-Za-z0-9]$/);
const hex40 = fc.stringMatching(/^[0-9a-f]{40}$/);
const name = fc.record({
  commonName: word,
  organizationalUnit: fc.array(word, { maxLength: 2 }),
  country: fc.option(fc.constantFrom('US', 'DE')),
});
const seconds = fc.integer({ min: -62_000_000_000, max: 253_402_300_799 });
const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'keyCertSign',
  'cRLSign',
] as const;
const EXTENDED_KEY_USAGES = [
  { oid: '1.3.6.1.5.5.7.3.1', name: 'Server Authentication' },
  { oid: '1.3.6.1.5.5.7.3.2', name: 'Client Authentication' },
  { oid: '1.3.6.1.4.1.99999.1', name: '1.3.6.1.4.1.99999.1' },
] as const;

const logicalRecord: fc.Arbitrary<LogicalRecord> = fc.record({
  deviceId: hex40,
  deviceName: fc.option(word.map((text) => text.trim())),
  thumbprint: hex40.map((text) => text.toUpperCase()),
  path: fc.constantFrom('LocalMachine\\My\\x', 'LocalMachine\\Remote Desktop\\x'),
  serialNumber: fc.option(fc.stringMatching(/^[0-9A-F]{1,40}$/)),
  subject: fc.option(name),
  issuer: fc.option(name),
  subjectType: fc.option(fc.constantFrom('CERTIFICATE_AUTHORITY', 'END_ENTITY')),
  signatureAlgorithm: fc.option(fc.constantFrom('sha256RSA', 'md5RSA', 'RSASSA-PSS')),
  keySize: fc.option(fc.integer({ min: 1, max: 16_384 })),
  notBefore: fc.option(seconds),
  notAfter: fc.option(seconds),
  keyUsages: fc.option(fc.shuffledSubarray([...KEY_USAGES])),
  extendedKeyUsages: fc.option(fc.shuffledSubarray([...EXTENDED_KEY_USAGES])),
  rbacGroupId: fc.option(fc.nat()),
  rbacGroupName: fc.option(fc.constantFrom('Unassigned', 'None', 'Servers')),
});

const SPELLINGS = {
  legacy: {
    keySize: 'keyLength',
    notAfter: 'notAfter',
    notBefore: 'notBefore',
    subject: 'subjectObject',
    issuer: 'issuerObject',
    keyUsages: 'keyUsageArray',
    extendedKeyUsages: 'extendedKeyUsageArray',
  },
  current: {
    keySize: 'keySize',
    notAfter: 'expirationDate',
    notBefore: 'issueDate',
    subject: 'issuedTo',
    issuer: 'issuedBy',
    keyUsages: 'keyUsage',
    extendedKeyUsages: 'extendedKeyUsage',
  },
} as const;

function write(record: LogicalRecord, pick: Pick): Record<string, unknown> {
  const spelling = pick([SPELLINGS.legacy, SPELLINGS.current, SPELLINGS.current]);
  const casing = pick<(key: string) => string>([
    (key) => key,
    (key) => `${key[0]?.toUpperCase()}${key.slice(1)}`,
    (key) => key.toLowerCase(),
    (key) => key.toUpperCase(),
  ]);
  const members: [string, unknown][] = [
    ['deviceId', pick([record.deviceId, record.deviceId.toUpperCase()])],
    ['deviceName', record.deviceName ?? pick([null, ''])],
    [
      'thumbprint',
      pick([record.thumbprint, record.thumbprint.toLowerCase(), record.thumbprint.replace(/(..)/g, '$1 ')]),
    ],
    ['path', record.path],
    [
      'serialNumber',
      record.serialNumber === null
        ? pick([null, ''])
        : pick([record.serialNumber, record.serialNumber.toLowerCase()]),
    ],
    ['signatureAlgorithm', record.signatureAlgorithm ?? pick([null, ''])],
    ['subjectType', writeSubjectType(record.subjectType, pick)],
    [
      'rbacGroupId',
      record.rbacGroupId === null ? pick([null, '']) : pick([record.rbacGroupId, String(record.rbacGroupId)]),
    ],
    ['rbacGroupName', record.rbacGroupName ?? pick([null, ''])],
    [
      spelling.keySize,
      record.keySize === null ? pick([null, 0, '0', '']) : pick([record.keySize, String(record.keySize)]),
    ],
    [spelling.notBefore, writeDate(record.notBefore, pick)],
    [spelling.notAfter, writeDate(record.notAfter, pick)],
    [spelling.subject, writeName(record.subject, pick)],
    [spelling.issuer, writeName(record.issuer, pick)],
    [spelling.keyUsages, writeList(record.keyUsages, pick)],
    [
      spelling.extendedKeyUsages,
      writeList(record.extendedKeyUsages?.map((usage) => pick([usage.oid, usage.name])) ?? null, pick),
    ],
  ];
  const ordered = pick([members, [...members].reverse()]);
  return Object.fromEntries(ordered.map(([key, value]) => [casing(key), value]));
}

function writeSubjectType(type: LogicalRecord['subjectType'], pick: Pick): unknown {
  if (type === null) return pick([null, '', 'Somebody']);
  return type === 'CERTIFICATE_AUTHORITY'
    ? pick(['CA', 'ca'])
    : pick(['End Entity', 'EndEntity', 'end-entity']);
}

function writeDate(epochSeconds: number | null, pick: Pick): unknown {
  if (epochSeconds === null) return pick([null, '', '0001-01-01T00:00:00Z', '0001-01-01 00:00:00.0000000']);
  const iso = new Date(epochSeconds * 1_000).toISOString().slice(0, 19);
  const spaced = iso.replace('T', ' ');
  const shifted = new Date((epochSeconds - 5_400) * 1_000).toISOString();
  const forms = [`${iso}Z`, `${iso}.9999999Z`, spaced, `${spaced}.1234567`];
  return pick(
    shifted.startsWith('-') || shifted.startsWith('+') ? forms : [...forms, `${shifted.slice(0, 19)}-01:30`],
  );
}

function writeName(value: LogicalName | null, pick: Pick): unknown {
  if (value === null) return pick([null, '', '{}']);
  const parts = {
    CommonName: value.commonName,
    OrganizationalUnit: pick([
      value.organizationalUnit,
      value.organizationalUnit.length === 1 ? value.organizationalUnit[0] : value.organizationalUnit,
    ]),
    [pick(['CountryName', 'Country', 'countryName'])]: value.country,
  };
  return pick([parts, JSON.stringify(parts), JSON.stringify(JSON.stringify(parts)), textOf(value)]);
}

function writeList(values: readonly string[] | null, pick: Pick): unknown {
  if (values === null) return pick([null, '', ' ']);
  if (values.length === 0) return pick<unknown>([[], 'None', '[]']);
  return pick<unknown>([values, values.join(', '), values.join(';'), JSON.stringify(values)]);
}

function textOf(value: LogicalName | null): string | null {
  if (value === null) return null;
  return formatDistinguishedName({
    commonName: [value.commonName],
    organizationalUnit: value.organizationalUnit,
    country: value.country === null ? [] : [value.country],
  });
}

describe('timestamps', () => {
  const usual = fc
    .integer({ min: -86_400, max: 4_102_531_199 })
    .map((seconds) => [seconds, `${new Date(seconds * 1_000).toISOString().slice(0, 19)}Z`] as const);

  it('of the usual form are the instants that they name', () => {
    fc.assert(
      fc.property(usual, ([seconds, text]) => assert.equal(toEpochSeconds(text), seconds)),
      { numRuns: 5_000 },
    );
  });

  it('of nearly the usual form are read like those of any form', () => {
    fc.assert(
      fc.property(
        usual,
        fc.nat(19),
        fc.constantFrom(...'0123456789-T:Z zé'),
        ([, text], index, character) => {
          const odd = `${text.slice(0, index)}${character}${text.slice(index + 1)}`;
          // The blank before it makes it an unusual one.
          assert.equal(toEpochSeconds(odd), toEpochSeconds(` ${odd}`));
        },
      ),
      { numRuns: 5_000 },
    );
  });
});

describe('record decoder', () => {
  it('gives the same parts for every spelling and form of a record', () => {
    fc.assert(
      fc.property(logicalRecord, fc.infiniteStream(fc.nat()), (record, choices) => {
        const pick: Pick = (forms) =>
          forms[(choices.next().value as number) % forms.length] as (typeof forms)[number];
        const sink = decodeAll(write(record, pick), write(record, pick));
        assert.deepEqual(sink.rejections, []);
        const { deviceId, deviceName, rbacGroupId, rbacGroupName, path, subject, issuer, ...certificate } =
          record;
        const expected = {
          device: {
            deviceId,
            name: deviceName,
            rbacGroupId: rbacGroupId === null ? null : String(rbacGroupId),
            rbacGroupName,
          },
          certificate: { ...certificate, subject: textOf(subject), issuer: textOf(issuer) },
          path,
        };
        assert.deepEqual(sink.records.map(sortKeys), [expected, expected].map(sortKeys));
      }),
      { numRuns: 500 },
    );
  });

  it('ends every record in exactly one acceptance or rejection, whatever its JSON', () => {
    const anyRecord = fc.oneof(
      fc.jsonValue(),
      fc.dictionary(
        fc.constantFrom(
          'deviceId',
          'thumbprint',
          'PATH',
          'issuedTo',
          'keyUsage',
          'expirationDate',
          'keySize',
          '__proto__',
          'x',
        ),
        fc.oneof(fc.jsonValue(), hex40),
      ),
    );
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 5 }), (values) => {
        const sink = decodeAll(...values.map((value) => JSON.stringify(value)));
        assert.equal(sink.records.length + sink.rejections.length, values.length);
      }),
      { numRuns: 500 },
    );
  });
});

function sortKeys(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, entry: unknown) =>
      typeof entry === 'object' && entry !== null && !Array.isArray(entry)
        ? Object.fromEntries(Object.entries(entry).sort(([left], [right]) => (left < right ? -1 : 1)))
        : entry,
    ),
  );
}
