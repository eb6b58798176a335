/** Real certificates in the simulated fleet: public roots as they are, enterprise certificates really minted. */

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { rootCertificates } from 'node:tls';
import { AsnConvert } from '@peculiar/asn1-schema';
import { Certificate, id_ce_keyUsage, KeyUsage } from '@peculiar/asn1-x509';
import { createEnterprise } from '../../../src/simulator/inventory/enterprise.ts';
import { createLeaf, MACHINE_LEAF } from '../../../src/simulator/inventory/leaves.ts';
import { loadPublicRoots } from '../../../src/simulator/inventory/public-roots.ts';

const START = Date.UTC(2026, 10, 23) / 1000;

describe('public roots', () => {
  const roots = loadPublicRoots();
  const certificates = rootCertificates.map((pem) => new X509Certificate(pem));

  it('carry the true thumbprint, serial number, dates and key size of every root of this Node', () => {
    assert.deepEqual(
      roots.map(({ thumbprint, serialNumber, notBefore, notAfter }) => [
        thumbprint,
        serialNumber,
        notBefore,
        notAfter,
      ]),
      certificates.map((certificate) => [
        certificate.fingerprint.replaceAll(':', ''),
        certificate.serialNumber,
        Date.parse(certificate.validFrom) / 1000,
        Date.parse(certificate.validTo) / 1000,
      ]),
    );
    for (const [index, certificate] of certificates.entries()) {
      const { modulusLength } = certificate.publicKey.asymmetricKeyDetails ?? {};
      if (modulusLength !== undefined) assert.equal(roots[index]!.keySize, modulusLength);
      else assert.ok([256, 384, 521].includes(roots[index]!.keySize!));
    }
  });

  it('name algorithms as Windows does', () => {
    const names = new Set(roots.map((root) => root.signatureAlgorithm!));
    for (const name of names) assert.match(name, /^(?:sha(?:1|256|384|512)(?:RSA|ECDSA)|RSASSA-PSS)$/);
    assert.ok(names.has('sha256RSA') && names.has('sha384ECDSA'));
  });

  it('carry the usages that a full parse of each certificate finds', () => {
    const flags = [
      'digitalSignature',
      'nonRepudiation',
      'keyEncipherment',
      'dataEncipherment',
      'keyAgreement',
    ];
    for (const [index, certificate] of certificates.entries()) {
      const extensions = AsnConvert.parse(certificate.raw, Certificate).tbsCertificate.extensions!;
      const extension = extensions.find(({ extnID }) => extnID === id_ce_keyUsage);
      const expected =
        extension === undefined
          ? null
          : AsnConvert.parse(extension.extnValue.buffer, KeyUsage)
              .toJSON()
              .map((name) => (name === 'crlSign' ? 'cRLSign' : name))
              .sort((left, right) => order(left) - order(right));
      assert.deepEqual(roots[index]!.keyUsages, expected);
    }
    function order(name: string): number {
      return [...flags, 'keyCertSign', 'cRLSign'].indexOf(name);
    }
  });

  it('are authorities that signed themselves, and say what their keys are for', () => {
    assert.ok(roots.every((root) => root.subjectType === 'CERTIFICATE_AUTHORITY'));
    assert.ok(roots.every((root) => root.isSelfSigned));
    assert.ok(roots.every((root) => root.keyUsages === null || root.keyUsages.includes('keyCertSign')));
    assert.ok(roots.some((root) => root.keyUsages?.join() === 'keyCertSign,cRLSign'));
  });

  it('read names without the escapes of their text form', () => {
    const organizations = roots.map((root) => root.subject?.organization);
    assert.ok(organizations.includes('GoDaddy.com, Inc.'));
    assert.ok(roots.some((root) => root.subject?.commonName?.includes('Főtanúsítvány')));
  });
});

describe('enterprise PKI', () => {
  it('mints authorities that verify', () => {
    const [root, machines, web, codeSigning] = createEnterprise(1, START).certificates as X509Certificate[];
    for (const certificate of [root!, machines!, web!, codeSigning!]) {
      assert.ok(certificate.verify(root!.publicKey));
      assert.ok(certificate.checkIssued(root!));
    }
    assert.deepEqual([root!.ca, machines!.ca, web!.ca, codeSigning!.ca], [true, true, true, false]);
    assert.deepEqual(codeSigning!.keyUsage, ['1.3.6.1.5.5.7.3.3']);
  });

  it('mints the same certificates from the same seed and day, others from others', () => {
    const thumbprints = (seed: number, start: number): string[] =>
      createEnterprise(seed, start).certificates.map((certificate) => certificate.fingerprint);
    assert.deepEqual(thumbprints(1, START), thumbprints(1, START));
    assert.notDeepEqual(thumbprints(1, START), thumbprints(2, START));
    assert.notDeepEqual(thumbprints(1, START), thumbprints(1, START + 86_400));
  });

  it('mints machine certificates whose facts stay but for the thumbprint', () => {
    const enterprise = createEnterprise(1, START);
    const facts = createLeaf({
      seed: 1,
      enterprise,
      kind: MACHINE_LEAF,
      device: 4,
      order: 0,
      hostName: 'ws-000004.corp.northwind.example',
      startDaySeconds: START,
      elapsedSeconds: 0,
    });
    const minted = enterprise.mintMachineCertificate(facts);
    assert.notEqual(minted.thumbprint, facts.thumbprint);
    assert.deepEqual(minted, { ...facts, thumbprint: minted.thumbprint });
    assert.deepEqual(enterprise.mintMachineCertificate(facts), minted);
  });
});
