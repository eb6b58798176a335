import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createRecordDecoder } from '../../../src/defender/record-decoder.ts';
import { createRecordSplitter } from '../../../src/defender/record-splitter.ts';
import { createCollectingSink, decodeAll } from '../../support/defender-fixtures.ts';

const THUMBPRINT = 'AB'.repeat(20);
const DEVICE = 'cd'.repeat(20);
const PATH = `LocalMachine\\My\\${THUMBPRINT}`;
const MINIMAL = { deviceId: DEVICE, thumbprint: THUMBPRINT, path: PATH };

const LEGACY = {
  deviceId: DEVICE,
  deviceName: 'pc-1.contoso.com',
  thumbprint: THUMBPRINT,
  path: PATH,
  keyLength: 2048,
  notAfter: '2031-05-06T07:08:09Z',
  notBefore: '2021-05-06T07:08:09Z',
  signatureAlgorithm: 'sha256RSA',
  subjectObject: { CommonName: 'pc-1' },
  issuerObject: { CommonName: 'Contoso CA', CountryName: 'US' },
  keyUsageArray: ['Digital Signature'],
  extendedKeyUsageArray: ['Client Authentication'],
  isSelfSigned: false,
  subjectType: 'End Entity',
  serialNumber: '00ab',
  rbacGroupId: 7,
  rbacGroupName: 'Clients',
};
const CURRENT = {
  deviceId: DEVICE,
  deviceName: 'pc-1.contoso.com',
  thumbprint: THUMBPRINT.toLowerCase(),
  path: PATH,
  keySize: '2048',
  expirationDate: '2031-05-06 07:08:09.0000000',
  issueDate: '2021-05-06 07:08:09',
  signatureAlgorithm: 'sha256RSA',
  issuedTo: '{"CommonName":"pc-1"}',
  issuedBy: 'CN=Contoso CA,C=US',
  keyUsage: 'DigitalSignature',
  extendedKeyUsage: '["1.3.6.1.5.5.7.3.2"]',
  subjectType: 'end-entity',
  serialNumber: '00AB',
  rbacGroupId: '7',
  rbacGroupName: 'Clients',
};
const PASCAL = Object.fromEntries(
  Object.entries(CURRENT).map(([key, value]) => [key[0]?.toUpperCase() + key.slice(1), value]),
);
const EXPECTED = {
  device: { deviceId: DEVICE, name: 'pc-1.contoso.com', rbacGroupId: '7', rbacGroupName: 'Clients' },
  certificate: {
    thumbprint: THUMBPRINT,
    serialNumber: '00AB',
    subject: 'CN=pc-1',
    issuer: 'CN=Contoso CA,C=US',
    subjectType: 'END_ENTITY',
    signatureAlgorithm: 'sha256RSA',
    keySize: 2048,
    notBefore: Date.UTC(2021, 4, 6, 7, 8, 9) / 1_000,
    notAfter: Date.UTC(2031, 4, 6, 7, 8, 9) / 1_000,
    keyUsages: ['digitalSignature'],
    extendedKeyUsages: [{ oid: '1.3.6.1.5.5.7.3.2', name: 'Client Authentication' }],
  },
  path: PATH,
};

