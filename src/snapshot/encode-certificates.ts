/**
 * Certificates: one row a thumbprint, ascending.
 *
 *   thumbprint             u8[20 × rows]
 *   serialNumber           text as reported;  serialKey: its comparable form
 *   signatureAlgorithm     narrow, row of the algorithms: see `encode-algorithms.ts`
 *   subject, issuer        u32, rows of the names
 *   subjectType            u8, a `SUBJECT_TYPE`, 0 = not reported
 *   isSelfSigned           u8, 0 = no, 1 = yes, 2 = subject or issuer unknown
 *   keySize                narrow, bits, 0 = not reported
 *   notBefore, notAfter    f64, epoch seconds, NaN = not reported
 *   keyUsages, extendedKeyUsages   narrow, rows of their lists
 *   deviceCount            narrow
 *   installationOffsets    u32[rows + 1] into installationRows
 *   installationRows       u32, rows of installations, ascending within a certificate
 *
 * Narrow columns are u8, u16 or u32 as their numbers ask for: see `narrow.ts`.
 */

import type { SortedInstallations } from './encode-installations.ts';
import type { EncodedTable } from './encoded-table.ts';
import type { ColumnArray } from './format.ts';
import { CERTIFICATE, THUMBPRINT_WORDS } from './ingest.ts';
import { narrow, narrowValues } from './narrow.ts';
import { countOffsets, distribute } from './orders.ts';
import { createSerialKeys } from './serial-keys.ts';
import type { MergedTable } from './settle-parts.ts';
import { NONE } from './string-table.ts';
import type { TextInterner } from './text-interner.ts';

const THUMBPRINT_BYTES = THUMBPRINT_WORDS * 4;

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

/** What certificates say themselves, by row. */
export interface CertificateValues {
  readonly thumbprint: Uint8Array;
  readonly subjectType: Uint8Array;
  readonly keySize: Uint32Array;
  readonly notBefore: Float64Array;
  readonly notAfter: Float64Array;
}

/**
 * Reads the merged certificates, each once, for they lie in memory as they came. Pointers are as gathered: numbers of
 * texts, and of usage lists. The comparable serial numbers are made here.
 */
export function readCertificates(
  { parts, partOfRow }: MergedTable,
  texts: TextInterner,
): { pointers: CertificatePointers; values: CertificateValues } {
  const count = partOfRow.length;
  const { words, width } = parts;
  const [serialNumber, signatureAlgorithm] = [new Uint32Array(count), new Uint32Array(count)];
  const [subject, issuer] = [new Uint32Array(count), new Uint32Array(count)];
  const [keyUsages, extendedKeyUsages] = [new Uint32Array(count), new Uint32Array(count)];
  const thumbprint = new Uint8Array(count * THUMBPRINT_BYTES);
  const thumbprintView = new DataView(thumbprint.buffer);
  const subjectType = new Uint8Array(count);
  const keySize = new Uint32Array(count);
  // One form of NaN, whatever the words of "not reported" are: equal snapshots have equal bytes.
  const notBefore = new Float64Array(count).fill(Number.NaN);
  const notAfter = new Float64Array(count).fill(Number.NaN);
  const notBeforeWords = new Uint32Array(notBefore.buffer);
  const notAfterWords = new Uint32Array(notAfter.buffer);
  for (let row = 0; row < count; row += 1) {
    const part = partOfRow[row]! * width;
    for (let word = 0; word < THUMBPRINT_WORDS; word += 1) {
      thumbprintView.setUint32(row * THUMBPRINT_BYTES + word * 4, words[part + word]!);
    }
    serialNumber[row] = words[part + CERTIFICATE.serialNumber]!;
    subject[row] = words[part + CERTIFICATE.subject]!;
    issuer[row] = words[part + CERTIFICATE.issuer]!;
    signatureAlgorithm[row] = words[part + CERTIFICATE.signatureAlgorithm]!;
    subjectType[row] = orZero(words[part + CERTIFICATE.subjectType]!);
    keySize[row] = orZero(words[part + CERTIFICATE.keySize]!);
    copyInstant(words, part + CERTIFICATE.notBefore, notBeforeWords, row);
    copyInstant(words, part + CERTIFICATE.notAfter, notAfterWords, row);
    keyUsages[row] = words[part + CERTIFICATE.keyUsages]!;
    extendedKeyUsages[row] = words[part + CERTIFICATE.extendedKeyUsages]!;
  }
  const serialKey = createSerialKeys(texts, serialNumber);
  return {
    pointers: { serialNumber, serialKey, signatureAlgorithm, subject, issuer, keyUsages, extendedKeyUsages },
    values: { thumbprint, subjectType, keySize, notBefore, notAfter },
  };
}

