/**
 * The certificate part of a wire record as JSON text, in any spelling and any of the forms that a value has
 * been seen in. The text of a part is built once per spelling and kept on the part, so that a root that is on
 * every device costs one encoding.
 */

import { WIRE_COLUMNS, type WireSpelling } from './spelling.ts';
import type { CertificateFacts, SimulatedName, SimulatedUsage } from './truth.ts';
import { toDotnetKeyUsage, toWindowsKeyUsages } from './windows-names.ts';

/** How the values of one certificate are written; what is left out is written as its spelling usually does. */
export interface WireForm {
  /** Usual: an object in `legacy`, a JSON document in a string otherwise. */
  readonly names?: 'object' | 'json' | 'text' | 'empty';
  /** Usual: a list in `legacy`, else a comma-separated string; Windows text with the OID in brackets. */
  readonly usages?: 'list' | 'text' | 'jsonList' | 'oids' | 'dotnet';
  /** Usual: ISO 8601 to the second with Z. */
  readonly timestamps?: 'isoFraction' | 'space' | 'spaceFraction';
  readonly keySizeAsText?: boolean;
  readonly lowerCaseThumbprint?: boolean;
  /** Text in place of "CA" and "End Entity". */
  readonly subjectType?: string;
}

/** A certificate as some records report it: the truth of those records and how they write it. */
export interface WireCertificate {
  readonly facts: CertificateFacts;
  readonly form: WireForm;
  readonly parts: Partial<Record<WireSpelling, string>>;
}

const USUAL_FORM: WireForm = Object.freeze({});

/** Pairs a truth with the way it is written. */
export function createWireCertificate(facts: CertificateFacts, form: WireForm = USUAL_FORM): WireCertificate {
  return { facts, form, parts: {} };
}

/** `"thumbprint":"…",…,"extendedKeyUsage":"…"`: the JSON members of the certificate, without braces. */
export function getCertificatePart(certificate: WireCertificate, spelling: WireSpelling): string {
  certificate.parts[spelling] ??= encodeCertificatePart(certificate, spelling);
  return certificate.parts[spelling];
}

function encodeCertificatePart({ facts, form }: WireCertificate, spelling: WireSpelling): string {
  const columns = WIRE_COLUMNS[spelling];
  const keySize = facts.keySize ?? 0;
  const members: [column: string, json: string][] = [
    [columns.thumbprint, quote(form.lowerCaseThumbprint ? facts.thumbprint.toLowerCase() : facts.thumbprint)],
    [columns.signatureAlgorithm, quote(facts.signatureAlgorithm ?? '')],
    [columns.keySize, form.keySizeAsText ? quote(String(keySize)) : String(keySize)],
    [columns.notAfter, quote(toTimestamp(facts.notAfter, form))],
    [columns.notBefore, quote(toTimestamp(facts.notBefore, form))],
    [columns.subjectType, encodeSubjectType(facts, form)],
    [columns.serialNumber, JSON.stringify(facts.serialNumber)],
    [columns.subject, encodeName(facts.subject, form, spelling)],
    [columns.issuer, encodeName(facts.issuer, form, spelling)],
    [
      columns.keyUsage,
      encodeUsages(facts.keyUsages && toKeyUsageTexts(facts.keyUsages, form), form, spelling),
    ],
    [
      columns.extendedKeyUsage,
      encodeUsages(facts.extendedKeyUsages && toExtendedTexts(facts.extendedKeyUsages, form), form, spelling),
    ],
  ];
  if (spelling === 'legacy') members.push(['isSelfSigned', String(facts.isSelfSigned === true)]);
  return members.map(([column, json]) => `"${column}":${json}`).join(',');
}

/** Every value that goes through here is ASCII without quotes and backslashes. */
function quote(text: string): string {
  return `"${text}"`;
}

function encodeSubjectType(facts: CertificateFacts, form: WireForm): string {
  if (form.subjectType !== undefined) return quote(form.subjectType);
  if (facts.subjectType === null) return 'null';
  return facts.subjectType === 'CERTIFICATE_AUTHORITY' ? '"CA"' : '"End Entity"';
}

/** The service's columns are not nullable: year 1 stands for a date that is not known. */
const UNKNOWN_DATE = '0001-01-01T00:00:00';

function toTimestamp(epochSeconds: number | null, form: WireForm): string {
  const iso = epochSeconds === null ? UNKNOWN_DATE : new Date(epochSeconds * 1000).toISOString().slice(0, 19);
  switch (form.timestamps) {
    case 'isoFraction':
      return `${iso}.0000000Z`;
    case 'space':
      return iso.replace('T', ' ');
    case 'spaceFraction':
      return `${iso.replace('T', ' ')}.0000000`;
    default:
      return `${iso}Z`;
  }
}

function encodeName(name: SimulatedName | null, form: WireForm, spelling: WireSpelling): string {
  if (name === null) return form.names === 'empty' ? '""' : 'null';
  if (name.text !== null) return JSON.stringify(name.text);
  const json = JSON.stringify(toNameMembers(name));
  const asObject = form.names === 'object' || (form.names === undefined && spelling === 'legacy');
  return asObject ? json : JSON.stringify(json);
}

/** The keys that hunting queries read: CommonName, Organization, CountryName; the others by analogy. */
function toNameMembers(name: SimulatedName): Record<string, string> {
  const members: [key: string, value: string | null][] = [
    ['CommonName', name.commonName],
    ['Organization', name.organization],
    ['OrganizationalUnit', name.organizationalUnit],
    ['Locality', name.locality],
    ['State', name.state],
    ['CountryName', name.country],
  ];
  return Object.fromEntries(members.filter((member): member is [string, string] => member[1] !== null));
}

function toKeyUsageTexts(names: readonly string[], form: WireForm): readonly string[] {
  return form.usages === 'dotnet' ? names.map(toDotnetKeyUsage) : names.flatMap(toWindowsKeyUsages);
}

function toExtendedTexts(usages: readonly SimulatedUsage[], form: WireForm): readonly string[] {
  return usages.map(({ oid, name }) => {
    if (oid === null || form.usages === 'dotnet') return name;
    return form.usages === 'oids' || oid === name ? oid : `${name} (${oid})`;
  });
}

function encodeUsages(texts: readonly string[] | null, form: WireForm, spelling: WireSpelling): string {
  const asList = form.usages === 'list' || (form.usages === undefined && spelling === 'legacy');
  if (texts === null) return asList ? 'null' : '""';
  if (form.usages === 'jsonList') return JSON.stringify(JSON.stringify(texts));
  if (texts.length === 0) return asList ? '[]' : '"None"';
  return asList ? JSON.stringify(texts) : JSON.stringify(texts.join(', '));
}

/** The text of a name in the form of Windows' certificate dialogs, values with separators quoted. */
export function toWindowsNameText(name: SimulatedName): string {
  const attributes: [type: string, value: string | null][] = [
    ['CN', name.commonName],
    ['OU', name.organizationalUnit],
    ['O', name.organization],
    ['L', name.locality],
    ['S', name.state],
    ['C', name.country],
  ];
  return attributes
    .filter((attribute): attribute is [string, string] => attribute[1] !== null)
    .map(([type, value]) => `${type}=${/[,+"<>;=]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value}`)
    .join(', ');
}
