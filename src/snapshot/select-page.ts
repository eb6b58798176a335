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
import { confineToScope, type Plan, planEverything, type ScopeLeaf } from './filter-plan.ts';
import type { Confined } from './filter-ranges.ts';
import { orderRows } from './order-rows.ts';
import type { Tie } from './row-orders.ts';
import { hasRow, listRows, type RowSet, toSet } from './row-set.ts';
import {
  chooseRows,
  type OrderedTable,
  openSequence,
  type SelectedRows,
  sizeOfOrderedRows,
  type Within,
} from './selected-rows.ts';
import {
  createSequence,
  type Direction,
  type OrderedRows,
  type Position,
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
  readonly tests: TableTests<Leaf | ScopeLeaf>;
  /** The plan, with what it says of the order's sort values taken out. */
  readonly confined: Confined<Leaf>;
}

export interface SelectedTable<Leaf> extends OrderedTable {
  readonly tie: Tie;
  readonly filter?: TableFilter<Leaf>;
}

/** Lists of more rows than this part of the table are not made: a walk finds such rows soon. */
const LISTED_PART = 1 / 16;

export function* selectPage<Leaf, Field extends string>(
  snapshot: Snapshot,
  table: SelectedTable<Leaf>,
  page: PageRequest<Field>,
  within: Within | undefined,
): Work<SlicedPage> {
  const { related, rows: chosen, scope, isOutside } = chooseRows(snapshot, table, within);
  const { filter } = table;
  const { cache, limits } = snapshot.queries;
  if (filter === undefined) {
    const sequence = yield* openSequence(snapshot, table, page, chosen);
    const bounds = { start: 0, end: sequence.length };
    if (scope === undefined || !isOutside) return pageOfAll(sequence, bounds, page, table);
    return yield* walkScope(toRequest(sequence, bounds, page, table.tie), scope, limits);
  }
  const { tests, confined } = filter;
  const plan = confineToScope(filter.plan, scope);
  const rest = isOutside ? confineToScope(confined.rest ?? planEverything<Leaf>(), scope) : confined.rest;
  if (rest === undefined) {
    const sequence = yield* openSequence(snapshot, table, page, chosen);
    return pageOfAll(sequence, boundsOf(sequence, confined.range), page, table);
  }
  const setKey = keyOfSet(plan, tests);
  const listKey =
    related !== undefined && related.key === undefined
      ? undefined
      : `list ${page.field} (${related?.key ?? ''}) ${setKey}`;
  const kept = listKey === undefined ? undefined : cache.find<OrderedRows>(listKey);
  if (kept !== undefined) return pageOfList(kept, page, table);

  const lazyRows = Math.floor(limits.lazyRows / countLeaves(plan));
  if (chosen !== undefined && chosen.length <= lazyRows) {
    const all = toSet(yield* chosen.collect(), table.length);
    const matching = yield* narrow(all, plan, tests, snapshot.queries);
    const rows = yield* listRows(matching, limits);
    return pageOfList(yield* orderRows(table.order, table.length, rows, limits), page, table);
  }
  const count = (): Work<number> => countMatches(snapshot, plan, tests, related);
  const set = cache.find<RowSet>(setKey);
  if (set === undefined && !isQuantified(plan)) {
    const sequence = yield* openSequence(snapshot, table, page, chosen);
    const request = toRequest(sequence, boundsOf(sequence, confined.range), page, table.tie);
    const matches = yield* compilePlan(rest, tests);
    const found = yield* walkPage(request, matches, lazyRows, lazyRows);
    if (found !== undefined) return withCount(found, count);
  }
  const matching: RowSet = set ?? (yield* evaluatePlan(plan, tests, snapshot.queries));
  const most = Math.min(matching.count, chosen?.length ?? table.length);
  const isListed = most <= Math.max(limits.listedRows, table.length * LISTED_PART);
  if (most > limits.listedRows) {
    const sequence = yield* openSequence(snapshot, table, page, chosen);
    const request = toRequest(sequence, boundsOf(sequence, confined.range), page, table.tie);
    const rowLimit = isListed ? limits.walkedRows : Number.POSITIVE_INFINITY;
    const found = yield* walkPage(request, (row) => hasRow(matching, row), rowLimit, limits.rowsPerPiece);
    if (found !== undefined) return withCount(found, count);
  }
  const makeList = function* (): Work<OrderedRows> {
    const rows = yield* listMatches(matching, related, limits);
    return yield* orderRows(table.order, table.length, rows, limits);
  };
  const list = listKey === undefined ? makeList() : cache.share(listKey, makeList, sizeOfOrderedRows);
  return pageOfList(yield* list, page, table);
}

/** The page of all rows that can be found, where these are many. */
function* walkScope(request: WalkRequest, scope: RowSet, { rowsPerPiece }: QueryLimits): Work<SlicedPage> {
  const isThere = (row: number): boolean => hasRow(scope, row);
  const found = yield* walkPage(request, isThere, Number.POSITIVE_INFINITY, rowsPerPiece);
  return { ...found!, count: () => done(scope.count) };
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
  plan: Plan<Leaf>,
  tests: TableTests<Leaf>,
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
