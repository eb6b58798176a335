/**
 * The filters of the graph, read literally: each input object of the schema against the plain objects of the truth.
 * It knows nothing of how the gateway reads a filter.
 */

import type { TrueCertificate, TrueDevice, TrueInstallation, TrueName } from './simulated-truth.ts';

type Maybe<Value> = Value | null;

export interface TextFilter {
  readonly eq?: Maybe<string>;
  readonly ne?: Maybe<string>;
  readonly in?: readonly string[];
  readonly notIn?: readonly string[];
  readonly contains?: Maybe<string>;
  readonly startsWith?: string;
  readonly endsWith?: string;
  readonly isNull?: boolean;
}

export interface NumberFilter {
  readonly eq?: Maybe<number>;
  readonly ne?: Maybe<number>;
  readonly in?: readonly number[];
  readonly gt?: number;
  readonly gte?: number;
  readonly lt?: number;
  readonly lte?: number;
  readonly isNull?: boolean;
}

export interface TimeFilter {
  readonly eq?: string;
  readonly gt?: string;
  readonly gte?: string;
  readonly lt?: string;
  readonly lte?: string;
  readonly isNull?: boolean;
}

export interface ListFilter {
  readonly has?: string;
  readonly hasAny?: readonly string[];
  readonly hasAll?: readonly string[];
  readonly isEmpty?: boolean;
  readonly isNull?: boolean;
}

export interface NameFilter {
  readonly text?: TextFilter;
  readonly displayName?: TextFilter;
  readonly commonName?: TextFilter;
  readonly organization?: TextFilter;
  readonly organizationalUnit?: TextFilter;
  readonly locality?: TextFilter;
  readonly state?: TextFilter;
  readonly country?: TextFilter;
  readonly isNull?: boolean;
}

export interface CertificateFilter {
  readonly and?: readonly CertificateFilter[];
  readonly or?: readonly CertificateFilter[];
  readonly not?: CertificateFilter;
  readonly thumbprint?: TextFilter;
  readonly serialNumber?: TextFilter;
  readonly signatureAlgorithm?: TextFilter;
  readonly keySize?: NumberFilter;
  readonly lifetimeDays?: NumberFilter;
  readonly deviceCount?: NumberFilter;
  readonly installationCount?: NumberFilter;
  readonly subject?: NameFilter;
  readonly issuer?: NameFilter;
  readonly subjectType?: { readonly in?: readonly string[]; readonly isNull?: boolean };
  readonly isSelfSigned?: { readonly eq?: boolean; readonly isNull?: boolean };
  readonly notBefore?: TimeFilter;
  readonly notAfter?: TimeFilter;
  /** `at` is always given: the truth has no now. */
  readonly validity?: {
    readonly in?: readonly string[];
    readonly expiresWithinDays?: number;
    readonly at: string;
  };
  readonly keyUsages?: ListFilter;
  readonly extendedKeyUsages?: ListFilter;
  readonly installations?: Quantifier;
}

export interface DeviceFilter {
  readonly and?: readonly DeviceFilter[];
  readonly or?: readonly DeviceFilter[];
  readonly not?: DeviceFilter;
  readonly deviceId?: TextFilter;
  readonly name?: TextFilter;
  readonly rbacGroup?: {
    readonly rbacGroupId?: TextFilter;
    readonly name?: TextFilter;
    readonly isNull?: boolean;
  };
  readonly certificateCount?: NumberFilter;
  readonly installationCount?: NumberFilter;
  readonly installations?: Quantifier;
}

export interface InstallationFilter {
  readonly and?: readonly InstallationFilter[];
  readonly or?: readonly InstallationFilter[];
  readonly not?: InstallationFilter;
  readonly path?: TextFilter;
  readonly storeName?: TextFilter;
  readonly storeLocation?: TextFilter;
  readonly certificate?: CertificateFilter;
  readonly device?: DeviceFilter;
}

export interface Quantifier {
  readonly some?: InstallationFilter;
  readonly none?: InstallationFilter;
}

