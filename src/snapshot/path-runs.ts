/**
 * Where the paths of a store lie among all folded paths, without building them.
 *
 * Nearly every path is a store and the thumbprint of its certificate, and certificates are in order already: a
 * store is a run of places, one a certificate. Whole paths and stores within a store cut that run in slices:
 *
 *   localmachine\my\          + 0a1b… 3c4d… 9e8f…        slice 0             (3 certificates)
 *   localmachine\root\        + 0a1b…                    slice 1
 *   localmachine\root\1111…     a whole path             slice 2
 *   localmachine\root\        + 3c4d… 9e8f…              slice 3
 *
 * A whole path that says what a store says of some certificate shares that one's slice.
 */

import { compareBytes } from './text-order.ts';

/** A folded text that installations have as their path, or begin it with. */
export interface PathText {
  readonly folded: string;
  /** Whether the thumbprint of a certificate follows. */
  readonly isStore: boolean;
}

/** The slices of one text: a whole path has one, a store those of its certificates. */
export interface PathSlices {
  /** Ascending; a slice ends where the next one starts. The first starts at certificate row 0. */
  readonly firstCertificates: number[];
  /** The slice, by the same index; ascending. */
  readonly slices: number[];
}

export interface PathRuns {
  readonly sliceCount: number;
  /** By the index of the text. */
  readonly slicesOfText: readonly PathSlices[];
  /** Slices whose paths are all one path: their rows are ordered by nothing but themselves. */
  readonly onePathSlices: readonly number[];
}

/** Compares the thumbprints of certificate rows, in lower case, with a text. */
export interface ThumbprintSearch {
  readonly length: number;
  /** The first certificate row whose thumbprint is not below a text. O(log n). */
  lowerBound(text: string): number;
  /** Whether the thumbprint of a row starts with a text; `false` beyond the last row. */
  startsWith(row: number, text: string): boolean;
}

const THUMBPRINT_DIGITS = 40;

/**
 * The stores some of whose paths lie among those of another store, because the text between the two reads like the
 * start of a thumbprint. Such a store is no run of slices: its paths must be taken as whole paths.
 */
export function findInterleaved(stores: readonly string[], thumbprints: ThumbprintSearch): Set<string> {
  const interleaved = new Set<string>();
  const around: string[] = [];
  for (const store of [...stores].sort(compareBytes)) {
    while (around.length > 0 && !store.startsWith(around.at(-1)!)) around.pop();
    const rest = store.slice(around.at(-1)?.length ?? store.length);
    if (rest !== '' && thumbprints.startsWith(thumbprints.lowerBound(rest), rest)) interleaved.add(store);
    else around.push(store);
  }
  return interleaved;
}

/** A store whose slices are being cut. */
interface OpenStore {
  readonly folded: string;
  readonly slices: PathSlices;
  /** The certificate row that the next slice starts with. */
  next: number;
}

/** Cuts all paths into slices, in order. `texts` are distinct, and no store is interleaved with another. */
export function cutPathRuns(texts: readonly PathText[], thumbprints: ThumbprintSearch): PathRuns {
  const slicesOfText: PathSlices[] = texts.map(() => ({ firstCertificates: [], slices: [] }));
  const onePathSlices: number[] = [];
  const around: OpenStore[] = [];
  let sliceCount = 0;

  /** Ends the slice of the innermost store before a certificate row. */
  function cutBefore(store: OpenStore, row: number): void {
    if (row <= store.next) return;
    addSlice(store.slices, store.next);
    store.next = row;
  }
  function addSlice(slices: PathSlices, firstCertificate: number): number {
    slices.firstCertificates.push(firstCertificate);
    slices.slices.push(sliceCount);
    sliceCount += 1;
    return sliceCount - 1;
  }
  function close(store: OpenStore): void {
    cutBefore(store, thumbprints.length);
  }

  const order = [...texts.keys()].sort(
    (a, b) =>
      compareBytes(texts[a]!.folded, texts[b]!.folded) ||
      Number(texts[a]!.isStore) - Number(texts[b]!.isStore),
  );
  for (const index of order) {
    const { folded, isStore } = texts[index]!;
    while (around.length > 0 && !folded.startsWith(around.at(-1)!.folded)) close(around.pop()!);
    const outer = around.at(-1);
    let shared: number | undefined;
    if (outer !== undefined) {
      const rest = folded.slice(outer.folded.length);
      const place = thumbprints.lowerBound(rest);
      cutBefore(outer, place);
      if (rest.length === THUMBPRINT_DIGITS && thumbprints.startsWith(place, rest)) {
        cutBefore(outer, place + 1);
        shared = outer.slices.slices.at(-1)!;
        slicesOfText[index]!.slices.push(shared);
      }
    }
    if (isStore) around.push({ folded, slices: slicesOfText[index]!, next: 0 });
    else onePathSlices.push(shared ?? addSlice(slicesOfText[index]!, 0));
  }
  while (around.length > 0) close(around.pop()!);
  return { sliceCount, slicesOfText, onePathSlices };
}
