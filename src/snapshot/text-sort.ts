/**
 * Sorts interned texts in the one order of text (see `text-order.ts`) by their bytes, four at a time.
 */

import { sortByWords } from './sort-words.ts';
import type { TextInterner } from './text-interner.ts';
import { compareBytes } from './text-order.ts';

const WORD_BYTES = 4;

/** A to Z to a to z, every other byte as it is: the case folding of ASCII, and no change of folded UTF-8. */
export function createLowerCaseBytes(): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));
}

/** Where the folded form of each text begins and ends: bytes of the interner, to be read in lower case. */
export interface FoldPlaces {
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
}

/** Finds the folded forms of texts, by their position in `ids`; the interner gets those that it lacks. */
export function placeFolds(texts: TextInterner, ids: Uint32Array): FoldPlaces {
  const starts = new Uint32Array(ids.length);
  const ends = new Uint32Array(ids.length);
  for (let index = 0; index < ids.length; index += 1) {
    const fold = texts.foldOf(ids[index]!);
    starts[index] = texts.offsets[fold]!;
    ends[index] = texts.offsets[fold + 1]!;
  }
  return { starts, ends };
}

/**
 * The positions of `ids` in text order; `ids` are distinct texts. Linear in the bytes that it takes to tell
 * the texts apart.
 */
export function sortTexts(texts: TextInterner, ids: Uint32Array, folds: FoldPlaces): Uint32Array {
  const { starts, ends } = folds;
  const { bytes } = texts;
  const lower = createLowerCaseBytes();
  const order = new Uint32Array(ids.length);
  for (let index = 0; index < order.length; index += 1) order[index] = index;

  const wordOf = (index: number, level: number): number => {
    const start = starts[index]! + level * WORD_BYTES;
    const left = ends[index]! - start;
    if (left >= WORD_BYTES) {
      return (
        ((lower[bytes[start]!]! << 24) |
          (lower[bytes[start + 1]!]! << 16) |
          (lower[bytes[start + 2]!]! << 8) |
          lower[bytes[start + 3]!]!) >>>
        0
      );
    }
    let word = 0;
    for (let byte = 0; byte < WORD_BYTES; byte += 1) {
      word = (word << 8) | (byte < left ? lower[bytes[start + byte]!]! : 0);
    }
    return word >>> 0;
  };

  /**
   * A text that ends within the word is followed by zeros that are not there: of equal words the shorter text
   * is the smaller one, and texts of one length are the same text in another case.
   */
  const settleEqual = (rows: Uint32Array, start: number, end: number, level: number): number => {
    const leftOf = (index: number): number => ends[index]! - starts[index]! - level * WORD_BYTES;
    let ending = 0;
    for (let at = start; at < end; at += 1) {
      if (leftOf(rows[at]!) > WORD_BYTES) continue;
      const row = rows[at]!;
      rows[at] = rows[start + ending]!;
      rows[start + ending] = row;
      ending += 1;
    }
    if (ending > 1) {
      const ended = Array.from(rows.subarray(start, start + ending));
      ended.sort((a, b) => leftOf(a) - leftOf(b) || compareBytes(texts.get(ids[a]!), texts.get(ids[b]!)));
      rows.set(ended, start);
    }
    return ending;
  };

  sortByWords(order, wordOf, settleEqual);
  return order;
}
