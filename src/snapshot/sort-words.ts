/**
 * Sorts rows by keys of many words without comparing two of them: by the first word, then within equal ones by
 * the next, and so on. Words are read into an array once a level and sorted there, so that a row costs
 * few reads of its key wherever that lies.
 *
 *   level 0   pc-0  pc-1  pc-0  root          → runs of equal words:  [pc-0 pc-0]  [pc-1]  [root]
 *   level 1   ·a…         ·b…                 → each run by its next word
 */

import { releaseMemory } from '../core/memory.ts';

/** The word of a row at a level; equal words up to a level mean equal keys so far. */
export type WordOf = (row: number, level: number) => number;

/**
 * Settles rows whose words are equal up to a level: the number of rows, from `start` on, that are in their
 * final place now. The rest has further words; when none has, that is all of them.
 */
export type SettleEqual = (rows: Uint32Array, start: number, end: number, level: number) => number;

/** From here on a radix sort is faster than comparing words (Node 24: about even at 500). */
const RADIX_ROWS = 512;
const INSERTION_ROWS = 16;
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

/** Sorts rows in place. Linear in the words that it takes to tell the rows apart; eight bytes a row beside them. */
export function sortByWords(rows: Uint32Array, wordOf: WordOf, settleEqual: SettleEqual): void {
  const words = new Uint32Array(rows.length);
  const spare = { rows: new Uint32Array(rows.length), words: new Uint32Array(rows.length) };
  /** Runs still to sort: start, end, level. */
  const runs: number[] = [0, rows.length, 0];
  while (runs.length > 0) {
    const level = runs.pop()!;
    const end = runs.pop()!;
    const start = runs.pop()!;
    if (end - start < 2) continue;
    if (loadWords(rows, words, start, end, wordOf, level)) {
      runs.push(start + settleEqual(rows, start, end, level), end, level + 1);
      continue;
    }
    if (end - start < RADIX_ROWS) sortSmall(words, rows, start, end);
    else sortByDigits(words, rows, start, end, spare);
    for (let from = start, to = start; from < end; from = to) {
      to = from + 1;
      while (to < end && words[to] === words[from]) to += 1;
      if (to - from > 1) runs.push(from + settleEqual(rows, from, to, level), to, level + 1);
    }
  }
  for (const array of [words, spare.rows, spare.words]) releaseMemory(array);
}

/** Reads the words of a run; says whether all are equal. */
function loadWords(
  rows: Uint32Array,
  words: Uint32Array,
  start: number,
  end: number,
  wordOf: WordOf,
  level: number,
): boolean {
  const first = wordOf(rows[start]!, level);
  let differences = 0;
  for (let index = start; index < end; index += 1) {
    const word = wordOf(rows[index]!, level);
    words[index] = word;
    differences |= word ^ first;
  }
  return differences === 0;
}

/** Quicksort with insertion at the leaves: the middle of three as the pivot, the shorter side first. */
function sortSmall(words: Uint32Array, rows: Uint32Array, first: number, afterLast: number): void {
  let start = first;
  let end = afterLast;
  while (end - start > INSERTION_ROWS) {
    const pivot = middleOf(words[start]!, words[(start + end) >>> 1]!, words[end - 1]!);
    let low = start;
    let high = end - 1;
    while (low <= high) {
      while (words[low]! < pivot) low += 1;
      while (words[high]! > pivot) high -= 1;
      if (low <= high) {
        swap(words, low, high);
        swap(rows, low, high);
        low += 1;
        high -= 1;
      }
    }
    if (high + 1 - start < end - low) {
      sortSmall(words, rows, start, high + 1);
      start = low;
    } else {
      sortSmall(words, rows, low, end);
      end = high + 1;
    }
  }
  for (let index = start + 1; index < end; index += 1) {
    const word = words[index]!;
    const row = rows[index]!;
    let at = index;
    for (; at > start && words[at - 1]! > word; at -= 1) {
      words[at] = words[at - 1]!;
      rows[at] = rows[at - 1]!;
    }
    words[at] = word;
    rows[at] = row;
  }
}

function middleOf(a: number, b: number, c: number): number {
  if (a < b) return b < c ? b : Math.max(a, c);
  return a < c ? a : Math.max(b, c);
}

function swap(values: Uint32Array, a: number, b: number): void {
  const value = values[a]!;
  values[a] = values[b]!;
  values[b] = value;
}

/** Least significant digit first, three passes at most; digits that all rows share are skipped. */
function sortByDigits(
  words: Uint32Array,
  rows: Uint32Array,
  start: number,
  end: number,
  spare: { readonly rows: Uint32Array; readonly words: Uint32Array },
): void {
  const counts = new Uint32Array(DIGITS);
  let from = { words, rows };
  let to = { words: spare.words, rows: spare.rows };
  for (let shift = 0; shift < 32; shift += DIGIT_BITS) {
    if (!countDigits(from.words, start, end, shift, counts)) continue;
    scatterDigits(from, to, start, end, shift, counts);
    [from, to] = [to, from];
  }
  if (from.words === words) return;
  words.set(from.words.subarray(start, end), start);
  rows.set(from.rows.subarray(start, end), start);
}

/** Turns `counts` into where each digit starts; `false` when all rows have the same one. */
function countDigits(
  words: Uint32Array,
  start: number,
  end: number,
  shift: number,
  counts: Uint32Array,
): boolean {
  counts.fill(0);
  for (let index = start; index < end; index += 1) counts[(words[index]! >>> shift) & (DIGITS - 1)]! += 1;
  if (counts[(words[start]! >>> shift) & (DIGITS - 1)] === end - start) return false;
  for (let digit = 0, next = start; digit < DIGITS; digit += 1) {
    const count = counts[digit]!;
    counts[digit] = next;
    next += count;
  }
  return true;
}

function scatterDigits(
  from: { readonly rows: Uint32Array; readonly words: Uint32Array },
  to: { readonly rows: Uint32Array; readonly words: Uint32Array },
  start: number,
  end: number,
  shift: number,
  places: Uint32Array,
): void {
  const { words, rows } = from;
  const { words: toWords, rows: toRows } = to;
  for (let index = start; index < end; index += 1) {
    const word = words[index]!;
    const digit = (word >>> shift) & (DIGITS - 1);
    const place = places[digit]!;
    places[digit] = place + 1;
    toWords[place] = word;
    toRows[place] = rows[index]!;
  }
}
