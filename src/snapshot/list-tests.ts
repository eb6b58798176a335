/** Tests on columns of usage lists: put to each distinct list once, then to the rows that point at them. */

import type { ListTest } from './filter.ts';
import type { UnsignedColumn } from './format.ts';
import type { UsageLists } from './names.ts';
import { gatherSet } from './pointed-rows.ts';
import { type RowSet, testEveryRow } from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import type { StringTable } from './string-table.ts';
import type { RowPredicate } from './text-predicates.ts';
import type { Work } from './work.ts';

/** A test on the row of a list; a row where there is none is a list that was not reported. */
export function compileListTest(test: ListTest, lists: UsageLists, strings: StringTable): RowPredicate {
  switch (test.kind) {
    case 'isNull':
      return (list) => !lists.has(list);
    case 'isEmpty':
      return (list) => lists.has(list) && lists.sizeOf(list) === 0;
    case 'hasAny': {
      const folds = new Set(findFolds(test.values, strings));
      return (list) => lists.has(list) && lists.hasAnyOf(list, folds);
    }
    case 'hasAll': {
      const folds = findFolds(test.values, strings).map((fold) => new Set([fold]));
      if (folds.length < test.values.length) return () => false;
      return (list) => lists.has(list) && folds.every((fold) => lists.hasAnyOf(list, fold));
    }
  }
}

/** The rows of a column of lists that pass a test. */
export function* evaluateListColumn(
  column: UnsignedColumn,
  test: ListTest,
  lists: UsageLists,
  { strings, queries: { limits } }: Snapshot,
): Work<RowSet> {
  const matches = compileListTest(test, lists, strings);
  if (test.kind === 'isNull')
    return yield* testEveryRow(column.length, (row) => matches(column[row]!), limits);
  return yield* gatherSet(column, yield* testEveryRow(lists.length, matches, limits), limits);
}

function findFolds(values: readonly string[], strings: StringTable): number[] {
  return values.map((value) => strings.findFold(value)).filter((fold) => fold !== undefined);
}
