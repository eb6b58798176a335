/**
 * Mints real X.509 certificates with fixed keys. The same request gives the same bytes, thus the same
 * thumbprint: signatures are RSASSA-PKCS1-v1_5 (RFC 8017 section 8.2), which has no random part.
 */

import {
  createHash,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  KeyIdentifier,
  KeyUsage,
  Name,
  RelativeDistinguishedName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import type { SimulatedName } from './truth.ts';
import { KEY_USAGES } from './windows-names.ts';

/** A subject key pair, with the identifier that its certificates carry (RFC 5280 section 4.2.1.2, method 1). */
export interface MintingKey {
  readonly privateKey: KeyObject;
  readonly publicKeyInfo: SubjectPublicKeyInfo;
  readonly identifier: ArrayBuffer;
}

/** What to mint. */
export interface MintingRequest {
  readonly subject: SimulatedName;
  readonly subjectKey: MintingKey;
  readonly issuer: SimulatedName;
  readonly issuerKey: MintingKey;
  /** Upper-case hex; the first digit below 8, so that it is a positive DER integer without padding. */
  readonly serialNumber: string;
  /** Epoch seconds. */
  readonly notBefore: number;
  readonly notAfter: number;
  readonly isAuthority: boolean;
  /** RFC 5280 names. */
  readonly keyUsages: readonly string[];
  /** OIDs; none leaves the extension out. */
  readonly extendedKeyUsages: readonly string[];
}

const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';

/** Reads a PKCS #8 key in base64. */
export function createMintingKey(pkcs8Base64: string): MintingKey {
  const privateKey = createPrivateKey({
    key: Buffer.from(pkcs8Base64, 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKeyInfo = AsnConvert.parse(
    createPublicKey(privateKey).export({ format: 'der', type: 'spki' }),
    SubjectPublicKeyInfo,
  );
  const identifier = createHash('sha1').update(Buffer.from(publicKeyInfo.subjectPublicKey)).digest();
  return { privateKey, publicKeyInfo, identifier: toArrayBuffer(identifier) };
}

/** Mints and signs; about a millisecond for a 2048-bit issuer key. */
export function mintCertificate(request: MintingRequest): X509Certificate {
  const algorithm = new AlgorithmIdentifier({ algorithm: SHA256_WITH_RSA, parameters: null });
  const body = new TBSCertificate({
    version: Version.v3,
    serialNumber: toArrayBuffer(Buffer.from(request.serialNumber, 'hex')),
    signature: algorithm,
    issuer: toAsnName(request.issuer),
    validity: new Validity({
      notBefore: new Date(request.notBefore * 1000),
      notAfter: new Date(request.notAfter * 1000),
    }),
    subject: toAsnName(request.subject),
    subjectPublicKeyInfo: request.subjectKey.publicKeyInfo,
    extensions: new Extensions(toExtensions(request)),
  });
  const signature = sign('sha256', Buffer.from(AsnConvert.serialize(body)), request.issuerKey.privateKey);
  const certificate = new Certificate({
    tbsCertificate: body,
    signatureAlgorithm: algorithm,
    signatureValue: toArrayBuffer(signature),
  });
  return new X509Certificate(Buffer.from(AsnConvert.serialize(certificate)));
}

function toExtensions(request: MintingRequest): Extension[] {
  const extensions = [
    toExtension(
      id_ce_basicConstraints,
      request.isAuthority,
      new BasicConstraints(request.isAuthority ? { cA: true } : {}),
    ),
    toExtension(id_ce_keyUsage, true, toKeyUsage(request.keyUsages)),
    toExtension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(request.subjectKey.identifier)),
    toExtension(
      id_ce_authorityKeyIdentifier,
      false,
      new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(request.issuerKey.identifier) }),
    ),
  ];
  if (request.extendedKeyUsages.length > 0) {
    extensions.push(
      toExtension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([...request.extendedKeyUsages])),
    );
  }
  return extensions;
}

function toExtension(oid: string, critical: boolean, value: unknown): Extension {
  return new Extension({ extnID: oid, critical, extnValue: new OctetString(AsnConvert.serialize(value)) });
}

function toKeyUsage(names: readonly string[]): KeyUsage {
  const usage = new KeyUsage();
  usage.fromNumber(
    KEY_USAGES.reduce((bits, { name }, bit) => (names.includes(name) ? bits | (1 << bit) : bits), 0),
  );
  return usage;
}

/** Attribute types of RFC 4519, from the most general to the most specific, as in a DER name. */
const ATTRIBUTE_OIDS = [
  ['country', '2.5.4.6'],
  ['state', '2.5.4.8'],
  ['locality', '2.5.4.7'],
  ['organization', '2.5.4.10'],
  ['organizationalUnit', '2.5.4.11'],
  ['commonName', '2.5.4.3'],
] as const;

function toAsnName(name: SimulatedName): Name {
  return new Name(
    ATTRIBUTE_OIDS.flatMap(([part, type]) => {
      const text = name[part];
      if (text === null) return [];
      const value = new AttributeValue(part === 'country' ? { printableString: text } : { utf8String: text });
      return [new RelativeDistinguishedName([new AttributeTypeAndValue({ type, value })])];
    }),
  );
}

function toArrayBuffer(bytes: Buffer): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