export function isTrueOfCertificate(filter: CertificateFilter, certificate: TrueCertificate): boolean {
  const { thumbprint, serialNumber, installations, devices } = certificate;
  return (
    holdsLogically(filter, (inner) => isTrueOfCertificate(inner, certificate)) &&
    holdsText(filter.thumbprint, thumbprint, toHexDigits) &&
    holdsText(filter.serialNumber, serialNumber, toSerialDigits) &&
    holdsText(filter.signatureAlgorithm, certificate.signatureAlgorithm) &&
    holdsNumber(filter.keySize, certificate.keySize) &&
    holdsNumber(filter.lifetimeDays, certificate.lifetimeDays) &&
    holdsNumber(filter.deviceCount, devices.length) &&
    holdsNumber(filter.installationCount, installations.length) &&
    holdsName(filter.subject, certificate.subject) &&
    holdsName(filter.issuer, certificate.issuer) &&
    holdsSubjectType(filter.subjectType, certificate.subjectType) &&
    holdsBoolean(filter.isSelfSigned, certificate.isSelfSigned) &&
    holdsTime(filter.notBefore, certificate.notBefore) &&
    holdsTime(filter.notAfter, certificate.notAfter) &&
    holdsValidity(filter.validity, certificate) &&
    holdsList(filter.keyUsages, certificate.keyUsages?.map((name) => [name]) ?? null) &&
    holdsList(
      filter.extendedKeyUsages,
      certificate.extendedKeyUsages?.map(({ oid, name }) => [oid ?? name, name]) ?? null,
    ) &&
    holdsQuantifier(filter.installations, installations)
  );
}

export function isTrueOfDevice(filter: DeviceFilter, device: TrueDevice): boolean {
  const { rbacGroup: group } = device;
  return (
    holdsLogically(filter, (inner) => isTrueOfDevice(inner, device)) &&
    holdsText(filter.deviceId, device.deviceId) &&
    holdsText(filter.name, device.name) &&
    holdsText(filter.rbacGroup?.rbacGroupId, group?.rbacGroupId ?? null) &&
    holdsText(filter.rbacGroup?.name, group?.name ?? null) &&
    (filter.rbacGroup?.isNull === undefined || (group === null) === filter.rbacGroup.isNull) &&
    holdsNumber(filter.certificateCount, device.certificates.length) &&
    holdsNumber(filter.installationCount, device.installations.length) &&
    holdsQuantifier(filter.installations, device.installations)
  );
}

export function isTrueOfInstallation(filter: InstallationFilter, installation: TrueInstallation): boolean {
  return (
    holdsLogically(filter, (inner) => isTrueOfInstallation(inner, installation)) &&
    holdsText(filter.path, installation.path) &&
    holdsText(filter.storeName, installation.storeName) &&
    holdsText(filter.storeLocation, installation.storeLocation) &&
    (filter.certificate === undefined || isTrueOfCertificate(filter.certificate, installation.certificate)) &&
    (filter.device === undefined || isTrueOfDevice(filter.device, installation.device))
  );
}

function holdsLogically<Filter>(
  filter: { readonly and?: readonly Filter[]; readonly or?: readonly Filter[]; readonly not?: Filter },
  isTrue: (filter: Filter) => boolean,
): boolean {
  return (
    (filter.and?.every(isTrue) ?? true) &&
    (filter.or?.some(isTrue) ?? true) &&
    (filter.not === undefined || !isTrue(filter.not))
  );
}

function holdsQuantifier(
  filter: Quantifier | undefined,
  installations: readonly TrueInstallation[],
): boolean {
  const { some, none } = filter ?? {};
  return (
    (some === undefined || installations.some((installation) => isTrueOfInstallation(some, installation))) &&
    (none === undefined || !installations.some((installation) => isTrueOfInstallation(none, installation)))
  );
}

const toLower = (text: string): string => text.toLowerCase();
const toHexDigits = (text: string): string => text.replace(/[^0-9a-z]/gi, '').toLowerCase();
const toSerialDigits = (text: string): string =>
  toHexDigits(text)
    .replace(/^0x/, '')
    .replace(/^0+(?!$)/, '');

function holdsText(
  filter: TextFilter | undefined,
  value: string | null,
  normalize: (text: string) => string = toLower,
): boolean {
  if (filter === undefined) return true;
  const { eq, ne, in: oneOf, notIn, contains, startsWith, endsWith, isNull } = filter;
  const text = value === null ? null : normalize(value);
  const isOneOf = (operands: readonly string[]): boolean =>
    text !== null && operands.map(normalize).includes(text);
  return (
    (eq == null || isOneOf([eq])) &&
    (ne == null || !isOneOf([ne])) &&
    (oneOf === undefined || isOneOf(oneOf)) &&
    (notIn === undefined || !isOneOf(notIn)) &&
    (contains == null || (text?.includes(normalize(contains)) ?? false)) &&
    (startsWith === undefined || (text?.startsWith(normalize(startsWith)) ?? false)) &&
    (endsWith === undefined || (text?.endsWith(normalize(endsWith)) ?? false)) &&
    (isNull === undefined || (text === null) === isNull)
  );
}

