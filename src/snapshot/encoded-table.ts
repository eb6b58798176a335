/** A table on its way into a segment: its numbers are final, its texts still wait for their ids. */

import type { ColumnArray } from './format.ts';
import { NONE } from './string-table.ts';

export interface EncodedTable {
  readonly columns: ReadonlyMap<string, ColumnArray>;
  /** `null` becomes {@link NONE}. */
  readonly textColumns: ReadonlyMap<string, readonly (string | null)[]>;
}

/** Every text of the tables, repeats included. */
export function* listTexts(tables: readonly EncodedTable[]): Generator<string> {
  for (const table of tables) {
    for (const column of table.textColumns.values()) for (const text of column) if (text !== null) yield text;
  }
}

/** The columns of a table with each text replaced by its id. */
export function* toColumns(
  table: EncodedTable,
  idOfText: ReadonlyMap<string, number>,
): Generator<[string, ColumnArray]> {
  yield* table.columns;
  for (const [name, texts] of table.textColumns) {
    yield [name, Uint32Array.from(texts, (text) => (text === null ? NONE : idOfText.get(text)!))];
  }
}
