/**
 * Text tests as sets of folded texts, and as sets of the rows of a column of string ids.
 *
 * Distinct texts are sorted: equality and `startsWith` are ranges, found by binary search; `contains` and `endsWith` are
 * one native search over the bytes of the folded texts that a column's own stand among, kept for the next filter on it.
 */

import type { TextTest } from './filter.ts';
import { gatherThrough } from './pointed-rows.ts';
import { addRange, createWords, type RowSet, sealSet, sizeOfSet, testEveryRow } from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import { NONE } from './string-table.ts';
import type { TextRange } from './text-arena.ts';
import { compileTextTest, foldRanges, isSearch } from './text-predicates.ts';
import { inPieces, type Work } from './work.ts';

/** What a look at one text costs, in bytes of a search. */
const ROW_BYTES = 128;

/** The rows of a column of string ids whose text passes a test. */
export function* evaluateTextColumn(column: Uint32Array, test: TextTest, snapshot: Snapshot): Work<RowSet> {
  const { strings, queries } = snapshot;
  const { limits } = queries;
  if (test.kind === 'isNull')
    return yield* testEveryRow(column.length, (row) => column[row] === NONE, limits);
  if (!isSearch(test)) {
    const words = createWords(strings.folds.length);
    for (const [start, end] of foldRanges(test, strings)) addRange(words, start, end);
    return yield* gatherThrough(column, strings.foldOfText, sealSet(words, strings.folds.length), limits);
  }
  const range = yield* findRange(column, snapshot);
  // Few rows are looked at one by one: a search reads every text that stands among theirs.
  if (column.length * ROW_BYTES < strings.folds.byteLength(range.start, range.end)) {
    const matches = compileTextTest(test, strings);
    return yield* testEveryRow(column.length, (row) => matches(column[row]!), limits);
  }
  const search = (): Work<RowSet> => strings.folds.search(test.kind, Buffer.from(test.value), range, limits);
  const key = `texts ${range.start} ${range.end} ${test.kind} ${test.value}`;
  const folds = yield* queries.cache.share(key, search, sizeOfSet);
  return yield* gatherThrough(column, strings.foldOfText, folds, limits);
}

/** The folded texts that those of a column stand among: texts of one kind mostly begin alike, and lie together. */
function* findRange(column: Uint32Array, { strings, queries }: Snapshot): Work<TextRange> {
  let first = NONE;
  let last = -1;
  yield* inPieces(column.length, queries.limits.rowsPerPiece, (start, end) => {
    for (let row = start; row < end; row += 1) {
      const text = column[row]!;
      if (text === NONE) continue;
      if (text < first) first = text;
      if (text > last) last = text;
    }
  });
  return last < 0 ? { start: 0, end: 0 } : { start: strings.foldOf(first), end: strings.foldOf(last) + 1 };
}
