/** A table on its way into a segment: its numbers are final, its texts still wait for their ids. */

import type { ColumnArray } from './format.ts';
import { listMarked } from './orders.ts';
import { NONE } from './string-table.ts';

export interface EncodedTable {
  readonly columns: ReadonlyMap<string, ColumnArray>;
  /** Numbers of gathered texts; {@link NONE} stays. */
  readonly textColumns: ReadonlyMap<string, Uint32Array>;
}

/** The columns of tables with each gathered text replaced by its string id. */
export function toColumns(tables: readonly EncodedTable[], idOfText: Uint32Array): Map<string, ColumnArray> {
  const columns = new Map<string, ColumnArray>();
  for (const table of tables) {
    for (const [name, values] of table.columns) columns.set(name, values);
    for (const [name, texts] of table.textColumns) columns.set(name, mapIds(texts, idOfText));
  }
  return columns;
}

/** Each id replaced by what an array says of it; {@link NONE} stays. */
export function mapIds(ids: Uint32Array, toOther: Uint32Array): Uint32Array {
  const mapped = new Uint32Array(ids.length);
  for (let index = 0; index < ids.length; index += 1) {
    const id = ids[index]!;
    mapped[index] = id === NONE ? NONE : toOther[id]!;
  }
  return mapped;
}

/** The distinct ids below `idCount` that stand in columns, ascending: texts lie in that order too. */
export function listDistinct(columns: Iterable<Uint32Array>, idCount: number): Uint32Array {
  const isThere = new Uint8Array(idCount);
  for (const column of columns) {
    for (let row = 0; row < column.length; row += 1) if (column[row] !== NONE) isThere[column[row]!] = 1;
  }
  return listMarked(isThere);
}
