/**
 * The columns of a record under every name they are known to have on the wire: the documented names that
 * today's metadata uses, and those of the documented sample of 2022. Case never matters: files write
 * `DeviceId`, pages `deviceId`.
 *
 * Source: Microsoft's page "Export certificate inventory per device" and the service's `$metadata`.
 */

/** Slots of a record in the making. The two names of one column have two slots: the current name wins. */
export const COLUMN = {
  deviceId: 0,
  deviceName: 1,
  thumbprint: 2,
  path: 3,
  rbacGroupId: 4,
  rbacGroupName: 5,
  serialNumber: 6,
  subjectType: 7,
  signatureAlgorithm: 8,
  keySize: 9,
  keyLength: 10,
  issueDate: 11,
  notBefore: 12,
  expirationDate: 13,
  notAfter: 14,
  issuedTo: 15,
  subjectObject: 16,
  issuedBy: 17,
  issuerObject: 18,
  keyUsage: 19,
  keyUsageArray: 20,
  extendedKeyUsage: 21,
  extendedKeyUsageArray: 22,
} as const;

/** How many slots a record has. */
export const COLUMN_COUNT = 23;

/** The first slot that describes the certificate; all before it belong to the row or the device. */
export const FIRST_CERTIFICATE_COLUMN = COLUMN.serialNumber;

/** A column that is known and not served. */
export const IGNORED_COLUMN = -1;

/** A column that the record shape does not know. */
export const UNKNOWN_COLUMN = -2;

/** Longest name of an unknown column that is handed on, in UTF-16 units. */
export const COLUMN_NAME_LENGTH = 128;

const SLOT_OF: ReadonlyMap<string, number> = new Map(
  Object.entries(COLUMN).map(([name, slot]) => [name.toLowerCase(), slot]),
);

/** `isSelfSigned` is derived from the names instead: the current wire lacks it. `id` is the row key again. */
const IGNORED: ReadonlySet<string> = new Set(['isselfsigned', 'id']);

/** The slot of a wire key, {@link IGNORED_COLUMN} or {@link UNKNOWN_COLUMN}. */
export function toColumn(wireKey: string): number {
  const folded = wireKey.toLowerCase();
  if (IGNORED.has(folded) || folded.startsWith('@odata.')) return IGNORED_COLUMN;
  return SLOT_OF.get(folded) ?? UNKNOWN_COLUMN;
}
