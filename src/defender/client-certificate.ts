/**
 * The certificate credential: one PEM file that holds the application's certificate and its private key,
 * in any order, with or without the chain.
 */

import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { GatewayError } from '../core/errors.ts';

export interface ClientCertificate {
  /** PKCS #8 PEM. Secret. */
  readonly privateKey: string;
  /** SHA-256 over the certificate, 64 upper-case hex digits. */
  readonly thumbprintSha256: string;
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;
const PRIVATE_KEY =
  /-----BEGIN (?:(?:RSA|EC|ENCRYPTED) )?PRIVATE KEY-----[\s\S]+?-----END (?:(?:RSA|EC|ENCRYPTED) )?PRIVATE KEY-----/;

/** Reads the PEM text. Throws `CONFIGURATION_INVALID` that says what the file lacks, and never quotes it. */
export function parseClientCertificate(pem: string): ClientCertificate {
  const keyText = PRIVATE_KEY.exec(pem)?.[0];
  if (keyText === undefined) throw unusable('holds no private key');
  if (keyText.includes('ENCRYPTED')) throw unusable('holds an encrypted private key');
  const certificates = pem.match(CERTIFICATE) ?? [];
  if (certificates.length === 0) throw unusable('holds no certificate');
  const key = readKey(keyText);
  const own = certificates.map(readCertificate).find((certificate) => certificate.checkPrivateKey(key));
  if (own === undefined) throw unusable('holds no certificate that belongs to its private key');
  return {
    privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
    thumbprintSha256: own.fingerprint256.replaceAll(':', ''),
  };
}

function readKey(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    throw unusable('holds a private key that cannot be read');
  }
}

function readCertificate(text: string): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch {
    throw unusable('holds a certificate that cannot be read');
  }
}

function unusable(problem: string): GatewayError {
  return new GatewayError(
    'CONFIGURATION_INVALID',
    `AZURE_CLIENT_CERTIFICATE_PATH must name a PEM file with a certificate and its unencrypted private key, but the file ${problem}.`,
  );
}
