/** Writes the string table: see `string-table.ts` for its columns. */

import type { ColumnArray } from './format.ts';
import { listMarked } from './orders.ts';
import { NONE } from './string-table.ts';
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
  const textOfId = listUsedTexts(texts, columns);
  const folds = placeFolds(texts, textOfId);
  const order = sortTexts(texts, textOfId, folds);
  const idOfText = new Uint32Array(texts.length);
  for (let id = 0; id < order.length; id += 1) idOfText[textOfId[order[id]!]!] = id;
  return {
    columns: new Map([...encodeTexts(texts, textOfId, order), ...encodeFolds(texts, folds, order)]),
    idOfText,
  };
}

function listUsedTexts(texts: TextInterner, columns: Iterable<Uint32Array>): Uint32Array {
  const isUsed = new Uint8Array(texts.length);
  for (const column of columns) {
    for (let row = 0; row < column.length; row += 1) if (column[row] !== NONE) isUsed[column[row]!] = 1;
  }
  return listMarked(isUsed);
}

function encodeTexts(
  { bytes, offsets }: TextInterner,
  textOfId: Uint32Array,
  order: Uint32Array,
): [string, ColumnArray][] {
  const textOffsets = new Uint32Array(order.length + 1);
  for (let id = 0; id < order.length; id += 1) {
    const text = textOfId[order[id]!]!;
    textOffsets[id + 1] = textOffsets[id]! + offsets[text + 1]! - offsets[text]!;
  }
  const textBytes = new Uint8Array(textOffsets[order.length]!);
  for (let id = 0; id < order.length; id += 1) {
    const shift = offsets[textOfId[order[id]!]!]! - textOffsets[id]!;
    const end = textOffsets[id + 1]!;
    for (let at = textOffsets[id]!; at < end; at += 1) textBytes[at] = bytes[at + shift]!;
  }
  return [
    ['textOffsets', textOffsets],
    ['textBytes', textBytes],
  ];
}

function encodeFolds(
  { bytes }: TextInterner,
  folds: FoldPlaces,
  order: Uint32Array,
): [string, ColumnArray][] {
  const lower = createLowerCaseBytes();
  const { starts, ends } = folds;
  const isSameFold = (a: number, b: number): boolean => {
    const length = ends[a]! - starts[a]!;
    if (ends[b]! - starts[b]! !== length) return false;
    for (let index = 0; index < length; index += 1) {
      if (lower[bytes[starts[a]! + index]!] !== lower[bytes[starts[b]! + index]!]) return false;
    }
    return true;
  };
  const foldOfText = new Uint32Array(order.length);
  /** The first text of each fold, by its position. */
  const firstOfFold = new Uint32Array(order.length);
  let foldCount = 0;
  let byteCount = 0;
  for (let id = 0; id < order.length; id += 1) {
    const text = order[id]!;
    if (id === 0 || !isSameFold(order[id - 1]!, text)) {
      firstOfFold[foldCount] = text;
      foldCount += 1;
      byteCount += ends[text]! - starts[text]!;
    }
    foldOfText[id] = foldCount - 1;
  }
  const foldOffsets = new Uint32Array(foldCount + 1);
  const foldBytes = new Uint8Array(byteCount);
  let at = 0;
  for (let fold = 0; fold < foldCount; fold += 1) {
    const text = firstOfFold[fold]!;
    for (let from = starts[text]!; from < ends[text]!; from += 1, at += 1)
      foldBytes[at] = lower[bytes[from]!]!;
    foldOffsets[fold + 1] = at;
  }
  return [
    ['foldOfText', foldOfText],
    ['foldOffsets', foldOffsets],
    ['foldBytes', foldBytes],
  ];
}
