/**
 * Sets of rows by what a column of theirs points at: from a set of a table to the rows of another that point into it.
 *
 * A pass over every row takes a nanosecond or two a row. The loops are apart by the types of their columns: one
 * loop over columns of two types pays for the choice at every row.
 */

import type { UnsignedColumn } from './format.ts';
import { createWords, hasRow, type RowSet, sealSet, toWords } from './row-set.ts';
import { inPieces, type QueryLimits, type Work } from './work.ts';

/**
 * The set of rows whose number in a column is in a set of the table that the column points at; a number beyond
 * that table, such as "none", is in no set.
 */
export function* gatherSet(
  column: UnsignedColumn,
  pointed: RowSet,
  { rowsPerPiece }: QueryLimits,
): Work<RowSet> {
  const words = createWords(column.length);
  if (pointed.count > 0) {
    const pass =
      column instanceof Uint32Array
        ? (start: number, end: number) => gatherWords(words, start, end, column, pointed)
        : createNarrowPass(words, column, pointed);
    yield* inPieces(words.length, toWords(rowsPerPiece), pass);
  }
  return sealSet(words, column.length);
}

/**
 * The set of rows whose number in a column leads, by a second column, to a number in a set; a number beyond the second
 * column is in no set.
 */
export function* gatherThrough(
  column: Uint32Array,
  second: Uint32Array,
  pointed: RowSet,
  { rowsPerPiece }: QueryLimits,
): Work<RowSet> {
  const words = createWords(column.length);
  if (pointed.count > 0) {
    yield* inPieces(words.length, toWords(rowsPerPiece), (start, end) =>
      gatherWordsThrough(words, start, end, column, second, pointed.words),
    );
  }
  return sealSet(words, column.length);
}

/** The rows of a set whose number in a column is in a set of the table that the column points at. */
export function* keepPointing(
  set: RowSet,
  column: UnsignedColumn,
  pointed: RowSet,
  { rowsPerPiece }: QueryLimits,
): Work<RowSet> {
  const words = createWords(set.length);
  yield* inPieces(words.length, toWords(rowsPerPiece), (start, end) =>
    filterPointing(set.words, words, start, end, column, pointed.words),
  );
  return sealSet(words, set.length);
}

/** Bits come from the highest row of a word down, so that each is shifted in at the same place. */
function gatherWords(
  words: Uint32Array,
  start: number,
  end: number,
  column: Uint32Array,
  { words: pointed, length }: RowSet,
): void {
  for (let word = start; word < end; word += 1) {
    const first = word << 5;
    let bits = 0;
    for (let place = Math.min(column.length, first + 32) - 1; place >= first; place -= 1) {
      const row = column[place]!;
      bits <<= 1;
      if (row < length) bits |= (pointed[row >>> 5]! >>> (row & 31)) & 1;
    }
    words[word] = bits;
  }
}

/** A byte for every number that the type of the column can hold says whether it is in the set. */
function createNarrowPass(
  words: Uint32Array,
  column: Uint8Array | Uint16Array,
  pointed: RowSet,
): (start: number, end: number) => void {
  const isIn = new Uint8Array(1 << (8 * column.BYTES_PER_ELEMENT));
  for (let row = 0; row < pointed.length; row += 1) isIn[row] = hasRow(pointed, row) ? 1 : 0;
  return (start, end) => gatherNarrowWords(words, start, end, column, isIn);
}

function gatherNarrowWords(
  words: Uint32Array,
  start: number,
  end: number,
  column: Uint8Array | Uint16Array,
  isIn: Uint8Array,
): void {
  for (let word = start; word < end; word += 1) {
    const first = word << 5;
    let bits = 0;
    for (let place = Math.min(column.length, first + 32) - 1; place >= first; place -= 1) {
      bits = (bits << 1) | isIn[column[place]!]!;
    }
    words[word] = bits;
  }
}

function gatherWordsThrough(
  words: Uint32Array,
  start: number,
  end: number,
  column: Uint32Array,
  second: Uint32Array,
  pointed: Uint32Array,
): void {
  for (let word = start; word < end; word += 1) {
    const base = word << 5;
    const size = Math.min(32, column.length - base);
    let bits = 0;
    for (let bit = 0; bit < size; bit += 1) {
      const middle = column[base + bit]!;
      if (middle >= second.length) continue;
      const row = second[middle]!;
      bits |= ((pointed[row >>> 5]! >>> (row & 31)) & 1) << bit;
    }
    words[word] = bits;
  }
}

function filterPointing(
  given: Uint32Array,
  words: Uint32Array,
  start: number,
  end: number,
  column: UnsignedColumn,
  pointed: Uint32Array,
): void {
  for (let word = start; word < end; word += 1) {
    let kept = 0;
    for (let rest = given[word]! | 0; rest !== 0; rest &= rest - 1) {
      const lowest = rest & -rest;
      const row = column[(word << 5) + 31 - Math.clz32(lowest)]!;
      if (((pointed[row >>> 5]! >>> (row & 31)) & 1) === 1) kept |= lowest;
    }
    words[word] = kept;
  }
}
