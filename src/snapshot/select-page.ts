/**
 * The one mechanism of pages: take the order's sequence, cut it at the cursors, find the page in it.
 *
 * With a filter it goes from the cheapest way to the surest, each bounded before the next is taken:
 *
 *   1. the filter is a range of the order itself      two binary searches
 *   2. the list of all matches is kept already        a binary search
 *   3. ask the predicate of rows along the order      a few thousand rows; not where it walks relations
 *   4. make the set of all matches, walk along it     once; some ten thousand rows
 *   5. put all matches in order, keep that list       once; or, when they are too many to keep, walk on
 *
 * 2, 4 and 5 stay for the next page and for the count. None shows in the answer.
 */

import { compilePlan, countLeaves, evaluatePlan, isQuantified, keyOfSet, narrow } from './evaluate-plan.ts';
import type { Plan } from './filter-plan.ts';
import type { Confined } from './filter-ranges.ts';
import { orderRows } from './order-rows.ts';
import { countRelatedRows, getRelatedRows, isCollected, type Relation } from './relations.ts';
import type { Tie } from './row-orders.ts';
import { hasRow, listRows, type RowSet, toSet } from './row-set.ts';
import {
  createSequence,
  type Direction,
  type OrderedRows,
  orderTable,
  type Position,
  type RowOrder,
  type Sequence,
  type ValueRange,
} from './sequence.ts';
import type { Snapshot } from './snapshot.ts';
import type { TableTests } from './table-tests.ts';
import { cutPage, type FoundRows, type WalkRequest, type Window, walkPage } from './walk.ts';
import { done, inPieces, type QueryLimits, type Work } from './work.ts';

/** Which part of the list a page is. */
export interface PageRequest<Field extends string> {
  readonly field: Field;
  readonly direction: Direction;
  /** Rows from the start; exactly one of `first` and `last` is given, and is not negative. */
  readonly first?: number;
  /** Rows from the end, still in the order's direction. */
  readonly last?: number;
  readonly after?: Position;
  readonly before?: Position;
}

/** What to choose from: the rows of a relation, or any rows, ascending. Only what is named can be kept. */
export type Within = Relation | Uint32Array;

/** The rows of a page. */
export interface SlicedPage {
  readonly rows: readonly number[];
  /** Whether a matching row comes after the last one of the page. */
  readonly hasNextPage: boolean;
  /** Whether a matching row comes before the first one of the page. */
  readonly hasPreviousPage: boolean;
  /** All matching rows, whatever the cursors. */
  count(): Work<number>;
}

/** A filter on a table, ready to be put to it. */
export interface TableFilter<Leaf> {
  readonly plan: Plan<Leaf>;
  readonly tests: TableTests<Leaf>;
  /** The plan, with what it says of the order's sort values taken out. */
  readonly confined: Confined<Leaf>;
}

export interface SelectedTable<Leaf> {
  readonly name: string;
  readonly length: number;
  readonly order: RowOrder;
  readonly tie: Tie;
  readonly filter?: TableFilter<Leaf>;
}

/** Lists of more rows than this part of the table are not made: a walk finds such rows soon. */
const LISTED_PART = 1 / 16;
/** Relations of fewer rows are collected and ordered anew each time. */
const KEPT_ROWS = 256;

export function* selectPage<Leaf, Field extends string>(
  snapshot: Snapshot,
  table: SelectedTable<Leaf>,
  page: PageRequest<Field>,
  within: Within | undefined,
): Work<SlicedPage> {
  const selected = within === undefined ? undefined : select(within, snapshot);
  const { filter } = table;
  if (filter === undefined) {
    const sequence = yield* openSequence(snapshot, table, page, selected);
    return pageOfAll(sequence, { start: 0, end: sequence.length }, page, table);
  }
  const { plan, tests, confined } = filter;
  const { cache, limits } = snapshot.queries;
  if (confined.rest === undefined) {
    const sequence = yield* openSequence(snapshot, table, page, selected);
    return pageOfAll(sequence, boundsOf(sequence, confined.range), page, table);
  }
  const setKey = keyOfSet(plan, tests);
  const listKey =
    selected !== undefined && selected.key === undefined
      ? undefined
      : `list ${page.field} (${selected?.key ?? ''}) ${setKey}`;
  const kept = listKey === undefined ? undefined : cache.find<OrderedRows>(listKey);
  if (kept !== undefined) return pageOfList(kept, page, table);

  const lazyRows = Math.floor(limits.lazyRows / countLeaves(plan));
  if (selected !== undefined && selected.length <= lazyRows) {
    const all = toSet(yield* selected.collect(), table.length);
    const matching = yield* narrow(all, plan, tests, snapshot.queries);
    const rows = yield* listRows(matching, limits);
    return pageOfList(yield* orderRows(table.order, table.length, rows, limits), page, table);
  }
  const count = (): Work<number> => countMatches(snapshot, filter, selected);
  const set = cache.find<RowSet>(setKey);
  if (set === undefined && !isQuantified(plan)) {
    const sequence = yield* openSequence(snapshot, table, page, selected);
    const request = toRequest(sequence, boundsOf(sequence, confined.range), page, table.tie);
    const matches = yield* compilePlan(confined.rest, tests);
    const found = yield* walkPage(request, matches, lazyRows, lazyRows);
    if (found !== undefined) return withCount(found, count);
  }
  const matching: RowSet = set ?? (yield* evaluatePlan(plan, tests, snapshot.queries));
  const most = Math.min(matching.count, selected?.length ?? table.length);
  const isListed = most <= Math.max(limits.listedRows, table.length * LISTED_PART);
  if (most > limits.listedRows) {
    const sequence = yield* openSequence(snapshot, table, page, selected);
    const request = toRequest(sequence, boundsOf(sequence, confined.range), page, table.tie);
    const rowLimit = isListed ? limits.walkedRows : Number.POSITIVE_INFINITY;
    const found = yield* walkPage(request, (row) => hasRow(matching, row), rowLimit, limits.rowsPerPiece);
    if (found !== undefined) return withCount(found, count);
  }
  const makeList = function* (): Work<OrderedRows> {
    const rows = yield* listMatches(matching, selected, limits);
    return yield* orderRows(table.order, table.length, rows, limits);
  };
  const list = listKey === undefined ? makeList() : cache.share(listKey, makeList, sizeOfOrderedRows);
  return pageOfList(yield* list, page, table);
}

