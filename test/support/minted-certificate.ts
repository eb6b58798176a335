/** A fresh self-signed certificate with its key, as PEM, put together byte by byte (X.690 DER, RFC 5280 section 4.1). */

import { generateKeyPairSync, sign } from 'node:crypto';

export interface MintedCertificate {
  readonly certificate: string;
  /** PKCS #8. */
  readonly privateKey: string;
}

const SHA256_WITH_RSA = sequence(objectIdentifier('2a864886f70d01010b'), tagged(0x05));

/** @param addresses IPv4 addresses that a TLS server with this certificate has */
export function mintCertificate(commonName: string, addresses: readonly string[] = []): MintedCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const name = sequence(
    tagged(0x31, sequence(objectIdentifier('550403'), tagged(0x0c, Buffer.from(commonName)))),
  );
  const dayMs = 86_400_000;
  const subjectAltNames = addresses.map((address) =>
    tagged(0x87, Buffer.from(address.split('.').map(Number))),
  );
  const extensions = [
    extension('551d13', sequence(tagged(0x01, Buffer.from([0xff])))),
    ...(subjectAltNames.length === 0 ? [] : [extension('551d11', sequence(...subjectAltNames))]),
  ];
  const body = sequence(
    tagged(0xa0, tagged(0x02, Buffer.from([2]))),
    tagged(0x02, Buffer.from([1])),
    SHA256_WITH_RSA,
    name,
    sequence(time(Date.now() - dayMs), time(Date.now() + dayMs)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(0xa3, sequence(...extensions)),
  );
  const signature = tagged(0x03, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const certificate = sequence(body, SHA256_WITH_RSA, signature)
    .toString('base64')
    .replace(/.{1,64}/g, '$&\n');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate}-----END CERTIFICATE-----\n`,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

function tagged(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const size = content.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function sequence(...contents: readonly Buffer[]): Buffer {
  return tagged(0x30, ...contents);
}

function objectIdentifier(hex: string): Buffer {
  return tagged(0x06, Buffer.from(hex, 'hex'));
}

function extension(hex: string, value: Buffer): Buffer {
  return sequence(objectIdentifier(hex), tagged(0x04, value));
}

function time(epochMs: number): Buffer {
  const text = new Date(epochMs).toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return tagged(0x18, Buffer.from(`${text}Z`));
}