/** How many there are of what certificates point at with narrow columns. */
export interface PointedCounts {
  readonly signatureAlgorithm: number;
  readonly keyUsages: number;
  readonly extendedKeyUsages: number;
}

/**
 * The table, of which serial numbers are still as gathered; all other pointers are rows. Columns that become narrower
 * are used up.
 */
export function encodeCertificates(
  { thumbprint, subjectType, keySize, notBefore, notAfter }: CertificateValues,
  { serialNumber, serialKey, subject, issuer, ...narrowed }: CertificatePointers,
  counts: PointedCounts,
  installations: SortedInstallations,
): EncodedTable {
  const count = keySize.length;
  return {
    columns: new Map<string, ColumnArray>([
      ['thumbprint', thumbprint],
      ['subject', subject],
      ['issuer', issuer],
      ['subjectType', subjectType],
      ['isSelfSigned', encodeSelfSigned(subject, issuer)],
      ['signatureAlgorithm', narrow(narrowed.signatureAlgorithm, counts.signatureAlgorithm)],
      ['keySize', narrowValues(keySize)],
      ['notBefore', notBefore],
      ['notAfter', notAfter],
      ['keyUsages', narrow(narrowed.keyUsages, counts.keyUsages)],
      ['extendedKeyUsages', narrow(narrowed.extendedKeyUsages, counts.extendedKeyUsages)],
      ['deviceCount', narrowValues(countDevices(count, installations))],
      ['installationOffsets', countOffsets(installations.certificate, count)],
      ['installationRows', distribute(installations.certificate, count)],
    ]),
    textColumns: new Map([
      ['serialNumber', serialNumber],
      ['serialKey', serialKey],
    ]),
  };
}

function orZero(word: number): number {
  return word === NONE ? 0 : word;
}

function copyInstant(words: Uint32Array, from: number, instants: Uint32Array, row: number): void {
  if (words[from + 1] === NONE) return;
  instants[row * 2] = words[from]!;
  instants[row * 2 + 1] = words[from + 1]!;
}

function encodeSelfSigned(subject: Uint32Array, issuer: Uint32Array): Uint8Array {
  const codes = new Uint8Array(subject.length);
  for (let row = 0; row < codes.length; row += 1) {
    if (subject[row] === NONE || issuer[row] === NONE) codes[row] = SELF_SIGNED.unknown;
    else codes[row] = subject[row] === issuer[row] ? SELF_SIGNED.yes : SELF_SIGNED.no;
  }
  return codes;
}

/** The installations of a device are sorted by certificate: one that repeats is a neighbour. */
function countDevices(
  certificateCount: number,
  { certificate, deviceOffsets }: SortedInstallations,
): Uint32Array {
  const counts = new Uint32Array(certificateCount);
  for (let device = 0; device < deviceOffsets.length - 1; device += 1) {
    const first = deviceOffsets[device]!;
    for (let row = first; row < deviceOffsets[device + 1]!; row += 1) {
      if (row === first || certificate[row] !== certificate[row - 1]) counts[certificate[row]!]! += 1;
    }
  }
  return counts;
}
