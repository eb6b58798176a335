/**
 * Walks along a sequence for the rows of a page: between two places, from one end, until the page is full; then on
 * to the next match on either side, for the two page flags.
 *
 * A walk may be given a limit of rows; one that reaches it has found nothing, and another way is taken.
 */

import type { Sequence } from './sequence.ts';
import type { RowPredicate } from './text-predicates.ts';
import type { Work } from './work.ts';

/** Places of a sequence, from `start` to before `end`. */
export interface Window {
  readonly start: number;
  readonly end: number;
}

export interface WalkRequest {
  readonly sequence: Sequence;
  /** No row outside matches. */
  readonly bounds: Window;
  /** The part of the bounds that the cursors leave. */
  readonly window: Window;
  readonly size: number;
  /** Whether the page is the last one of the window instead of the first. */
  readonly isBackward: boolean;
}

/** Rows of a page, in the order of the sequence, and whether matches come before and after. */
export interface FoundRows {
  readonly rows: readonly number[];
  readonly hasPreviousPage: boolean;
  readonly hasNextPage: boolean;
}

/** The page when every row within the bounds matches. O(size). */
export function cutPage({ sequence, bounds, window, size, isBackward }: WalkRequest): FoundRows {
  const start = isBackward ? Math.max(window.start, window.end - size) : window.start;
  const end = isBackward ? window.end : Math.min(window.end, window.start + size);
  const rows: number[] = [];
  for (let place = start; place < end; place += 1) rows.push(sequence.rowAt(place));
  return { rows, hasPreviousPage: start > bounds.start, hasNextPage: end < bounds.end };
}

/**
 * The page of the rows that match.
 *
 * @param rowLimit rows to look at before giving up with `undefined`
 * @param rowsPerPiece rows to look at before yielding
 */
export function* walkPage(
  { sequence, bounds, window, size, isBackward }: WalkRequest,
  matches: RowPredicate,
  rowLimit: number,
  rowsPerPiece: number,
): Work<FoundRows | undefined> {
  const walker = { sequence, matches, rowsLeft: rowLimit, rowsPerPiece };
  const page = isBackward
    ? yield* seek(walker, window.end, window.start, size)
    : yield* seek(walker, window.start, window.end, size);
  if (page === undefined) return undefined;
  const previous = yield* seek(walker, isBackward ? page.place : window.start, bounds.start, 1);
  if (previous === undefined) return undefined;
  const next = yield* seek(walker, isBackward ? window.end : page.place, bounds.end, 1);
  if (next === undefined) return undefined;
  return {
    rows: isBackward ? page.rows.reverse() : page.rows,
    hasPreviousPage: previous.rows.length > 0,
    hasNextPage: next.rows.length > 0,
  };
}

interface Walker {
  readonly sequence: Sequence;
  readonly matches: RowPredicate;
  readonly rowsPerPiece: number;
  rowsLeft: number;
}

/** Matching rows on the way from one place to another, either way, and how far it went for them. */
function* seek(
  walker: Walker,
  from: number,
  to: number,
  wanted: number,
): Work<{ readonly rows: number[]; readonly place: number } | undefined> {
  const rows: number[] = [];
  let place = from;
  for (;;) {
    const reached = scan(walker, place, to, wanted, rows);
    walker.rowsLeft -= Math.abs(reached - place);
    place = reached;
    if (place === to || rows.length === wanted) return { rows, place };
    if (walker.rowsLeft <= 0) return undefined;
    yield;
  }
}

/** Looks at one piece of the way. @returns the place reached */
function scan(walker: Walker, from: number, to: number, wanted: number, rows: number[]): number {
  const { sequence, matches } = walker;
  const step = from < to ? 1 : -1;
  let place = from;
  let rowsLeft = Math.min(walker.rowsLeft, walker.rowsPerPiece);
  for (; rowsLeft > 0 && place !== to && rows.length < wanted; rowsLeft -= 1) {
    const row = sequence.rowAt(step === 1 ? place : place - 1);
    place += step;
    if (matches(row)) rows.push(row);
  }
  return place;
}
