/**
 * What the columns of a record mean, whoever has read them: the parts of a record in normal form.
 */

import { toDeviceId, toSerialNumber } from '../core/identifiers.ts';
import type { CertificatePart, DevicePart } from '../snapshot/record.ts';
import { COLUMN } from './wire-columns.ts';
import { toNameText } from './wire-names.ts';
import { toExtendedKeyUsages, toKeyUsages } from './wire-usages.ts';
import { toEpochSeconds, toKeySize, toSubjectType, toText } from './wire-values.ts';

/**
 * Reads the value in a slot of {@link COLUMN} in normal form; `null` when there is none. A slot is always
 * read with the same `normalize`, which is pure, so that its results may be remembered by slot and value.
 */
export type ReadColumn = <Value>(slot: number, normalize: (value: unknown) => Value | null) => Value | null;

/** @param thumbprint in normal form */
export function toCertificatePart(thumbprint: string, read: ReadColumn): CertificatePart {
  return {
    thumbprint,
    serialNumber: read(COLUMN.serialNumber, toSerial),
    subject: known(read, toNameText, COLUMN.issuedTo, COLUMN.subjectObject),
    issuer: known(read, toNameText, COLUMN.issuedBy, COLUMN.issuerObject),
    subjectType: read(COLUMN.subjectType, toSubjectType),
    signatureAlgorithm: read(COLUMN.signatureAlgorithm, toText),
    keySize: known(read, toKeySize, COLUMN.keySize, COLUMN.keyLength),
    notBefore: known(read, toEpochSeconds, COLUMN.issueDate, COLUMN.notBefore),
    notAfter: known(read, toEpochSeconds, COLUMN.expirationDate, COLUMN.notAfter),
    keyUsages: known(read, toKeyUsages, COLUMN.keyUsage, COLUMN.keyUsageArray),
    extendedKeyUsages: known(
      read,
      toExtendedKeyUsages,
      COLUMN.extendedKeyUsage,
      COLUMN.extendedKeyUsageArray,
    ),
  };
}

/** @param wireDeviceId the text that came, not blank */
export function toDevicePart(wireDeviceId: string, read: ReadColumn): DevicePart {
  return {
    deviceId: toDeviceId(wireDeviceId),
    name: read(COLUMN.deviceName, toText),
    rbacGroupId: read(COLUMN.rbacGroupId, toText),
    rbacGroupName: read(COLUMN.rbacGroupName, toText),
  };
}

/** A value that is `null` or empty on the wire is as if its key were not there. */
export function isAbsent(value: unknown): value is null | undefined | '' {
  return value === null || value === undefined || value === '';
}

/** The value under the current name of a column, else under the one of 2022: known beats unknown. */
function known<Value>(
  read: ReadColumn,
  normalize: (value: unknown) => Value | null,
  current: number,
  legacy: number,
): Value | null {
  return read(current, normalize) ?? read(legacy, normalize);
}

function toSerial(value: unknown): string | null {
  return toSerialNumber(toText(value) ?? '');
}
