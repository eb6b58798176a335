/**
 * Whose a row is, where rows stand in the order of their owners: the offsets of the owners say it, and an index says
 * where to begin to read them. It takes a sixteenth of a byte a row, where a column of owners would take four.
 *
 *   offsets   0        3            9   11            owners 0 to 2, rows 0 to 10
 *   index     0           1         2                 with an entry for every fourth row
 */

/** Rows from one entry to the next: a power of two. More make the index smaller, and a search read more offsets. */
const ROWS_PER_ENTRY_BITS = 6;

/**
 * The owner of every 64th row: u32[ceil(rows / 64)]. Linear in the owners and the entries.
 *
 * @param offsets u32[owners + 1], where the rows of each start; the last is the number of rows
 */
export function indexOwners(offsets: Uint32Array): Uint32Array<ArrayBuffer> {
  const rowCount = offsets.at(-1) ?? 0;
  const index = new Uint32Array(Math.ceil(rowCount / (1 << ROWS_PER_ENTRY_BITS)));
  for (let entry = 0, owner = 0; entry < index.length; entry += 1) {
    while (offsets[owner + 1]! <= entry << ROWS_PER_ENTRY_BITS) owner += 1;
    index[entry] = owner;
  }
  return index;
}

/** The owner of a row that is there. Reads at most 64 offsets where every owner has a row, two or three where they have many. */
export function findOwner(row: number, offsets: Uint32Array, index: Uint32Array): number {
  let owner = index[row >>> ROWS_PER_ENTRY_BITS]!;
  while (offsets[owner + 1]! <= row) owner += 1;
  return owner;
}
