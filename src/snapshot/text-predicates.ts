/**
 * Text tests as tests on single rows: for a page that meets its rows before it is worth making a set of all.
 * Preparing one costs a binary search at most; asking one, a look at the bytes of one folded text.
 */

import type { TextTest } from './filter.ts';
import { NONE, type StringTable } from './string-table.ts';

/** A test on a text that is there. */
export type PresentTextTest = Exclude<TextTest, { kind: 'isNull' }>;

/** A test on a row number of some table. */
export type RowPredicate = (row: number) => boolean;

/** A test on a string id; {@link NONE} is a missing value. */
export function compileTextTest(test: TextTest, strings: StringTable): RowPredicate {
  if (test.kind === 'isNull') return (id) => id === NONE;
  const matchesFold = compileFoldTest(test, strings);
  return (id) => id !== NONE && matchesFold(strings.foldOf(id));
}

/** The same test on a plain folded text, for texts that are in no table. */
export function matchesText(test: PresentTextTest, folded: string): boolean {
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

/** Whether searching the texts for it reads all of their bytes. */
export function isSearch(test: TextTest): test is Extract<TextTest, { kind: 'contains' | 'endsWith' }> {
  return test.kind === 'contains' || test.kind === 'endsWith';
}

/** The half-open ranges of folded texts that equal one of the values, or begin with the value. O(values × log m). */
export function foldRanges(
  test: Exclude<PresentTextTest, { kind: 'contains' | 'endsWith' }>,
  strings: StringTable,
): (readonly [start: number, end: number])[] {
  if (test.kind === 'startsWith') return [strings.foldRange(test.value)];
  return test.values.flatMap((value) => {
    const fold = strings.findFold(value);
    return fold === undefined ? [] : [[fold, fold + 1] as const];
  });
}

function compileFoldTest(test: PresentTextTest, strings: StringTable): RowPredicate {
  switch (test.kind) {
    case 'in': {
      const folds = new Set(foldRanges(test, strings).map(([fold]) => fold));
      return (fold) => folds.has(fold);
    }
    case 'startsWith': {
      const [start, end] = strings.foldRange(test.value);
      return (fold) => fold >= start && fold < end;
    }
    case 'contains': {
      const needle = Buffer.from(test.value);
      return (fold) => strings.folds.contains(fold, needle);
    }
    case 'endsWith': {
      const needle = Buffer.from(test.value);
      return (fold) => strings.folds.endsWith(fold, needle);
    }
  }
}