function holdsNumber(filter: NumberFilter | undefined, value: number | null): boolean {
  if (filter === undefined) return true;
  const { eq, ne, in: oneOf, gt, gte, lt, lte, isNull } = filter;
  return (
    (eq == null || value === eq) &&
    (ne == null || value !== ne) &&
    (oneOf === undefined || (value !== null && oneOf.includes(value))) &&
    (gt === undefined || (value !== null && value > gt)) &&
    (gte === undefined || (value !== null && value >= gte)) &&
    (lt === undefined || (value !== null && value < lt)) &&
    (lte === undefined || (value !== null && value <= lte)) &&
    (isNull === undefined || (value === null) === isNull)
  );
}

const toSeconds = (instant: string): number => Math.floor(Date.parse(instant) / 1000);

function holdsTime(filter: TimeFilter | undefined, value: number | null): boolean {
  if (filter === undefined) return true;
  const { isNull, ...bounds } = filter;
  const seconds = Object.fromEntries(
    Object.entries(bounds).map(([operator, instant]) => [operator, toSeconds(instant)]),
  );
  return holdsNumber(seconds, value) && (isNull === undefined || (value === null) === isNull);
}

function holdsBoolean(filter: CertificateFilter['isSelfSigned'], value: boolean | null): boolean {
  return (
    (filter?.eq === undefined || value === filter.eq) &&
    (filter?.isNull === undefined || (value === null) === filter.isNull)
  );
}

function holdsSubjectType(filter: CertificateFilter['subjectType'], value: string | null): boolean {
  return (
    (filter?.in === undefined || (value !== null && filter.in.includes(value))) &&
    (filter?.isNull === undefined || (value === null) === filter.isNull)
  );
}

const NAME_FIELDS = [
  'text',
  'displayName',
  'commonName',
  'organization',
  'organizationalUnit',
  'locality',
  'state',
  'country',
] as const;

function holdsName(filter: NameFilter | undefined, name: TrueName | null): boolean {
  if (filter === undefined) return true;
  return (
    NAME_FIELDS.every((field) => holdsText(filter[field], name?.[field] ?? null)) &&
    (filter.isNull === undefined || (name === null) === filter.isNull)
  );
}

/** Past its end, before its start, in between; both ends belong to the lifetime. */
export function toValidity({ notBefore, notAfter }: TrueCertificate, atSeconds: number): string {
  if (notAfter !== null && notAfter < atSeconds) return 'EXPIRED';
  if (notBefore !== null && atSeconds < notBefore) return 'NOT_YET_VALID';
  return notBefore === null || notAfter === null ? 'UNKNOWN' : 'CURRENT';
}

function holdsValidity(filter: CertificateFilter['validity'], certificate: TrueCertificate): boolean {
  if (filter === undefined) return true;
  const atSeconds = toSeconds(filter.at);
  const { in: oneOf, expiresWithinDays: days } = filter;
  const { notAfter } = certificate;
  return (
    (oneOf === undefined || oneOf.includes(toValidity(certificate, atSeconds))) &&
    (days === undefined ||
      (notAfter !== null && atSeconds <= notAfter && notAfter <= atSeconds + days * 86_400))
  );
}

/** Other names of the usages that tests ask for, as RFC 5280 and Windows write them. */
const USAGE_ALIASES: Readonly<Record<string, string>> = {
  'digital signature': 'digitalsignature',
  'certificate signing': 'keycertsign',
  serverauth: '1.3.6.1.5.5.7.3.1',
  clientauth: '1.3.6.1.5.5.7.3.2',
  codesigning: '1.3.6.1.5.5.7.3.3',
};

/** @param elements the texts that mean each element, `null` when the list was not reported */
function holdsList(filter: ListFilter | undefined, elements: readonly (readonly string[])[] | null): boolean {
  if (filter === undefined) return true;
  const { has, hasAny, hasAll, isEmpty, isNull } = filter;
  const folded = elements?.map((texts) => texts.map(toLower)) ?? null;
  const isThere = (operand: string): boolean => {
    const wanted = USAGE_ALIASES[operand.toLowerCase()] ?? operand.toLowerCase();
    return folded!.some((texts) => texts.includes(wanted));
  };
  return (
    (has === undefined || (folded !== null && isThere(has))) &&
    (hasAny === undefined || (folded !== null && hasAny.some(isThere))) &&
    (hasAll === undefined || (folded !== null && hasAll.every(isThere))) &&
    (isEmpty === undefined || (folded !== null && (folded.length === 0) === isEmpty)) &&
    (isNull === undefined || (folded === null) === isNull)
  );
}
