/** Writes the string table: see `string-table.ts` for its columns. */

import { releaseMemory } from '../core/memory.ts';
import { listDistinct } from './encoded-table.ts';
import type { ColumnArray } from './format.ts';
import { Uint32List } from './growing.ts';
import type { TextInterner } from './text-interner.ts';
import { createLowerCaseBytes, type FoldPlaces, placeFolds, sortTexts } from './text-sort.ts';

export interface EncodedStrings {
  readonly columns: Map<string, ColumnArray>;
  /** The string id of each gathered text; 0 for a text that is in no column. */
  readonly idOfText: Uint32Array;
}

/**
 * The table of all texts that stand in the columns given, which hold numbers of gathered texts. Linear in the
 * bytes of the texts and the length of the columns.
 */
export function encodeStrings(texts: TextInterner, columns: Iterable<Uint32Array>): EncodedStrings {
  const used = listDistinct(columns, texts.length);
  const folds = placeFolds(texts, used);
  const order = sortTexts(texts, used, folds);
  const idOfText = new Uint32Array(texts.length);
  for (let id = 0; id < order.length; id += 1) idOfText[used[order[id]!]!] = id;
  const written = writeTexts(texts, { used, order, folds });
  for (const array of [used, order, folds.starts, folds.ends]) releaseMemory(array);
  return { columns: written, idOfText };
}

interface SortedTexts {
  /** Numbers of the texts. */
  readonly used: Uint32Array;
  /** Positions in `used`, in text order. */
  readonly order: Uint32Array;
  /** By position. */
  readonly folds: FoldPlaces;
}

/** Writes the folded form of each text, unless it is that of the text before, and what tells the text from it. */
function writeTexts(texts: TextInterner, { used, order, folds }: SortedTexts): Map<string, ColumnArray> {
  const { bytes } = texts;
  const lower = createLowerCaseBytes();
  const foldOfText = new Uint32Array(order.length);
  const foldOffsets = new Uint32Array(order.length + 1);
  const caseOffsets = new Uint32Array(order.length + 1);
  const sizes = measure(texts, used, folds);
  const foldBytes = new Uint8Array(sizes.foldBytes);
  const upperCase = new Uint8Array(Math.ceil(sizes.caseBits / 8));
  const wholeTexts = new Uint32List();
  let foldCount = 0;
  for (let id = 0; id < order.length; id += 1) {
    const index = order[id]!;
    const text = used[index]!;
    const isAscii = texts.isAscii(text);
    const [from, to, at] = [folds.starts[index]!, folds.ends[index]!, foldOffsets[foldCount]!];
    const bit = caseOffsets[id]!;
    if (isAscii) splitCase(bytes, from, to, lower, foldBytes, at, upperCase, bit);
    else {
      for (let byte = from; byte < to; byte += 1) foldBytes[byte - from + at] = lower[bytes[byte]!]!;
      wholeTexts.push(id);
    }
    caseOffsets[id + 1] = bit + (isAscii ? to - from : 0);
    const end = at + to - from;
    if (foldCount === 0 || !isSame(foldBytes, foldOffsets[foldCount - 1]!, at, end)) {
      foldCount += 1;
      foldOffsets[foldCount] = end;
    }
    foldOfText[id] = foldCount - 1;
  }
  return new Map<string, ColumnArray>([
    ['foldOfText', foldOfText],
    ['foldOffsets', foldOffsets.subarray(0, foldCount + 1)],
    ['foldBytes', foldBytes.subarray(0, foldOffsets[foldCount]!)],
    ['caseOffsets', caseOffsets],
    ['upperCase', upperCase],
    ...writeWhole(texts, wholeTexts.toArray(), (id) => used[order[id]!]!),
  ]);
}

/** Bytes of the folded forms, equal ones counted each time; and of the texts that are ASCII. */
function measure(
  texts: TextInterner,
  used: Uint32Array,
  { starts, ends }: FoldPlaces,
): { foldBytes: number; caseBits: number } {
  let foldBytes = 0;
  let caseBits = 0;
  for (let index = 0; index < starts.length; index += 1) {
    const length = ends[index]! - starts[index]!;
    foldBytes += length;
    if (texts.isAscii(used[index]!)) caseBits += length;
  }
  return { foldBytes, caseBits };
}

/** Copies ASCII in lower case to `to[at…]`, and sets the bit of each letter that was in upper case. */
function splitCase(
  from: Uint8Array,
  start: number,
  end: number,
  lower: Uint8Array,
  to: Uint8Array,
  at: number,
  bits: Uint8Array,
  firstBit: number,
): void {
  for (let index = start; index < end; index += 1) {
    const byte = from[index]!;
    const folded = lower[byte]!;
    to[index - start + at] = folded;
    if (byte !== folded) {
      const bit = index - start + firstBit;
      bits[bit >>> 3]! |= 1 << (bit & 7);
    }
  }
}

/** Whether the text in `[start, end)` is the one that begins at `previous` and ends at `start`. */
function isSame(bytes: Uint8Array, previous: number, start: number, end: number): boolean {
  if (start - previous !== end - start) return false;
  for (let index = start; index < end; index += 1) {
    if (bytes[index] !== bytes[index - start + previous]) return false;
  }
  return true;
}

/** The texts that stand in full, by their string ids. */
function writeWhole(
  { bytes, offsets }: TextInterner,
  ids: Uint32Array,
  textOfId: (id: number) => number,
): [string, ColumnArray][] {
  const wholeOffsets = new Uint32Array(ids.length + 1);
  for (let index = 0; index < ids.length; index += 1) {
    const text = textOfId(ids[index]!);
    wholeOffsets[index + 1] = wholeOffsets[index]! + offsets[text + 1]! - offsets[text]!;
  }
  const wholeBytes = new Uint8Array(wholeOffsets[ids.length]!);
  for (let index = 0; index < ids.length; index += 1) {
    const text = textOfId(ids[index]!);
    wholeBytes.set(bytes.subarray(offsets[text]!, offsets[text + 1]!), wholeOffsets[index]!);
  }
  return [
    ['wholeTexts', ids],
    ['wholeOffsets', wholeOffsets],
    ['wholeBytes', wholeBytes],
  ];
}
