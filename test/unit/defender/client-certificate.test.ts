import assert from 'node:assert/strict';
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { parseClientCertificate } from '../../../src/defender/client-certificate.ts';
import { mintCertificate } from '../../support/minted-certificate.ts';

const own = mintCertificate('own');
const other = mintCertificate('other');

describe('client certificate', () => {
  it('finds key and own certificate in any order, with other certificates around', () => {
    const expected = createHash('sha256')
      .update(new X509Certificate(own.certificate).raw)
      .digest('hex')
      .toUpperCase();
    for (const pem of [
      own.certificate + own.privateKey,
      own.privateKey + own.certificate,
      other.certificate + own.privateKey + own.certificate,
    ]) {
      const parsed = parseClientCertificate(pem);
      assert.equal(parsed.thumbprintSha256, expected);
      assert.ok(createPrivateKey(parsed.privateKey).equals(createPrivateKey(own.privateKey)));
    }
  });

  const encrypted = createPrivateKey(own.privateKey)
    .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
    .toString();
  const broken = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n';
  const brokenCertificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  for (const [problem, pem] of [
    ['holds no private key', own.certificate],
    ['holds an encrypted private key', own.certificate + encrypted],
    ['holds no certificate', own.privateKey],
    ['holds no certificate that belongs to its private key', other.certificate + own.privateKey],
    ['holds a private key that cannot be read', own.certificate + broken],
    ['holds a certificate that cannot be read', brokenCertificate + own.privateKey],
  ] as const) {
    it(`says that the file ${problem}`, () => {
      assert.throws(() => parseClientCertificate(pem), {
        code: 'CONFIGURATION_INVALID',
        message: `AZURE_CLIENT_CERTIFICATE_PATH must name a PEM file with a certificate and its unencrypted private key, but the file ${problem}.`,
      });
    });
  }
});
