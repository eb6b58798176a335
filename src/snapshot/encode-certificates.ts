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

import type { SortedInstallations } from './encode-installations.ts';
import type { EncodedTable } from './encoded-table.ts';
import type { ColumnArray } from './format.ts';
import { CERTIFICATE, THUMBPRINT_WORDS } from './ingest.ts';
import { countOffsets, distribute } from './orders.ts';
import { createSerialKeys } from './serial-keys.ts';
import type { MergedTable } from './settle-parts.ts';
import { NONE } from './string-table.ts';
import type { TextInterner } from './text-interner.ts';

export const SELF_SIGNED = { no: 0, yes: 1, unknown: 2 } as const;

/** What certificates point at, by row: texts, names and usage lists. */
export interface CertificatePointers {
  readonly serialNumber: Uint32Array;
  readonly serialKey: Uint32Array;
  readonly signatureAlgorithm: Uint32Array;
  readonly subject: Uint32Array;
  readonly issuer: Uint32Array;
  readonly keyUsages: Uint32Array;
  readonly extendedKeyUsages: Uint32Array;
}

/** The pointers as gathered: numbers of texts, and of usage lists. The comparable serial numbers are made here. */
export function gatherPointers(merged: MergedTable, texts: TextInterner): CertificatePointers {
  const serialNumber = readColumn(merged, CERTIFICATE.serialNumber);
  return {
    serialNumber,
    serialKey: createSerialKeys(texts, serialNumber),
    signatureAlgorithm: readColumn(merged, CERTIFICATE.signatureAlgorithm),
    subject: readColumn(merged, CERTIFICATE.subject),
    issuer: readColumn(merged, CERTIFICATE.issuer),
    keyUsages: readColumn(merged, CERTIFICATE.keyUsages),
    extendedKeyUsages: readColumn(merged, CERTIFICATE.extendedKeyUsages),
  };
}

/** The table; of the pointers, those at names and lists are rows, those at texts are still as gathered. */
export function encodeCertificates(
  merged: MergedTable,
  installations: SortedInstallations,
  pointers: CertificatePointers,
): EncodedTable {
  const count = merged.partOfRow.length;
  const { subject, issuer, keyUsages, extendedKeyUsages, ...textColumns } = pointers;
  return {
    columns: new Map<string, ColumnArray>([
      ['thumbprint', encodeThumbprints(merged)],
      ['subject', subject],
      ['issuer', issuer],
      ['subjectType', Uint8Array.from(orZero(readColumn(merged, CERTIFICATE.subjectType)))],
      ['isSelfSigned', encodeSelfSigned(subject, issuer)],
      ['keySize', new Int32Array(orZero(readColumn(merged, CERTIFICATE.keySize)).buffer)],
      ['notBefore', readInstants(merged, CERTIFICATE.notBefore)],
      ['notAfter', readInstants(merged, CERTIFICATE.notAfter)],
      ['keyUsages', keyUsages],
      ['extendedKeyUsages', extendedKeyUsages],
      ['deviceCount', countDevices(count, installations)],
      ['installationOffsets', countOffsets(installations.certificate, count)],
      ['installationRows', distribute(installations.certificate, count)],
    ]),
    textColumns: new Map(Object.entries(textColumns)),
  };
}

function encodeSelfSigned(subject: Uint32Array, issuer: Uint32Array): Uint8Array {
  const codes = new Uint8Array(subject.length);
  for (let row = 0; row < codes.length; row += 1) {
    if (subject[row] === NONE || issuer[row] === NONE) codes[row] = SELF_SIGNED.unknown;
    else codes[row] = subject[row] === issuer[row] ? SELF_SIGNED.yes : SELF_SIGNED.no;
  }
  return codes;
}

function readColumn({ parts, partOfRow }: MergedTable, column: number): Uint32Array<ArrayBuffer> {
  const { words, width } = parts;
  const values = new Uint32Array(partOfRow.length);
  for (let row = 0; row < values.length; row += 1) values[row] = words[partOfRow[row]! * width + column]!;
  return values;
}

/** {@link NONE} becomes 0, in place. */
function orZero(values: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  for (let row = 0; row < values.length; row += 1) if (values[row] === NONE) values[row] = 0;
  return values;
}

/** `NaN` where not reported, in the one form that every `NaN` of JavaScript has in a byte comparison. */
function readInstants({ parts, partOfRow }: MergedTable, column: number): Float64Array {
  const { words, width } = parts;
  const values = new Float64Array(partOfRow.length).fill(Number.NaN);
  const halves = new Uint32Array(values.buffer);
  for (let row = 0; row < values.length; row += 1) {
    const at = partOfRow[row]! * width + column;
    if (words[at + 1] === NONE) continue;
    halves[row * 2] = words[at]!;
    halves[row * 2 + 1] = words[at + 1]!;
  }
  return values;
}

function encodeThumbprints({ parts, partOfRow }: MergedTable): Uint8Array {
  const { words, width } = parts;
  const bytes = new Uint8Array(partOfRow.length * THUMBPRINT_WORDS * 4);
  const view = new DataView(bytes.buffer);
  for (let row = 0, at = 0; row < partOfRow.length; row += 1) {
    const start = partOfRow[row]! * width + CERTIFICATE.thumbprint;
    for (let word = 0; word < THUMBPRINT_WORDS; word += 1, at += 4) view.setUint32(at, words[start + word]!);
  }
  return bytes;
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
