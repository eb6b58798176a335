import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toExtendedKeyUsage, toKeyUsage } from '../../../src/core/usages.ts';

describe('key usage', () => {
  for (const [text, name] of [
    ['Digital Signature', 'digitalSignature'],
    ['DigitalSignature', 'digitalSignature'],
    [' digitalSignature (80) ', 'digitalSignature'],
    ['Non-Repudiation', 'nonRepudiation'],
    ['contentCommitment', 'nonRepudiation'],
    ['Certificate Signing', 'keyCertSign'],
    ['KeyCertSign', 'keyCertSign'],
    ['CRL Signing', 'cRLSign'],
    ['Off-line CRL Signing', 'cRLSign'],
    ['CrlSign', 'cRLSign'],
    ['ENCIPHER_ONLY', 'encipherOnly'],
    ['Decipher Only', 'decipherOnly'],
    [' Quantum Signing ', 'Quantum Signing'],
  ] as const) {
    it(`reads ${JSON.stringify(text)} as ${name}`, () => assert.equal(toKeyUsage(text), name));
  }
});

describe('extended key usage', () => {
  const server = { oid: '1.3.6.1.5.5.7.3.1', name: 'Server Authentication' };
  for (const [text, usage] of [
    ['Server Authentication', server],
    ['serverAuth', server],
    ['1.3.6.1.5.5.7.3.1', server],
    ['OID.1.3.6.1.5.5.7.3.1', server],
    ['Server Authentication (1.3.6.1.5.5.7.3.1)', server],
    ['Serverauthentifizierung [1.3.6.1.5.5.7.3.1]', server],
    ['Any Purpose', { oid: '2.5.29.37.0', name: 'Any Purpose' }],
    ['Smart Card Log-on', { oid: '1.3.6.1.4.1.311.20.2.2', name: 'Smart Card Logon' }],
    ['1.2.3.4', { oid: '1.2.3.4', name: '1.2.3.4' }],
    ['House Rule (1.2.3.4)', { oid: '1.2.3.4', name: 'House Rule' }],
    ['(1.2.3.4)', { oid: '1.2.3.4', name: '1.2.3.4' }],
    [' House Rule ', { oid: null, name: 'House Rule' }],
  ] as const) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(toExtendedKeyUsage(text), usage));
  }
});
