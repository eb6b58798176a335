/**
 * The order of installations by their folded paths, without building ten million paths: see `path-runs.ts`.
 */

import { foldText } from './filter.ts';
import type { UnsignedColumn } from './format.ts';
import { PATH_TAIL } from './ingest.ts';
import { countOffsets, distribute } from './orders.ts';
import { cutPathRuns, findInterleaved, type PathSlices, type PathText } from './path-runs.ts';
import { NONE } from './string-table.ts';
import { createThumbprintSearch, getFoldedThumbprint } from './thumbprints.ts';

export interface PathColumns {
  /** Row of the certificate, and of the path entry, of each installation. */
  readonly certificate: Uint32Array;
  readonly path: UnsignedColumn;
  /** Rows of installations by certificate, ascending within one. */
  readonly byCertificate: Uint32Array;
  /** By path entry. */
  readonly prefixes: readonly string[];
  readonly tails: Uint8Array;
  /** Twenty bytes a certificate row, ascending. */
  readonly thumbprints: Uint8Array;
}

/** Rows ascending by folded path, ties by row. Linear in the installations but for paths that are in no store. */
export function orderByPath(columns: PathColumns): Uint32Array {
  const search = createThumbprintSearch(columns.thumbprints);
  const { texts, textOfRow } = listPathTexts(columns, (stores) => findInterleaved(stores, search));
  const { sliceCount, slicesOfText, onePathSlices } = cutPathRuns(texts, search);
  const sliceOfRow = new Uint32Array(columns.path.length);
  for (let row = 0; row < sliceOfRow.length; row += 1) {
    sliceOfRow[row] = findSlice(slicesOfText[textOfRow(row)]!, columns.certificate[row]!);
  }
  const rows = distribute(sliceOfRow, sliceCount, columns.byCertificate);
  sortSlices(rows, sliceOfRow, sliceCount, onePathSlices);
  return rows;
}

/** The distinct folded texts of stores and whole paths, and which of them each row has. */
function listPathTexts(
  { prefixes, tails, path, certificate, thumbprints }: PathColumns,
  findInterleavedStores: (stores: readonly string[]) => ReadonlySet<string>,
): { texts: readonly PathText[]; textOfRow: (row: number) => number } {
  const folded = prefixes.map(foldText);
  const interleaved = findInterleavedStores([
    ...new Set(folded.filter((_, entry) => tails[entry] !== PATH_TAIL.none)),
  ]);
  const texts: PathText[] = [];
  const stores = new Map<string, number>();
  const wholePaths = new Map<string, number>();
  const indexOf = (text: string, isStore: boolean): number => {
    const known = isStore ? stores : wholePaths;
    const index = known.get(text);
    if (index !== undefined) return index;
    known.set(text, texts.length);
    return texts.push({ folded: text, isStore }) - 1;
  };
  const textOfEntry = new Uint32Array(folded.length);
  for (const [entry, text] of folded.entries()) {
    const isStore = tails[entry] !== PATH_TAIL.none;
    textOfEntry[entry] = isStore && interleaved.has(text) ? NONE : indexOf(text, isStore);
  }
  const wholePathOf = (row: number): string =>
    folded[path[row]!]! + getFoldedThumbprint(thumbprints, certificate[row]!);
  if (interleaved.size > 0) {
    for (let row = 0; row < path.length; row += 1) {
      if (textOfEntry[path[row]!] === NONE) indexOf(wholePathOf(row), false);
    }
  }
  return {
    texts,
    textOfRow: (row) => {
      const text = textOfEntry[path[row]!]!;
      return text === NONE ? indexOf(wholePathOf(row), false) : text;
    },
  };
}

/** The slice of a text that a certificate is in. */
function findSlice({ firstCertificates, slices }: PathSlices, certificate: number): number {
  let low = 0;
  let high = slices.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (firstCertificates[middle]! <= certificate) low = middle;
    else high = middle - 1;
  }
  return slices[low]!;
}

/** Within a slice of one path, rows came by certificate, and must stand by row. */
function sortSlices(
  rows: Uint32Array,
  sliceOfRow: Uint32Array,
  sliceCount: number,
  slices: readonly number[],
): void {
  if (slices.length === 0) return;
  const offsets = countOffsets(sliceOfRow, sliceCount);
  for (const slice of slices) rows.subarray(offsets[slice], offsets[slice + 1]).sort();
}
