/**
 * The three spellings in which the service has been seen to write the same columns.
 */

export const WIRE_SPELLINGS = ['legacy', 'current', 'pascal'] as const;

/**
 * `legacy`: the sample record of the documentation (2022), with objects and lists. `current`: the service
 * metadata (2026), camelCase, names and usages as text. `pascal`: the same columns in PascalCase, as sibling
 * export files write them.
 */
export type WireSpelling = (typeof WIRE_SPELLINGS)[number];

export interface WireColumns {
  readonly deviceId: string;
  readonly deviceName: string;
  readonly thumbprint: string;
  readonly path: string;
  readonly keySize: string;
  readonly notAfter: string;
  readonly notBefore: string;
  readonly signatureAlgorithm: string;
  readonly subjectType: string;
  readonly serialNumber: string;
  readonly subject: string;
  readonly issuer: string;
  readonly keyUsage: string;
  readonly extendedKeyUsage: string;
  readonly rbacGroupId: string;
  readonly rbacGroupName: string;
}

const CURRENT: WireColumns = {
  deviceId: 'deviceId',
  deviceName: 'deviceName',
  thumbprint: 'thumbprint',
  path: 'path',
  keySize: 'keySize',
  notAfter: 'expirationDate',
  notBefore: 'issueDate',
  signatureAlgorithm: 'signatureAlgorithm',
  subjectType: 'subjectType',
  serialNumber: 'serialNumber',
  subject: 'issuedTo',
  issuer: 'issuedBy',
  keyUsage: 'keyUsage',
  extendedKeyUsage: 'extendedKeyUsage',
  rbacGroupId: 'rbacGroupId',
  rbacGroupName: 'rbacGroupName',
};

const LEGACY: WireColumns = {
  ...CURRENT,
  keySize: 'keyLength',
  notAfter: 'notAfter',
  notBefore: 'notBefore',
  subject: 'subjectObject',
  issuer: 'issuerObject',
  keyUsage: 'keyUsageArray',
  extendedKeyUsage: 'extendedKeyUsageArray',
};

const PASCAL = Object.fromEntries(
  Object.entries(CURRENT).map(([column, name]) => [column, name[0]!.toUpperCase() + name.slice(1)]),
) as Record<keyof WireColumns, string>;

/** The column names of each spelling. */
export const WIRE_COLUMNS: Readonly<Record<WireSpelling, WireColumns>> = {
  legacy: LEGACY,
  current: CURRENT,
  pascal: PASCAL,
};
