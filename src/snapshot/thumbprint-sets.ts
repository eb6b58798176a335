/**
 * Text tests on thumbprints, which are in no string table: twenty bytes a certificate, in order. A search for
 * hexadecimal digits is a native search for the bytes that they fill, once for each half of a byte that they may
 * begin in:
 *
 *   digits  a b c d e      begins in the high half:  ab cd e·      searched: ab cd
 *                          begins in the low half:   ·a bc de      searched: bc de
 */

import { type CertificateTable, THUMBPRINT_BYTES } from './certificates.ts';
import type { TextTest } from './filter.ts';
import {
  addRange,
  addRow,
  createPlainSet,
  createWords,
  type RowSet,
  sealSet,
  sizeOfSet,
  testEveryRow,
} from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import type { PresentTextTest } from './text-predicates.ts';
import type { QueryLimits, Work } from './work.ts';

const HEX = /^[0-9a-f]*$/;
/** Digits of a thumbprint. */
export const THUMBPRINT_DIGITS = 2 * THUMBPRINT_BYTES;
/** Fewer digits than these need not fill a byte. */
const SEARCHED_DIGITS = 3;
/** As in a search of texts. */
const HITS_PER_PIECE = 2_048;

/** The certificates whose thumbprint, in lower case, passes a test. */
export function* evaluateThumbprints(test: TextTest, snapshot: Snapshot): Work<RowSet> {
  const { certificates, queries } = snapshot;
  if (test.kind === 'isNull') return createPlainSet(certificates.length, false);
  if (test.kind === 'in' || test.kind === 'startsWith') return findInOrder(test, certificates);
  const { kind, value } = test;
  if (!HEX.test(value) || value.length > THUMBPRINT_DIGITS) return createPlainSet(certificates.length, false);
  const search = (): Work<RowSet> =>
    kind === 'contains' && value.length >= SEARCHED_DIGITS
      ? searchDigits(value, certificates, queries.limits)
      : testEveryRow(certificates.length, compileDigits(kind, value, certificates), queries.limits);
  return yield* queries.cache.share(`thumbprints ${kind} ${value}`, search, sizeOfSet);
}

function findInOrder(
  test: Exclude<PresentTextTest, { kind: 'contains' | 'endsWith' }>,
  certificates: CertificateTable,
): RowSet {
  const words = createWords(certificates.length);
  if (test.kind === 'startsWith') {
    addRange(words, certificates.lowerBound(test.value), certificates.lowerBound(`${test.value}\uffff`));
  } else {
    for (const value of test.values) {
      const row = certificates.findRow(value);
      if (row !== undefined) addRow(words, row);
    }
  }
  return sealSet(words, certificates.length);
}

function* searchDigits(digits: string, certificates: CertificateTable, limits: QueryLimits): Work<RowSet> {
  const words = createWords(certificates.length);
  for (const leading of [0, 1]) yield* searchAligned(digits, leading, certificates, limits, words);
  return sealSet(words, certificates.length);
}

/** @param leading digits before the first whole byte: 0 or 1 */
function* searchAligned(
  digits: string,
  leading: number,
  { thumbprintBytes: bytes }: CertificateTable,
  { bytesPerPiece }: QueryLimits,
  words: Uint32Array,
): Work<void> {
  const wholeEnd = digits.length - ((digits.length - leading) % 2);
  const whole = Buffer.from(digits.slice(leading, wholeEnd), 'hex');
  const first = leading === 1 ? Number.parseInt(digits[0]!, 16) : undefined;
  const last = wholeEnd < digits.length ? Number.parseInt(digits[wholeEnd]!, 16) : undefined;
  const matchesAround = (hit: number, rowStart: number): boolean => {
    const end = hit + whole.length;
    const rowEnd = rowStart + THUMBPRINT_BYTES;
    if (end > rowEnd) return false;
    if (first !== undefined && (hit === rowStart || (bytes[hit - 1]! & 15) !== first)) return false;
    return last === undefined || (end < rowEnd && bytes[end]! >>> 4 === last);
  };
  for (let byte = 0; byte + whole.length <= bytes.length; ) {
    const end = Math.min(bytes.length, byte + bytesPerPiece + whole.length - 1);
    const searched = bytes.subarray(0, end);
    for (let hits = 0; hits < HITS_PER_PIECE && byte + whole.length <= end; hits += 1) {
      const hit = searched.indexOf(whole, byte);
      if (hit < 0) {
        byte = end - whole.length + 1;
        break;
      }
      const row = Math.floor(hit / THUMBPRINT_BYTES);
      const isMatch = matchesAround(hit, row * THUMBPRINT_BYTES);
      if (isMatch) addRow(words, row);
      byte = isMatch ? (row + 1) * THUMBPRINT_BYTES : hit + 1;
    }
    if (byte + whole.length <= bytes.length) yield;
  }
}

/** Digit by digit: for needles too short to search for, and for ends. */
function compileDigits(
  kind: 'contains' | 'endsWith',
  digits: string,
  { thumbprintBytes: bytes }: CertificateTable,
): (row: number) => boolean {
  const wanted = Uint8Array.from(digits, (digit) => Number.parseInt(digit, 16));
  const digitAt = (row: number, place: number): number => {
    const byte = bytes[row * THUMBPRINT_BYTES + (place >>> 1)]!;
    return (place & 1) === 0 ? byte >>> 4 : byte & 15;
  };
  const matchesAt = (row: number, place: number): boolean => {
    for (let index = 0; index < wanted.length; index += 1) {
      if (digitAt(row, place + index) !== wanted[index]) return false;
    }
    return true;
  };
  const lastPlace = THUMBPRINT_DIGITS - wanted.length;
  if (kind === 'endsWith') return (row) => matchesAt(row, lastPlace);
  return (row) => {
    for (let place = 0; place <= lastPlace; place += 1) if (matchesAt(row, place)) return true;
    return false;
  };
}
