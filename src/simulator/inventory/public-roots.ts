/**
 * The public roots of the simulated fleet: the real certificates that Node carries, read as Windows would
 * report them, and one root that is known to be bad.
 */

import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { type CertificateFacts, createName, isSameName, type SimulatedName } from './truth.ts';
import { createUsage, toKeyUsageNames, toWindowsAlgorithm } from './windows-names.ts';

/** Reads every root certificate of this Node. Costs some tens of milliseconds. */
export function loadPublicRoots(): readonly CertificateFacts[] {
  return rootCertificates.map((pem) => readCertificate(new X509Certificate(pem)));
}

/** The facts that an inventory agent reads from a real certificate. */
export function readCertificate(certificate: X509Certificate): CertificateFacts {
  const legacy = certificate.toLegacyObject();
  const subject = readName(legacy.subject);
  const issuer = readName(legacy.issuer);
  const keyUsageBits = readKeyUsageBits(certificate.raw);
  return Object.freeze({
    thumbprint: certificate.fingerprint.replaceAll(':', ''),
    serialNumber: certificate.serialNumber.toUpperCase(),
    subject,
    issuer,
    subjectType: certificate.ca ? 'CERTIFICATE_AUTHORITY' : 'END_ENTITY',
    isSelfSigned: isSameName(subject, issuer),
    signatureAlgorithm: toWindowsAlgorithm(certificate.signatureAlgorithm ?? ''),
    keySize: readKeySize(certificate),
    notBefore: certificate.validFromDate.getTime() / 1000,
    notAfter: certificate.validToDate.getTime() / 1000,
    keyUsages: keyUsageBits === null ? null : toKeyUsageNames(keyUsageBits),
    // Node's name for the extended key usages.
    extendedKeyUsages: certificate.keyUsage?.map(createUsage) ?? null,
  });
}

/**
 * The adware root that Lenovo shipped in 2014 and 2015, whose private key is public. The thumbprint is the
 * one in Chromium's block list.
 */
export function createSuperfishRoot(): CertificateFacts {
  const name = createName({
    commonName: 'Superfish, Inc.',
    organization: 'Superfish, Inc.',
    locality: 'SF',
    state: 'CA',
    country: 'US',
  });
  return Object.freeze({
    thumbprint: 'C864484869D41D2B0D32319C5A62F9315AAF2CBD',
    serialNumber: 'D2FC1387A944DCE7',
    subject: name,
    issuer: name,
    subjectType: 'CERTIFICATE_AUTHORITY',
    isSelfSigned: true,
    signatureAlgorithm: 'sha1RSA',
    keySize: 1024,
    notBefore: Date.UTC(2014, 4, 12, 16, 25, 26) / 1000,
    notAfter: Date.UTC(2034, 4, 7, 16, 25, 26) / 1000,
    keyUsages: null,
    extendedKeyUsages: null,
  });
}

/** Node gives one value of an attribute as text and several as a list. */
type LegacyName = Readonly<Record<string, string | readonly string[] | undefined>>;

function readName(name: unknown): SimulatedName {
  const attributes = name as LegacyName;
  const first = (key: string): string | null => {
    const value = attributes[key];
    return (typeof value === 'string' ? value : value?.[0]) ?? null;
  };
  return createName({
    commonName: first('CN'),
    organization: first('O'),
    organizationalUnit: first('OU'),
    locality: first('L'),
    state: first('ST'),
    country: first('C'),
  });
}

const CURVE_BITS: ReadonlyMap<string, number> = new Map([
  ['prime256v1', 256],
  ['secp384r1', 384],
  ['secp521r1', 521],
]);

function readKeySize(certificate: X509Certificate): number | null {
  const details = certificate.publicKey.asymmetricKeyDetails;
  return details?.modulusLength ?? CURVE_BITS.get(details?.namedCurve ?? '') ?? null;
}

/** OBJECT IDENTIFIER 2.5.29.15, keyUsage (RFC 5280 section 4.2.1.3), in DER. */
const KEY_USAGE_OID = Buffer.from([0x06, 0x03, 0x55, 0x1d, 0x0f]);

/**
 * The key usage bits, bit 0 being digitalSignature, or `null` without the extension. Node does not tell them,
 * and parsing a hundred certificates whole for one byte each would cost more than all the rest of a start.
 *
 *   06 03 55 1d 0f   [01 01 ff]   04 nn   03 nn unused-bits bits...
 *   extension id      critical    octets  BIT STRING, first bit highest
 */
function readKeyUsageBits(der: Buffer): number | null {
  const found = der.indexOf(KEY_USAGE_OID);
  if (found < 0) return null;
  let offset = found + KEY_USAGE_OID.length;
  if (der[offset] === 0x01) offset += 3;
  const length = der[offset + 3]! - 1;
  const bytes = der.subarray(offset + 5, offset + 5 + length);
  let bits = 0;
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    if ((bytes[bit >> 3]! & (0x80 >> (bit & 7))) !== 0) bits |= 1 << bit;
  }
  return bits;
}