/** Rows to choose from. */
interface SelectedRows {
  readonly length: number;
  /** Ascending. */
  collect(): Work<Uint32Array>;
  /** The name under which something about them can be kept. */
  readonly key: string | undefined;
}

function select(within: Within, snapshot: Snapshot): SelectedRows {
  if (within instanceof Uint32Array) {
    return { length: within.length, collect: () => done(within), key: undefined };
  }
  const length = countRelatedRows(snapshot, within);
  const key = `${within.kind} ${within.row}`;
  const collect = function* (): Work<Uint32Array> {
    const rows = getRelatedRows(snapshot, within);
    yield;
    return rows;
  };
  const isKept = length >= KEPT_ROWS && isCollected(within);
  return {
    length,
    collect: isKept
      ? () => snapshot.queries.cache.share(`rows (${key})`, collect, ({ byteLength }) => byteLength)
      : collect,
    key,
  };
}

/** All rows to choose from, in order. */
function* openSequence<Leaf, Field extends string>(
  { queries }: Snapshot,
  { name, length, order }: SelectedTable<Leaf>,
  { field, direction }: PageRequest<Field>,
  selected: SelectedRows | undefined,
): Work<Sequence> {
  if (selected === undefined) return createSequence(order, direction, orderTable(length, order));
  const { collect, key } = selected;
  const makeOrdered = function* (): Work<OrderedRows> {
    return yield* orderRows(order, length, yield* collect(), queries.limits);
  };
  const isKept = key !== undefined && order.permutation !== undefined && selected.length >= KEPT_ROWS;
  const ordered = isKept
    ? queries.cache.share(`ordered ${name} ${field} (${key})`, makeOrdered, sizeOfOrderedRows)
    : makeOrdered();
  return createSequence(order, direction, yield* ordered);
}

function sizeOfOrderedRows({ rows }: OrderedRows): number {
  return rows?.byteLength ?? 0;
}

function boundsOf(sequence: Sequence, range: ValueRange | undefined): Window {
  return range === undefined ? { start: 0, end: sequence.length } : sequence.locateRange(range);
}

function toRequest<Field extends string>(
  sequence: Sequence,
  bounds: Window,
  { first, last, after, before }: PageRequest<Field>,
  tie: Tie,
): WalkRequest {
  const locate = (position: Position) => sequence.locate(position, tie.locate(position.identity));
  const clamp = (place: number): number => Math.min(bounds.end, Math.max(bounds.start, place));
  const start = after === undefined ? bounds.start : clamp(locate(after).after);
  const end = before === undefined ? bounds.end : Math.max(start, clamp(locate(before).before));
  return {
    sequence,
    bounds,
    window: { start, end },
    size: last ?? first ?? 0,
    isBackward: last !== undefined,
  };
}

/** The page where every row within bounds matches. */
function pageOfAll<Leaf, Field extends string>(
  sequence: Sequence,
  bounds: Window,
  page: PageRequest<Field>,
  { tie }: SelectedTable<Leaf>,
): SlicedPage {
  const total = bounds.end - bounds.start;
  return { ...cutPage(toRequest(sequence, bounds, page, tie)), count: () => done(total) };
}

function pageOfList<Leaf, Field extends string>(
  list: OrderedRows,
  page: PageRequest<Field>,
  table: SelectedTable<Leaf>,
): SlicedPage {
  const sequence = createSequence(table.order, page.direction, list);
  return pageOfAll(sequence, { start: 0, end: list.length }, page, table);
}

/** A page with nothing on either side is all that there is to count. */
function withCount(found: FoundRows, count: () => Work<number>): SlicedPage {
  const isAll = !found.hasPreviousPage && !found.hasNextPage;
  return { ...found, count: isAll ? () => done(found.rows.length) : count };
}

function* listMatches(
  set: RowSet,
  selected: SelectedRows | undefined,
  limits: QueryLimits,
): Work<Uint32Array> {
  if (selected === undefined) return yield* listRows(set, limits);
  const rows = yield* selected.collect();
  const matching = new Uint32Array(Math.min(rows.length, set.count));
  let length = 0;
  yield* inPieces(rows.length, limits.rowsPerPiece, (start, end) => {
    for (let index = start; index < end; index += 1) {
      if (!hasRow(set, rows[index]!)) continue;
      matching[length] = rows[index]!;
      length += 1;
    }
  });
  return matching.slice(0, length);
}

function* countMatches<Leaf>(
  { queries }: Snapshot,
  { plan, tests }: TableFilter<Leaf>,
  selected: SelectedRows | undefined,
): Work<number> {
  const set = yield* evaluatePlan(plan, tests, queries);
  if (selected === undefined) return set.count;
  const rows = yield* selected.collect();
  let count = 0;
  yield* inPieces(rows.length, queries.limits.rowsPerPiece, (start, end) => {
    for (let index = start; index < end; index += 1) if (hasRow(set, rows[index]!)) count += 1;
  });
  return count;
}
