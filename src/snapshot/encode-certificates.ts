/**
 * Certificates: one row a thumbprint, ascending.
 *
 *   thumbprint             u8[20 × rows]
 *   serialNumber           text as reported;  serialKey: its comparable form
 *   signatureAlgorithm     text
 *   subject, issuer        u32, rows of the names
 *   subjectType            u8, a `SUBJECT_TYPE`, 0 = not reported
 *   isSelfSigned           u8, 0 = no, 1 = yes, 2 = subject or issuer unknown
 *   keySize                i32, bits, 0 = not reported
 *   notBefore, notAfter    f64, epoch seconds, NaN = not reported
 *   keyUsages, extendedKeyUsages   u32, rows of their lists
 *   deviceCount            u32
 *   installationOffsets    u32[rows + 1] into installationRows
 *   installationRows       u32, rows of installations, ascending within a certificate
 */

import { toComparableSerialNumber } from '../core/identifiers.ts';
import type { SortedInstallations } from './encode-installations.ts';
import type { PointedTable } from './encode-names.ts';
import type { EncodedTable } from './encoded-table.ts';
import type { ColumnArray } from './format.ts';
import { CERTIFICATE } from './ingest.ts';
import type { MergedTable } from './merge.ts';
import { countOffsets, distribute } from './orders.ts';
import { NONE } from './string-table.ts';

export const SELF_SIGNED = { no: 0, yes: 1, unknown: 2 } as const;

export interface CertificateParts {
  readonly names: PointedTable;
  readonly keyUsages: PointedTable;
  readonly extendedKeyUsages: PointedTable;
  readonly installations: SortedInstallations;
  readonly textOf: (id: number) => string;
}

export function encodeCertificates(merged: MergedTable, parts: CertificateParts): EncodedTable {
  const column = (name: keyof typeof CERTIFICATE): Float64Array => merged.columns.get(CERTIFICATE[name])!;
  const toTexts = (ids: Float64Array): (string | null)[] =>
    Array.from(ids, (id) => (Number.isNaN(id) ? null : parts.textOf(id)));
  const { names, installations } = parts;
  const subject = names.toRows(column('subject'));
  const issuer = names.toRows(column('issuer'));
  const serialNumbers = toTexts(column('serialNumber'));
  return {
    columns: new Map<string, ColumnArray>([
      ['thumbprint', encodeThumbprints(merged, parts.textOf)],
      ['subject', subject],
      ['issuer', issuer],
      ['subjectType', Uint8Array.from(column('subjectType'), (code) => (Number.isNaN(code) ? 0 : code))],
      ['isSelfSigned', Uint8Array.from(subject, (name, row) => toSelfSigned(name, issuer[row]!))],
      ['keySize', Int32Array.from(column('keySize'), (bits) => (Number.isNaN(bits) ? 0 : bits))],
      ['notBefore', column('notBefore')],
      ['notAfter', column('notAfter')],
      ['keyUsages', parts.keyUsages.toRows(column('keyUsages'))],
      ['extendedKeyUsages', parts.extendedKeyUsages.toRows(column('extendedKeyUsages'))],
      ['deviceCount', countDevices(merged.length, installations)],
      ['installationOffsets', countOffsets(installations.certificate, merged.length)],
      ['installationRows', distribute(installations.certificate, merged.length)],
    ]),
    textColumns: new Map([
      ['serialNumber', serialNumbers],
      [
        'serialKey',
        serialNumbers.map((serial) => (serial === null ? null : toComparableSerialNumber(serial))),
      ],
      ['signatureAlgorithm', toTexts(column('signatureAlgorithm'))],
    ]),
  };
}

function encodeThumbprints({ identity, length }: MergedTable, textOf: (id: number) => string): Uint8Array {
  const bytes = new Uint8Array(length * 20);
  for (const [row, id] of identity.entries()) bytes.set(Buffer.from(textOf(id), 'hex'), row * 20);
  return bytes;
}

function toSelfSigned(subject: number, issuer: number): number {
  if (subject === NONE || issuer === NONE) return SELF_SIGNED.unknown;
  return subject === issuer ? SELF_SIGNED.yes : SELF_SIGNED.no;
}

/** Installations are sorted by device, then certificate: a pair that repeats is a neighbour. */
function countDevices(
  certificateCount: number,
  { certificate, device, length }: SortedInstallations,
): Uint32Array {
  const counts = new Uint32Array(certificateCount);
  for (let row = 0; row < length; row += 1) {
    if (row === 0 || certificate[row] !== certificate[row - 1] || device[row] !== device[row - 1]) {
      counts[certificate[row]!]! += 1;
    }
  }
  return counts;
}
