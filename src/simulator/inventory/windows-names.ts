/**
 * How Windows names algorithms and usages in its certificate dialogs, which is what Defender's agents report.
 * Sources: the OID registrations behind CryptFindOIDInfo, RFC 5280 sections 4.2.1.3 and 4.2.1.12.
 */

import type { SimulatedUsage } from './truth.ts';

const ALGORITHM_OF_OPENSSL_NAME: ReadonlyMap<string, string> = new Map([
  ['md5WithRSAEncryption', 'md5RSA'],
  ['sha1WithRSAEncryption', 'sha1RSA'],
  ['sha256WithRSAEncryption', 'sha256RSA'],
  ['sha384WithRSAEncryption', 'sha384RSA'],
  ['sha512WithRSAEncryption', 'sha512RSA'],
  ['rsassaPss', 'RSASSA-PSS'],
  ['ecdsa-with-SHA1', 'sha1ECDSA'],
  ['ecdsa-with-SHA256', 'sha256ECDSA'],
  ['ecdsa-with-SHA384', 'sha384ECDSA'],
  ['ecdsa-with-SHA512', 'sha512ECDSA'],
]);

/** The Windows name of a signature algorithm that OpenSSL names; an unknown name stays as it is. */
export function toWindowsAlgorithm(opensslName: string): string {
  return ALGORITHM_OF_OPENSSL_NAME.get(opensslName) ?? opensslName;
}

/** Key usages in bit order: RFC 5280 name, Windows text, .NET flag name, bit of the DER bit string. */
export const KEY_USAGES = [
  { name: 'digitalSignature', windows: 'Digital Signature', dotnet: 'DigitalSignature' },
  { name: 'nonRepudiation', windows: 'Non-Repudiation', dotnet: 'NonRepudiation' },
  { name: 'keyEncipherment', windows: 'Key Encipherment', dotnet: 'KeyEncipherment' },
  { name: 'dataEncipherment', windows: 'Data Encipherment', dotnet: 'DataEncipherment' },
  { name: 'keyAgreement', windows: 'Key Agreement', dotnet: 'KeyAgreement' },
  { name: 'keyCertSign', windows: 'Certificate Signing', dotnet: 'KeyCertSign' },
  // Windows prints this one bit as two phrases.
  { name: 'cRLSign', windows: 'Off-line CRL Signing, CRL Signing', dotnet: 'CrlSign' },
  { name: 'encipherOnly', windows: 'Encipher Only', dotnet: 'EncipherOnly' },
  { name: 'decipherOnly', windows: 'Decipher Only', dotnet: 'DecipherOnly' },
] as const;

const KEY_USAGE_OF_NAME: ReadonlyMap<string, (typeof KEY_USAGES)[number]> = new Map(
  KEY_USAGES.map((usage) => [usage.name, usage]),
);

/** The Windows phrases of an RFC 5280 key usage name. */
export function toWindowsKeyUsages(name: string): readonly string[] {
  return (KEY_USAGE_OF_NAME.get(name)?.windows ?? name).split(', ');
}

/** The .NET flag name of an RFC 5280 key usage name. */
export function toDotnetKeyUsage(name: string): string {
  return KEY_USAGE_OF_NAME.get(name)?.dotnet ?? name;
}

/** The RFC 5280 names of a key usage bit field whose bit 0 is digitalSignature. */
export function toKeyUsageNames(bits: number): readonly string[] {
  return KEY_USAGES.filter((_, bit) => (bits & (1 << bit)) !== 0).map((usage) => usage.name);
}

const USAGE_NAME_OF_OID: ReadonlyMap<string, string> = new Map([
  ['1.3.6.1.5.5.7.3.1', 'Server Authentication'],
  ['1.3.6.1.5.5.7.3.2', 'Client Authentication'],
  ['1.3.6.1.5.5.7.3.3', 'Code Signing'],
  ['1.3.6.1.5.5.7.3.4', 'Secure Email'],
  ['1.3.6.1.5.5.7.3.8', 'Time Stamping'],
  ['1.3.6.1.5.5.8.2.2', 'IP security IKE intermediate'],
  ['1.3.6.1.5.2.3.5', 'KDC Authentication'],
  ['1.3.6.1.4.1.311.10.3.4', 'Encrypting File System'],
  ['1.3.6.1.4.1.311.20.2.2', 'Smart Card Logon'],
  ['1.3.6.1.4.1.311.54.1.2', 'Remote Desktop Authentication'],
]);

/** An extended key usage of an OID; one without a Windows name is named by the OID itself. */
export function createUsage(oid: string): SimulatedUsage {
  return Object.freeze({ oid, name: USAGE_NAME_OF_OID.get(oid) ?? oid });
}