describe('record decoder', () => {
  for (const [spelling, record] of Object.entries({ LEGACY, CURRENT, PASCAL })) {
    it(`reads the ${spelling.toLowerCase()} spelling`, () => {
      const sink = decodeAll(record);
      assert.deepEqual(sink.records, [EXPECTED]);
      assert.deepEqual([sink.rejections, [...sink.unknownColumns]], [[], []]);
    });
  }

  it('reads the documented sample of 2022, in which nearly everything is unknown', () => {
    const sink = decodeAll({
      ...MINIMAL,
      keyLength: 0,
      notAfter: '0001-01-01T00:00:00Z',
      notBefore: '0001-01-01T00:00:00Z',
      signatureAlgorithm: 'sha384ECDSA',
      subjectObject: null,
      issuerObject: null,
      keyUsageArray: null,
      extendedKeyUsageArray: null,
      isSelfSigned: false,
      subjectType: 'CA',
      serialNumber: '6086185925330DE09F1F0B2AB9ACA54D',
      rbacGroupId: 0,
      rbacGroupName: 'Unassigned',
    });
    assert.deepEqual(sink.records, [
      {
        device: { deviceId: DEVICE, name: null, rbacGroupId: '0', rbacGroupName: 'Unassigned' },
        certificate: {
          thumbprint: THUMBPRINT,
          serialNumber: '6086185925330DE09F1F0B2AB9ACA54D',
          subject: null,
          issuer: null,
          subjectType: 'CERTIFICATE_AUTHORITY',
          signatureAlgorithm: 'sha384ECDSA',
          keySize: null,
          notBefore: null,
          notAfter: null,
          keyUsages: null,
          extendedKeyUsages: null,
        },
        path: PATH,
      },
    ]);
  });

  it('lets the current name of a column win, and a known value over an unknown one', () => {
    const [record] = decodeAll({
      ...MINIMAL,
      keyLength: 1024,
      keySize: 4096,
      notAfter: '2030-01-01T00:00:00Z',
      expirationDate: '0001-01-01T00:00:00Z',
    }).records;
    assert.equal(record?.certificate.keySize, 4096);
    assert.equal(record?.certificate.notAfter, Date.UTC(2030, 0, 1) / 1_000);
  });

  it('lets the first value count when a column comes twice in different case', () => {
    const [first] = decodeAll({ ...MINIMAL, KeySize: 2048, keysize: 1024, KEYSIZE: '' }).records;
    const [second] = decodeAll({ ...MINIMAL, KeySize: '', keysize: null, KEYSIZE: 1024 }).records;
    assert.deepEqual([first?.certificate.keySize, second?.certificate.keySize], [2048, 1024]);
  });

  it('trims identifiers and keeps the path as reported', () => {
    const [record] = decodeAll({
      deviceId: ` ${DEVICE.toUpperCase()} `,
      deviceName: ' PC ',
      thumbprint: ` ${THUMBPRINT} `,
      path: ' LocalMachine\\My\\x ',
    }).records;
    assert.deepEqual(
      [record?.device.deviceId, record?.device.name, record?.certificate.thumbprint, record?.path],
      [DEVICE, 'PC', THUMBPRINT, ' LocalMachine\\My\\x '],
    );
  });

  it('notes unknown columns and is silent about known ones that it does not serve', () => {
    const sink = decodeAll({
      ...MINIMAL,
      id: 'x',
      '@odata.type': 'y',
      IsSelfSigned: true,
      Tags: [],
      ['x'.repeat(200)]: 1,
    });
    assert.deepEqual([...sink.unknownColumns], ['Tags', 'x'.repeat(128)]);
    assert.equal(sink.records.length, 1);
  });

  for (const [reason, record] of [
    ['NOT_JSON', '{"deviceId":'],
    ['NOT_AN_OBJECT', '[1]'],
    ['NOT_AN_OBJECT', 'null'],
    ['NOT_AN_OBJECT', '"text"'],
    ['DEVICE_ID_MISSING', '{}'],
    ['DEVICE_ID_MISSING', { ...MINIMAL, deviceId: '  ' }],
    ['PATH_MISSING', { ...MINIMAL, path: '' }],
    ['PATH_MISSING', { ...MINIMAL, path: 5 }],
    ['THUMBPRINT_MISSING', { ...MINIMAL, thumbprint: null }],
    ['THUMBPRINT_MISSING', { ...MINIMAL, thumbprint: ' ' }],
    ['THUMBPRINT_MALFORMED', { ...MINIMAL, thumbprint: 'ABC' }],
    ['THUMBPRINT_MALFORMED', { ...MINIMAL, thumbprint: true }],
  ] as const) {
    const text = typeof record === 'string' ? record : JSON.stringify(record);
    it(`refuses ${text} as ${reason}, with its text`, () => {
      const sink = decodeAll(text);
      assert.deepEqual([sink.records, sink.rejections], [[], [{ reason, sample: text }]]);
    });
  }

  it('cuts the sample of a long record', () => {
    assert.equal(decodeAll(`"${'x'.repeat(5_000)}"`).rejections[0]?.sample.length, 1_024);
  });

  describe('with hostile records', () => {
    const MEBIBYTE = 1_048_576;
    const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`;
    const withColumn = (column: string, value: string) =>
      `{"deviceId":"${DEVICE}","thumbprint":"${THUMBPRINT}","path":${JSON.stringify(PATH)},"${column}":${value}}`;

    for (const [name, value] of [
      ['arrays', deep(500_000)],
      ['objects', `${'{"a":'.repeat(100_000)}0${'}'.repeat(100_000)}`],
    ] as const) {
      it(`takes hundreds of thousands of levels of ${name} under any column for what they are: no value`, () => {
        for (const column of ['keyUsage', 'issuedTo', 'subjectObject', 'keySize', 'expirationDate', 'new']) {
          const record = withColumn(column, value);
          const quoted = withColumn(column, JSON.stringify(value));
          // The second of each has the shape of the first, and takes the other way.
          const sink = decodeAll(record, record, quoted, quoted);
          assert.deepEqual([sink.records.length, sink.rejections], [4, []], column);
        }
        for (const column of ['deviceId', 'thumbprint', 'path']) {
          const sink = decodeAll(`{"${column}":${value}}`);
          assert.equal(sink.records.length + sink.rejections.length, 1, column);
        }
      });
    }

    it('refuses ten million levels, a huge text and a million keys unread, and goes on', () => {
      const keys = Array.from({ length: 1_000_000 }, (_, index) => `"k${index}":0`).join();
      const sink = decodeAll(
        withColumn('new', deep(5_000_000)),
        withColumn('issuedTo', JSON.stringify('x'.repeat(15 * MEBIBYTE))),
        `{${keys}}`,
        MINIMAL,
      );
      assert.deepEqual(
        sink.rejections.map(({ reason, sample }) => [reason, sample.length]),
        Array(3).fill(['TOO_LARGE', 1_024]),
      );
      assert.deepEqual([sink.records.length, sink.unknownColumns.size], [1, 0]);
    });

    it('refuses a record that is too large also where it has the shape and the parts of one before', () => {
      const fill = (length: number) => withColumn('new', `"${'x'.repeat(length)}"`);
      const most = MEBIBYTE - fill(0).length;
      const sink = createCollectingSink();
      const splitter = createRecordSplitter(createRecordDecoder(sink), {
        maximumRecordBytes: 16 * MEBIBYTE,
        tooLong: () => new RangeError('too long'),
      });
      const lines = [fill(1), fill(1), fill(most), fill(most + 1), fill(1)];
      splitter.write(Buffer.from(`${lines.join('\n')}\n`));
      splitter.end();
      assert.deepEqual(
        [sink.records.length, sink.rejections.map(({ reason }) => reason)],
        [4, ['TOO_LARGE']],
      );
    });
  });

  it('interns a certificate and a device no more once their fields were seen in records of one shape', () => {
    const again = JSON.stringify({ ...LEGACY, path: 'LocalMachine\\Root\\x' });
    const sink = decodeAll(LEGACY, again, again, LEGACY, again);
    assert.deepEqual(sink.interned, { certificates: 2, devices: 2 });
    assert.equal(sink.records.length, 5);
  });

  it('notices any field that changed under a thumbprint or a device id', () => {
    for (const [field, value] of Object.entries({
      serialNumber: '01',
      subjectType: 'CA',
      signatureAlgorithm: 'md5RSA',
      keyLength: 1024,
      notAfter: '2032-01-01T00:00:00Z',
      notBefore: '2020-01-01T00:00:00Z',
      subjectObject: { CommonName: 'pc-2' },
      issuerObject: { CommonName: 'Contoso CA', CountryName: 'DE' },
      keyUsageArray: ['Digital Signature', 'CRL Sign'],
      extendedKeyUsageArray: [],
    })) {
      const sink = decodeAll(LEGACY, LEGACY, LEGACY, { ...LEGACY, [field]: value });
      assert.equal(sink.interned.certificates, 3, field);
      assert.notDeepEqual(sink.records[3]?.certificate, sink.records[2]?.certificate, field);
    }
    for (const [field, value] of Object.entries({
      deviceName: 'pc-9',
      rbacGroupId: 8,
      rbacGroupName: null,
    })) {
      const sink = decodeAll(LEGACY, LEGACY, LEGACY, { ...LEGACY, [field]: value });
      assert.equal(sink.interned.devices, 3, field);
      assert.notDeepEqual(sink.records[3]?.device, sink.records[2]?.device, field);
    }
  });
});
