/**
 * Reads a wire record of the simulator back into plain values, by the published descriptions of the service
 * and nothing else: the check that truth and wire text say the same. For tests only; slow and literal.
 */

import type {
  SimulatedName,
  SimulatedRecord,
  SimulatedUsage,
} from '../../../src/simulator/inventory/truth.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The values of one record's JSON text. A record that cannot be an installation has only its reason. */
export function readWireRecord(text: string): SimulatedRecord | { malformed: string } {
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { malformed: 'NOT_AN_OBJECT' };
  const fields: Fields = Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name.toLowerCase(), member]),
  );
  if (!fields.deviceid) return { malformed: 'DEVICE_ID_MISSING' };
  if (!fields.path) return { malformed: 'PATH_MISSING' };
  if (!fields.thumbprint) return { malformed: 'THUMBPRINT_MISSING' };
  const thumbprint = String(fields.thumbprint).toUpperCase();
  if (!/^[0-9A-F]{40}$/.test(thumbprint)) return { malformed: 'THUMBPRINT_MALFORMED' };
  const subject = readName(fields.issuedto ?? fields.subjectobject);
  const issuer = readName(fields.issuedby ?? fields.issuerobject);
  return {
    deviceId: fields.deviceid as string,
    deviceName: fields.devicename as string | null,
    rbacGroupId: String(fields.rbacgroupid),
    rbacGroupName: fields.rbacgroupname as string | null,
    path: fields.path as string,
    thumbprint,
    serialNumber: String(fields.serialnumber).toUpperCase(),
    subject,
    issuer,
    subjectType: readSubjectType(fields.subjecttype),
    isSelfSigned:
      subject === null || issuer === null ? null : JSON.stringify(subject) === JSON.stringify(issuer),
    signatureAlgorithm: (fields.signaturealgorithm as string) || null,
    keySize: Number(fields.keysize ?? fields.keylength) || null,
    notBefore: readTimestamp(fields.issuedate ?? fields.notbefore),
    notAfter: readTimestamp(fields.expirationdate ?? fields.notafter),
    keyUsages: readKeyUsages(fields.keyusage ?? fields.keyusagearray),
    extendedKeyUsages: readExtendedKeyUsages(fields.extendedkeyusage ?? fields.extendedkeyusagearray),
    malformed: null,
  };
}

function readName(wire: unknown): SimulatedName | null {
  if (wire === null || wire === undefined || wire === '') return null;
  if (typeof wire === 'object') return readMembers(wire as Fields);
  const text = String(wire);
  if (text.startsWith('{')) {
    try {
      return readMembers(JSON.parse(text) as Fields);
    } catch {
      return { ...readMembers({}), text };
    }
  }
  return { ...readMembers(readAttributes(text)), text };
}

function readMembers(members: Fields): SimulatedName {
  const part = (key: string): string | null => (members[key] as string | undefined) ?? null;
  return {
    commonName: part('CommonName'),
    organization: part('Organization'),
    organizationalUnit: part('OrganizationalUnit'),
    locality: part('Locality'),
    state: part('State'),
    country: part('CountryName'),
    text: null,
  };
}

const ATTRIBUTES: Readonly<Record<string, string>> = {
  CN: 'CommonName',
  O: 'Organization',
  OU: 'OrganizationalUnit',
  L: 'Locality',
  S: 'State',
  C: 'CountryName',
};

function readAttributes(text: string): Fields {
  const members: Record<string, string> = {};
  for (const [, type, quoted, plain] of text.matchAll(/(\w+)=(?:"((?:[^"]|"")*)"|([^,]*))(?:, |$)/g)) {
    members[ATTRIBUTES[type!]!] = quoted?.replaceAll('""', '"') ?? plain!;
  }
  return members;
}

function readSubjectType(wire: unknown): SimulatedRecord['subjectType'] {
  if (wire === 'CA') return 'CERTIFICATE_AUTHORITY';
  return wire === 'End Entity' ? 'END_ENTITY' : null;
}

function readTimestamp(wire: unknown): number | null {
  const text = String(wire);
  if (text.startsWith('0001-')) return null;
  return Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`) / 1000;
}

function readTexts(wire: unknown): string[] | null {
  if (wire === null || wire === undefined || wire === '') return null;
  if (Array.isArray(wire)) return wire as string[];
  const text = String(wire);
  if (text.startsWith('[')) return JSON.parse(text) as string[];
  return text === 'None' ? [] : text.split(', ');
}

const KEY_USAGE_TEXTS: Readonly<Record<string, string>> = {
  'digital signature': 'digitalSignature',
  'non-repudiation': 'nonRepudiation',
  'key encipherment': 'keyEncipherment',
  'data encipherment': 'dataEncipherment',
  'key agreement': 'keyAgreement',
  'certificate signing': 'keyCertSign',
  'off-line crl signing': 'cRLSign',
  'crl signing': 'cRLSign',
  digitalsignature: 'digitalSignature',
  nonrepudiation: 'nonRepudiation',
  keyencipherment: 'keyEncipherment',
  dataencipherment: 'dataEncipherment',
  keyagreement: 'keyAgreement',
  keycertsign: 'keyCertSign',
  crlsign: 'cRLSign',
};

function readKeyUsages(wire: unknown): readonly string[] | null {
  const texts = readTexts(wire);
  return texts && [...new Set(texts.map((text) => KEY_USAGE_TEXTS[text.toLowerCase()] ?? text))];
}

const USAGE_NAMES: readonly (readonly [oid: string, name: string])[] = [
  ['1.3.6.1.5.5.7.3.1', 'Server Authentication'],
  ['1.3.6.1.5.5.7.3.2', 'Client Authentication'],
  ['1.3.6.1.5.5.7.3.3', 'Code Signing'],
  ['1.3.6.1.5.5.8.2.2', 'IP security IKE intermediate'],
  ['1.3.6.1.4.1.311.10.3.4', 'Encrypting File System'],
];

function readExtendedKeyUsages(wire: unknown): readonly SimulatedUsage[] | null {
  return (
    readTexts(wire)?.map((text) => {
      const [, name, bracketed] = /^(.*) \(([\d.]+)\)$/.exec(text) ?? [];
      if (bracketed !== undefined) return { oid: bracketed, name: name! };
      const known = USAGE_NAMES.find((usage) => usage.includes(text));
      if (known !== undefined) return { oid: known[0], name: known[1] };
      return { oid: /^[\d.]+$/.test(text) ? text : null, name: text };
    }) ?? null
  );
}
