/**
 * Text tests as sets of string ids, and as sets of the rows of a column of string ids.
 *
 * Distinct texts are sorted: equality and `startsWith` are ranges of ids, found by binary search; `contains` and
 * `endsWith` are one native search over the bytes of all folded texts, kept for the next filter that asks.
 */

import type { TextTest } from './filter.ts';
import {
  addRange,
  createWords,
  gatherSet,
  type RowSet,
  sealSet,
  sizeOfSet,
  testEveryRow,
} from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import { NONE } from './string-table.ts';
import { compileTextTest, foldRanges, isSearch, type PresentTextTest } from './text-predicates.ts';
import type { Work } from './work.ts';

/** What a look at one text costs, in bytes of a search. */
const ROW_BYTES = 128;

/** The rows of a column of string ids whose text passes a test. */
export function* evaluateTextColumn(column: Uint32Array, test: TextTest, snapshot: Snapshot): Work<RowSet> {
  if (test.kind === 'isNull') {
    return yield* testEveryRow(column.length, (row) => column[row] === NONE, snapshot.queries.limits);
  }
  const { strings, queries } = snapshot;
  // Few rows are looked at one by one: a search reads every text of the snapshot.
  if (isSearch(test) && column.length * ROW_BYTES < strings.folds.byteLength) {
    const matches = compileTextTest(test, strings);
    return yield* testEveryRow(column.length, (row) => matches(column[row]!), queries.limits);
  }
  return yield* gatherSet(column, yield* evaluateTexts(test, snapshot), queries.limits);
}

/** The string ids whose text passes a test. */
export function* evaluateTexts(test: PresentTextTest, { strings, queries }: Snapshot): Work<RowSet> {
  if (test.kind === 'in' || test.kind === 'startsWith') {
    const words = createWords(strings.length);
    for (const [start, end] of foldRanges(test, strings)) {
      addRange(words, strings.firstTextOf(start), strings.firstTextOf(end));
    }
    return sealSet(words, strings.length);
  }
  const search = function* (): Work<RowSet> {
    const folds = yield* strings.folds.search(test.kind, Buffer.from(test.value), queries.limits);
    return yield* gatherSet(strings.foldOfText, folds, queries.limits);
  };
  return yield* queries.cache.share(`texts ${test.kind} ${test.value}`, search, sizeOfSet);
}
