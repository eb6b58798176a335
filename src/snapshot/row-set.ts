/**
 * Sets of rows of one table, a bit a row: what a filter comes to. Combined a word at a time, counted by
 * population count. A set is written while it is made and never after {@link sealSet}.
 *
 * Bits at and above the table's length are always 0.
 */

import { inPieces, type QueryLimits, type Work } from './work.ts';

/** A finished set. */
export interface RowSet {
  /** Rows of the table, in it or not. */
  readonly length: number;
  /** Rows in it. */
  readonly count: number;
  /** u32[ceil(length / 32)], row `r` is bit `r % 32` of word `r / 32`. */
  readonly words: Uint32Array;
}

/** The words of an empty set. */
export function createWords(length: number): Uint32Array {
  return new Uint32Array((length + 31) >>> 5);
}

export function hasRow({ words }: RowSet, row: number): boolean {
  return ((words[row >>> 5]! >>> (row & 31)) & 1) === 1;
}

/** Whether a row is in a set, of which `null` is the one of all rows. */
export function isIn(set: RowSet | null, row: number): boolean {
  return set === null || hasRow(set, row);
}

export function addRow(words: Uint32Array, row: number): void {
  words[row >>> 5]! |= 1 << (row & 31);
}

/** Adds the rows from `start` to before `end`. O(rows / 32). */
export function addRange(words: Uint32Array, start: number, end: number): void {
  if (start >= end) return;
  const first = start >>> 5;
  const last = (end - 1) >>> 5;
  const fromStart = -1 << (start & 31);
  const toEnd = -1 >>> (31 - ((end - 1) & 31));
  if (first === last) {
    words[first]! |= fromStart & toEnd;
    return;
  }
  words[first]! |= fromStart;
  words.fill(0xffff_ffff, first + 1, last);
  words[last]! |= toEnd;
}

/** Whether a row from `start` to before `end` is in the set. O(rows / 32). */
export function hasAnyIn(words: Uint32Array, start: number, end: number): boolean {
  if (start >= end) return false;
  const first = start >>> 5;
  const last = (end - 1) >>> 5;
  const fromStart = -1 << (start & 31);
  const toEnd = -1 >>> (31 - ((end - 1) & 31));
  if (first === last) return (words[first]! & fromStart & toEnd) !== 0;
  if ((words[first]! & fromStart) !== 0 || (words[last]! & toEnd) !== 0) return true;
  for (let word = first + 1; word < last; word += 1) if (words[word] !== 0) return true;
  return false;
}

/** The finished set of words that nobody will write to again. O(words). */
export function sealSet(words: Uint32Array, length: number): RowSet {
  let count = 0;
  for (let word = 0; word < words.length; word += 1) count += countBits(words[word]!);
  return { length, count, words };
}

/** All rows of a table, or none. */
export function createPlainSet(length: number, isFull: boolean): RowSet {
  const words = createWords(length);
  if (isFull) addRange(words, 0, length);
  return { length, count: isFull ? length : 0, words };
}

/** The rows that are in both. */
export function intersect(left: RowSet, right: RowSet): RowSet {
  const words = new Uint32Array(left.words.length);
  for (let word = 0; word < words.length; word += 1) words[word] = left.words[word]! & right.words[word]!;
  return sealSet(words, left.length);
}

/** The rows that are in either. */
export function unite(left: RowSet, right: RowSet): RowSet {
  const words = new Uint32Array(left.words.length);
  for (let word = 0; word < words.length; word += 1) words[word] = left.words[word]! | right.words[word]!;
  return sealSet(words, left.length);
}

/** The rows of the first that are not in the second. */
export function subtract(left: RowSet, right: RowSet): RowSet {
  const words = new Uint32Array(left.words.length);
  for (let word = 0; word < words.length; word += 1) words[word] = left.words[word]! & ~right.words[word]!;
  return sealSet(words, left.length);
}

/** The set of rows that are listed. */
export function toSet(rows: Uint32Array, length: number): RowSet {
  const words = createWords(length);
  for (const row of rows) addRow(words, row);
  return sealSet(words, length);
}

/** The rows that are not in it. */
export function complement({ words: own, length, count }: RowSet): RowSet {
  const words = new Uint32Array(own.length);
  for (let word = 0; word < words.length; word += 1) words[word] = ~own[word]!;
  if ((length & 31) !== 0) words[words.length - 1]! &= -1 >>> (32 - (length & 31));
  return { length, count: length - count, words };
}

/** The rows of a set, ascending. */
export function* listRows(set: RowSet, { rowsPerPiece }: QueryLimits): Work<Uint32Array> {
  const rows = new Uint32Array(set.count);
  let length = 0;
  yield* inPieces(set.words.length, toWords(rowsPerPiece), (start, end) => {
    length = writeRows(set.words, start, end, rows, length);
  });
  return rows;
}

/**
 * The rows of a set for which a test holds.
 *
 * @param weight how many simple tests it is made of
 */
export function* keepMatching(
  set: RowSet,
  matches: (row: number) => boolean,
  weight: number,
  { rowsPerPiece }: QueryLimits,
): Work<RowSet> {
  const words = createWords(set.length);
  // A row costs its tests: of simple ones, a sixteenth of the rows of a pass over a column.
  const limit = Math.max(1, Math.floor(rowsPerPiece / 16 / Math.max(1, weight)));
  let rowsLeft = limit;
  for (let word = 0; word < words.length; word += 1) {
    if (set.words[word] === 0) continue;
    words[word] = filterWord(set.words[word]!, word << 5, matches);
    rowsLeft -= countBits(set.words[word]!);
    if (rowsLeft > 0) continue;
    yield;
    rowsLeft = limit;
  }
  return sealSet(words, set.length);
}

/** The set of rows for which a test holds, asked of every row. */
export function* testEveryRow(
  length: number,
  matches: (row: number) => boolean,
  { rowsPerPiece }: QueryLimits,
): Work<RowSet> {
  const words = createWords(length);
  yield* inPieces(words.length, Math.max(1, toWords(rowsPerPiece) >>> 2), (start, end) => {
    for (let word = start; word < end; word += 1) {
      words[word] = filterWord(word === words.length - 1 ? lastWord(length) : -1, word << 5, matches);
    }
  });
  return sealSet(words, length);
}

/** A piece in words, at least one. */
export function toWords(rows: number): number {
  return Math.max(1, rows >>> 5);
}

/** Bytes that a set takes in memory. */
export function sizeOfSet({ words }: RowSet): number {
  return words.byteLength;
}

function lastWord(length: number): number {
  return (length & 31) === 0 ? -1 : -1 >>> (32 - (length & 31));
}

function filterWord(bits: number, base: number, matches: (row: number) => boolean): number {
  let kept = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) {
    const lowest = rest & -rest;
    if (matches(base + 31 - Math.clz32(lowest))) kept |= lowest;
  }
  return kept;
}

function writeRows(words: Uint32Array, start: number, end: number, rows: Uint32Array, from: number): number {
  let length = from;
  for (let word = start; word < end; word += 1) {
    for (let rest = words[word]! | 0; rest !== 0; rest &= rest - 1) {
      rows[length] = (word << 5) + 31 - Math.clz32(rest & -rest);
      length += 1;
    }
  }
  return length;
}

/** Ones in a word: sums of pairs, of nibbles, of bytes. */
export function countBits(word: number): number {
  const pairs = word - ((word >>> 1) & 0x5555_5555);
  const nibbles = (pairs & 0x3333_3333) + ((pairs >>> 2) & 0x3333_3333);
  return Math.imul((nibbles + (nibbles >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
}
