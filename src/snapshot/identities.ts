/**
 * Numbers the entities behind gathered parts: parts of one identity are one row, and rows are in identity order.
 */

import { THUMBPRINT_WORDS } from './ingest.ts';
import { listMarked } from './orders.ts';
import { sortByWords } from './sort-words.ts';
import { NONE } from './string-table.ts';
import type { TextInterner } from './text-interner.ts';
import { placeFolds, sortTexts } from './text-sort.ts';
import type { TupleInterner } from './tuple-interner.ts';

export interface Identities {
  /** The row of each part; {@link NONE} for a part that is not used. */
  readonly rowOfPart: Uint32Array;
  readonly rowCount: number;
}

/** Parts with 1 in `used`, by their thumbprints. */
export function identifyCertificates(parts: TupleInterner, used: Uint8Array): Identities {
  const { words, width } = parts;
  const order = listMarked(used);
  sortByWords(
    order,
    (part, level) => words[part * width + level]!,
    (_rows, start, end, level) => (level === THUMBPRINT_WORDS - 1 ? end - start : 0),
  );
  const rowOfPart = new Uint32Array(parts.length).fill(NONE);
  let row = -1;
  for (let index = 0; index < order.length; index += 1) {
    if (index === 0 || !isSameThumbprint(words, order[index]! * width, order[index - 1]! * width)) row += 1;
    rowOfPart[order[index]!] = row;
  }
  return { rowOfPart, rowCount: row + 1 };
}

/** Parts with 1 in `used`, by the text in their first column. */
export function identifyByText(texts: TextInterner, parts: TupleInterner, used: Uint8Array): Identities {
  const rowOfText = new Uint32Array(texts.length).fill(NONE);
  const rowOfPart = new Uint32Array(parts.length).fill(NONE);
  const distinct: number[] = [];
  for (let part = 0; part < used.length; part += 1) {
    const text = parts.at(part, 0);
    if (used[part] === 0 || rowOfText[text] !== NONE) continue;
    rowOfText[text] = 0;
    distinct.push(text);
  }
  const ids = Uint32Array.from(distinct);
  const order = sortTexts(texts, ids, placeFolds(texts, ids));
  for (let row = 0; row < order.length; row += 1) rowOfText[ids[order[row]!]!] = row;
  for (let part = 0; part < used.length; part += 1) {
    if (used[part] === 1) rowOfPart[part] = rowOfText[parts.at(part, 0)]!;
  }
  return { rowOfPart, rowCount: ids.length };
}

function isSameThumbprint(words: Uint32Array, a: number, b: number): boolean {
  for (let word = 0; word < THUMBPRINT_WORDS; word += 1) {
    if (words[a + word] !== words[b + word]) return false;
  }
  return true;
}
