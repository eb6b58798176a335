/**
 * What the query engine needs to know of one table's tests, so that the logic between them is written once.
 *
 * A test can be put to rows one by one (a page that finds its rows at once), or to all of them (a set). Both give
 * the same answers.
 */

import type { RowSet } from './row-set.ts';
import type { RowPredicate } from './text-predicates.ts';
import type { Work } from './work.ts';

export interface TableTests<Leaf> {
  /** Of the table, for keys. */
  readonly name: string;
  /** Rows of the table. */
  readonly length: number;
  /** Roughly what {@link evaluate} costs, in rows of a pass over a column: a nanosecond or two each. */
  estimateSteps(leaf: Leaf): number;
  /** The rows that pass. */
  evaluate(leaf: Leaf): Work<RowSet>;
  /**
   * The test on one row. Cheap to make, but for tests over all installations of a row: those are made a set first, for
   * one row may have a hundred thousand.
   */
  compile(leaf: Leaf): Work<RowPredicate>;
  /**
   * The rows of a set that pass, found by looking at what belongs to those rows alone; `undefined` when that is no
   * cheaper than {@link evaluate}, or than {@link compile} and asking.
   */
  narrow(leaf: Leaf, set: RowSet): Work<RowSet | undefined>;
}
