/**
 * Key usages (RFC 5280 section 4.2.1.3) and extended key usages (section 4.2.1.12 and Microsoft's arc):
 * the canonical form of what Windows, .NET, OpenSSL and people write. Unknown text is kept as it came.
 */

/** An extended key usage: its OID when known, and a name that is always there. */
export interface ExtendedKeyUsage {
  readonly oid: string | null;
  readonly name: string;
}

/** RFC 5280 names in bit order, with the other spellings that mean the same, folded by {@link foldUsage}. */
const KEY_USAGES: readonly (readonly [name: string, ...spellings: string[]])[] = [
  ['digitalSignature'],
  ['nonRepudiation', 'contentcommitment', 'repudiation'],
  ['keyEncipherment'],
  ['dataEncipherment'],
  ['keyAgreement'],
  ['keyCertSign', 'certificatesigning', 'certsign', 'certificatesign', 'keycertificatesign'],
  ['cRLSign', 'crlsigning', 'offlinecrlsigning'],
  ['encipherOnly'],
  ['decipherOnly'],
];

/** OID, Windows friendly name, RFC 5280 or other name. */
const EXTENDED_KEY_USAGES: readonly (readonly [oid: string, name: string, ...spellings: string[]])[] = [
  ['1.3.6.1.5.5.7.3.1', 'Server Authentication', 'serverAuth', 'TLS Web Server Authentication'],
  ['1.3.6.1.5.5.7.3.2', 'Client Authentication', 'clientAuth', 'TLS Web Client Authentication'],
  ['1.3.6.1.5.5.7.3.3', 'Code Signing', 'codeSigning'],
  ['1.3.6.1.5.5.7.3.4', 'Secure Email', 'emailProtection', 'E-mail Protection'],
  ['1.3.6.1.5.5.7.3.5', 'IP security end system', 'ipsecEndSystem'],
  ['1.3.6.1.5.5.7.3.6', 'IP security tunnel termination', 'ipsecTunnel'],
  ['1.3.6.1.5.5.7.3.7', 'IP security user', 'ipsecUser'],
  ['1.3.6.1.5.5.7.3.8', 'Time Stamping', 'timeStamping'],
  ['1.3.6.1.5.5.7.3.9', 'OCSP Signing', 'OCSPSigning'],
  ['2.5.29.37.0', 'Any Purpose', 'anyExtendedKeyUsage', 'Any Extended Key Usage'],
  ['1.3.6.1.5.5.8.2.2', 'IP security IKE intermediate', 'ipsecIKE'],
  ['1.3.6.1.5.2.3.5', 'KDC Authentication', 'pkInitKDC'],
  ['1.3.6.1.4.1.311.10.3.1', 'Microsoft Trust List Signing', 'msCTLSign'],
  ['1.3.6.1.4.1.311.10.3.4', 'Encrypting File System', 'msEFS'],
  ['1.3.6.1.4.1.311.10.3.4.1', 'File Recovery'],
  ['1.3.6.1.4.1.311.10.3.5', 'Windows Hardware Driver Verification'],
  ['1.3.6.1.4.1.311.10.3.6', 'Windows System Component Verification'],
  ['1.3.6.1.4.1.311.10.3.8', 'Embedded Windows System Component Verification'],
  ['1.3.6.1.4.1.311.10.3.11', 'Key Recovery'],
  ['1.3.6.1.4.1.311.10.3.12', 'Document Signing'],
  ['1.3.6.1.4.1.311.10.3.13', 'Lifetime Signing'],
  ['1.3.6.1.4.1.311.10.5.1', 'Digital Rights'],
  ['1.3.6.1.4.1.311.10.12.1', 'Any Application Policy'],
  ['1.3.6.1.4.1.311.20.2.1', 'Certificate Request Agent', 'Enrollment Agent'],
  ['1.3.6.1.4.1.311.20.2.2', 'Smart Card Logon', 'msSmartcardLogin'],
  ['1.3.6.1.4.1.311.21.5', 'Private Key Archival', 'CA Exchange'],
  ['1.3.6.1.4.1.311.21.6', 'Key Recovery Agent'],
  ['1.3.6.1.4.1.311.21.19', 'Directory Service Email Replication'],
  ['1.3.6.1.4.1.311.54.1.2', 'Remote Desktop Authentication'],
  ['1.3.6.1.4.1.311.61.1.1', 'Kernel Mode Code Signing'],
  ['1.3.6.1.4.1.311.67.1.1', 'BitLocker Drive Encryption'],
  ['1.3.6.1.4.1.311.80.1', 'Document Encryption'],
];

const KEY_USAGE_OF: ReadonlyMap<string, string> = new Map(
  KEY_USAGES.flatMap(([name, ...spellings]) => [name, ...spellings].map((text) => [foldUsage(text), name])),
);

const EXTENDED_KEY_USAGE_OF: ReadonlyMap<string, ExtendedKeyUsage> = new Map(
  EXTENDED_KEY_USAGES.flatMap(([oid, name, ...spellings]) => {
    const usage: ExtendedKeyUsage = Object.freeze({ oid, name });
    return [oid, foldUsage(name), ...spellings.map(foldUsage)].map((text) => [text, usage] as const);
  }),
);

const OID = /^\d+(?:\.\d+)+$/;
const NAME_WITH_OID = /^(.*?)\s*[([]\s*(?:oid[.:=]?\s*)?(\d+(?:\.\d+)+)\s*[)\]]$/i;

/**
 * The RFC 5280 name of a key usage (`Digital Signature`, `DigitalSignature`, `digitalSignature (80)` →
 * `digitalSignature`); text that is not known is returned as it came, trimmed.
 */
export function toKeyUsage(text: string): string {
  const trimmed = text.trim();
  return KEY_USAGE_OF.get(foldUsage(trimmed.replace(/\s*\([0-9a-f]{2}\)$/i, ''))) ?? trimmed;
}

/**
 * The extended key usage that a text means: an OID, a Windows friendly name, an RFC 5280 name, or
 * `name (OID)`. Of an unknown OID the text is the name; of an unknown text the OID is `null`.
 */
export function toExtendedKeyUsage(text: string): ExtendedKeyUsage {
  const trimmed = text.trim();
  const known = EXTENDED_KEY_USAGE_OF.get(foldUsage(trimmed));
  if (known !== undefined) return known;
  const bare = trimmed.replace(/^oid[.:=]\s*/i, '');
  if (OID.test(bare)) return EXTENDED_KEY_USAGE_OF.get(bare) ?? { oid: bare, name: bare };
  const named = NAME_WITH_OID.exec(trimmed);
  if (named === null) return { oid: null, name: trimmed };
  const oid = named[2] as string;
  return EXTENDED_KEY_USAGE_OF.get(oid) ?? { oid, name: named[1] || oid };
}

/** Spellings meet without case, spaces, hyphens and underscores; digits and dots of OIDs stay. */
function foldUsage(text: string): string {
  return text.toLowerCase().replace(/[\s_-]/g, '');
}
