/**
 * Text tests, compiled once a request into tests on string ids.
 *
 * Distinct texts are few and sorted: `in` and `startsWith` become comparisons of integers, `contains` and
 * `endsWith` look at the bytes of each distinct folded text at most once.
 */

import type { TextTest } from './filter.ts';
import { NONE, type StringTable } from './string-table.ts';

/** A test on a row number of some table. */
export type RowPredicate = (row: number) => boolean;

/** A test on a string id; {@link NONE} is a missing value. */
export function compileTextTest(test: TextTest, strings: StringTable): RowPredicate {
  if (test.kind === 'isNull') return (id) => id === NONE;
  const matchesFold = compileFoldTest(test, strings);
  return (id) => id !== NONE && matchesFold(strings.foldOf(id));
}

/** The same test on a plain folded text, for texts that are in no table. */
export function matchesText(test: Exclude<TextTest, { kind: 'isNull' }>, folded: string): boolean {
  switch (test.kind) {
    case 'in':
      return test.values.includes(folded);
    case 'contains':
      return folded.includes(test.value);
    case 'startsWith':
      return folded.startsWith(test.value);
    case 'endsWith':
      return folded.endsWith(test.value);
  }
}

function compileFoldTest(test: Exclude<TextTest, { kind: 'isNull' }>, strings: StringTable): RowPredicate {
  switch (test.kind) {
    case 'in': {
      const folds = new Set(
        test.values.map((value) => strings.findFold(value)).filter((fold) => fold !== undefined),
      );
      return (fold) => folds.has(fold);
    }
    case 'startsWith': {
      const [start, end] = strings.foldRange(test.value);
      return (fold) => fold >= start && fold < end;
    }
    case 'contains': {
      const needle = Buffer.from(test.value);
      return memoize(strings.foldLength, (fold) => strings.foldContains(fold, needle));
    }
    case 'endsWith': {
      const needle = Buffer.from(test.value);
      return memoize(strings.foldLength, (fold) => strings.foldEndsWith(fold, needle));
    }
  }
}

/** Remembers a test's answers for rows below `length`, in a byte each. */
export function memoize(length: number, predicate: RowPredicate): RowPredicate {
  let answers: Uint8Array | undefined;
  return (row) => {
    answers ??= new Uint8Array(length);
    if (answers[row] === 0) answers[row] = predicate(row) ? 2 : 1;
    return answers[row] === 2;
  };
}
