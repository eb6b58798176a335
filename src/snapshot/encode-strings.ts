/** Writes the string table: see `string-table.ts` for its columns. */

import { listDistinct } from './encoded-table.ts';
import type { ColumnArray } from './format.ts';
import { release } from './growing.ts';
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
  for (const array of [used, order, folds.starts, folds.ends]) release(array);
  return { columns: written, idOfText };
}

/** Writes each text and, when it differs from the one before, its folded form: both are read once, together. */
function writeTexts(
  { bytes, offsets }: TextInterner,
  { used, order, folds }: { used: Uint32Array; order: Uint32Array; folds: FoldPlaces },
): Map<string, ColumnArray> {
  const lower = createLowerCaseBytes();
  const textOffsets = new Uint32Array(order.length + 1);
  const foldOfText = new Uint32Array(order.length);
  const foldOffsets = new Uint32Array(order.length + 1);
  const textBytes = new Uint8Array(sumLengths(used, offsets));
  const foldBytes = new Uint8Array(sumFoldLengths(folds));
  let textEnd = 0;
  let foldCount = 0;
  for (let id = 0; id < order.length; id += 1) {
    const index = order[id]!;
    const text = used[index]!;
    textEnd = copyBytes(bytes, offsets[text]!, offsets[text + 1]!, textBytes, textEnd);
    textOffsets[id + 1] = textEnd;

    const start = foldOffsets[foldCount]!;
    const end = lowerBytes(bytes, folds.starts[index]!, folds.ends[index]!, lower, foldBytes, start);
    const isNew = foldCount === 0 || !isSame(foldBytes, foldOffsets[foldCount - 1]!, start, end);
    if (isNew) {
      foldCount += 1;
      foldOffsets[foldCount] = end;
    }
    foldOfText[id] = foldCount - 1;
  }
  return new Map<string, ColumnArray>([
    ['textOffsets', textOffsets],
    ['textBytes', textBytes],
    ['foldOfText', foldOfText],
    ['foldOffsets', foldOffsets.subarray(0, foldCount + 1)],
    ['foldBytes', foldBytes.subarray(0, foldOffsets[foldCount]!)],
  ]);
}

function sumLengths(texts: Uint32Array, offsets: Uint32Array): number {
  let sum = 0;
  for (let index = 0; index < texts.length; index += 1) {
    sum += offsets[texts[index]! + 1]! - offsets[texts[index]!]!;
  }
  return sum;
}

/** No less than the folded forms take: equal ones are counted each time. */
function sumFoldLengths({ starts, ends }: FoldPlaces): number {
  let sum = 0;
  for (let index = 0; index < starts.length; index += 1) sum += ends[index]! - starts[index]!;
  return sum;
}

/** Copies and returns where the copy ends; a loop, since texts are too short for a call of `set`. */
function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): number {
  const shift = at - start;
  for (let index = start; index < end; index += 1) to[index + shift] = from[index]!;
  return end + shift;
}

function lowerBytes(
  from: Uint8Array,
  start: number,
  end: number,
  lower: Uint8Array,
  to: Uint8Array,
  at: number,
): number {
  const shift = at - start;
  for (let index = start; index < end; index += 1) to[index + shift] = lower[from[index]!]!;
  return end + shift;
}

/** Whether the text in `[start, end)` is the one that begins at `previous` and ends at `start`. */
function isSame(bytes: Uint8Array, previous: number, start: number, end: number): boolean {
  if (start - previous !== end - start) return false;
  for (let index = start; index < end; index += 1) {
    if (bytes[index] !== bytes[index - start + previous]) return false;
  }
  return true;
}
