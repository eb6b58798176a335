/**
 * What a page is chosen from: the rows of a table, those of a relation, or those that somebody can find who is limited
 * to a part of the inventory. The last are, while they are few enough to be kept in order, like those of a relation, so
 * that a page is cut out of them by binary search; else they are a test on the rows of the table.
 */

import { orderRows } from './order-rows.ts';
import { countRelatedRows, getRelatedRows, isCollected, type Relation } from './relations.ts';
import { hasRow, listRows, type RowSet } from './row-set.ts';
import {
  createSequence,
  type Direction,
  type OrderedRows,
  orderTable,
  type RowOrder,
  type Sequence,
} from './sequence.ts';
import type { Snapshot } from './snapshot.ts';
import { done, type Work } from './work.ts';

/** What to choose from: the rows of a relation, or any rows, ascending. Only what is named can be kept. */
export type Within = Relation | Uint32Array;

/** A table in an order. */
export interface OrderedTable {
  readonly name: string;
  readonly length: number;
  readonly order: RowOrder;
  /** The rows that can be found; absent = all. Those of a relation always can. */
  readonly scope?: RowSet;
}

/** Some rows of a table. */
export interface SelectedRows {
  readonly length: number;
  /** Ascending. */
  collect(): Work<Uint32Array>;
  /** The name under which something about them can be kept. */
  readonly key: string | undefined;
}

export interface Choice {
  /** The rows that the caller has named. */
  readonly related: SelectedRows | undefined;
  /** The rows to look at; `undefined` = those of the table's order. */
  readonly rows: SelectedRows | undefined;
  /** What a row must be in to be shown; `undefined` = it may be any of those that the caller has named. */
  readonly scope: RowSet | undefined;
  /** Whether there are rows to look at that are not in the scope. */
  readonly isOutside: boolean;
}

/** Relations of fewer rows are collected and ordered anew each time. */
const KEPT_ROWS = 256;

export function chooseRows(snapshot: Snapshot, table: OrderedTable, within: Within | undefined): Choice {
  const { name, length, order, scope } = table;
  if (within !== undefined) {
    const related = select(within, snapshot, scope);
    return { related, rows: related, scope: undefined, isOutside: false };
  }
  // An order that is made for the scope has its rows alone.
  if (scope === undefined || orderTable(length, order).length === scope.count) {
    return { related: undefined, rows: undefined, scope, isOutside: false };
  }
  const { cache, limits } = snapshot.queries;
  if (!cache.canKeep(scope.count * Uint32Array.BYTES_PER_ELEMENT)) {
    return { related: undefined, rows: undefined, scope, isOutside: true };
  }
  const key = `scope ${name}`;
  const collect = (): Work<Uint32Array> => keepRows(key, () => listRows(scope, limits), snapshot);
  return { related: undefined, rows: { length: scope.count, collect, key }, scope, isOutside: false };
}

/** All rows to look at, in order. */
export function* openSequence(
  { queries }: Snapshot,
  { name, length, order }: OrderedTable,
  { field, direction }: { readonly field: string; readonly direction: Direction },
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

export function sizeOfOrderedRows({ rows }: OrderedRows): number {
  return rows?.byteLength ?? 0;
}

function select(within: Within, snapshot: Snapshot, scope: RowSet | undefined): SelectedRows {
  if (within instanceof Uint32Array) {
    const rows = scope === undefined ? within : within.filter((row) => hasRow(scope, row));
    return { length: rows.length, collect: () => done(rows), key: undefined };
  }
  const length = countRelatedRows(snapshot, within);
  const key = `${within.kind} ${within.row}`;
  const collect = function* (): Work<Uint32Array> {
    const rows = getRelatedRows(snapshot, within);
    yield;
    return rows;
  };
  const isKept = length >= KEPT_ROWS && isCollected(within);
  return { length, collect: isKept ? () => keepRows(key, collect, snapshot) : collect, key };
}

function keepRows(key: string, collect: () => Work<Uint32Array>, { queries }: Snapshot): Work<Uint32Array> {
  return queries.cache.share(`rows (${key})`, collect, ({ byteLength }) => byteLength);
}
