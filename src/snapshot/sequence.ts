/**
 * An order over a table, or over some of its rows: where a position is in it, and which row stands where.
 *
 * Ascending, rows with a key come first, by key, ties by row (rows are in identity order); rows without one
 * follow, by row. Descending mirrors each of the two parts, so that missing values stay last.
 */

export type Direction = 'ASC' | 'DESC';

/** A place in an order: the sort value, and the identity that breaks ties. Good for every snapshot. */
export interface Position {
  /** Folded text, a number, or `null`, as the order sorts; `null` too for orders by identity alone. */
  readonly value: string | number | null;
  /** thumbprint | deviceId | rbacGroupId | deviceId, thumbprint, path. */
  readonly identity: readonly string[];
}

/** How a table sorts by one field. */
export interface RowOrder {
  /** The rows ascending; absent for the identity order, where place and row are the same. */
  readonly permutation?: { readonly rows: Uint32Array; readonly known: number };
  /** The sort value of a row, as in {@link Position}; always `null` for the identity order. */
  readonly toValue: (row: number) => string | number | null;
  /** Compares the sort value of a row that has one with a value of the same kind. */
  readonly compareValue: (row: number, value: string | number) => number;
}

/** Rows below `row` come before an identity, rows above it after; `isThere` when `row` has that identity. */
export interface IdentityBound {
  readonly row: number;
  readonly isThere: boolean;
}

/** Sort values from `minimum` to `maximum`, both included. */
export interface ValueRange {
  readonly minimum: number;
  readonly maximum: number;
}

export interface Sequence {
  readonly length: number;
  rowAt(place: number): number;
  /** The places, from `start` to before `end`, of the rows whose sort value lies in a range. O(log n). */
  locateRange(range: ValueRange): { readonly start: number; readonly end: number };
  /** The places just before and just after a position; they differ by one where its row is in the sequence. */
  locate(position: Position, bound: IdentityBound): { readonly before: number; readonly after: number };
}

/**
 * The sequence of an order.
 *
 * @param within ascending rows to keep; all when absent. With an order other than identity they are sorted when
 *   they are few, and taken out of the table's permutation in one pass when they are many.
 */
export function createSequence(
  tableLength: number,
  order: RowOrder,
  direction: Direction,
  within?: Uint32Array,
): Sequence {
  const { rows, length, known } = pickRows(tableLength, order, within);
  const ascendingRow = (place: number): number => (rows === undefined ? place : rows[place]!);
  const mirror = (place: number): number => (place < known ? known - 1 - place : known + length - 1 - place);

  const locateAscending = (position: Position, bound: IdentityBound): { before: number; after: number } => {
    const isKnown = order.permutation === undefined || position.value !== null;
    let low = isKnown ? 0 : known;
    let high = isKnown ? known : length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const row = ascendingRow(middle);
      const byValue = position.value === null ? 0 : order.compareValue(row, position.value);
      if ((byValue || row - bound.row) < 0) low = middle + 1;
      else high = middle;
    }
    const end = isKnown ? known : length;
    const isHere =
      low < end &&
      bound.isThere &&
      ascendingRow(low) === bound.row &&
      (position.value === null || order.compareValue(bound.row, position.value) === 0);
    return { before: low, after: isHere ? low + 1 : low };
  };

  /** How many of the rows with a key have one below a bound, or at it when that counts too. */
  const countBelow = (bound: number, isBoundIncluded: boolean): number => {
    let low = 0;
    let high = known;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const comparison = order.compareValue(ascendingRow(middle), bound);
      if (comparison < 0 || (isBoundIncluded && comparison === 0)) low = middle + 1;
      else high = middle;
    }
    return low;
  };

  return {
    length,
    rowAt: direction === 'ASC' ? ascendingRow : (place) => ascendingRow(mirror(place)),
    locateRange: ({ minimum, maximum }) => {
      const start = countBelow(minimum, false);
      const end = Math.max(start, countBelow(maximum, true));
      return direction === 'ASC' ? { start, end } : { start: known - end, end: known - start };
    },
    locate: (position, bound) => {
      const { before, after } = locateAscending(position, bound);
      if (direction === 'ASC') return { before, after };
      const isKnown = order.permutation === undefined || position.value !== null;
      const start = isKnown ? 0 : known;
      const end = isKnown ? known : length;
      return { before: start + end - after, after: start + end - before };
    },
  };
}

/** Some rows of an order, ascending as it sorts. */
interface PickedRows {
  readonly rows: Uint32Array | undefined;
  readonly length: number;
  readonly known: number;
}

/** Up to here sorting a relation's own rows is cheaper than a pass over the table, however small that is. */
const SORTED_ROWS = 1_024;

function pickRows(tableLength: number, order: RowOrder, within: Uint32Array | undefined): PickedRows {
  const { permutation } = order;
  if (permutation === undefined) {
    const length = within?.length ?? tableLength;
    return { rows: within, length, known: length };
  }
  if (within === undefined) return { rows: permutation.rows, length: tableLength, known: permutation.known };
  return within.length <= SORTED_ROWS
    ? sortWithin(order, within)
    : walkWithin(tableLength, permutation, within);
}

/** Sorts the rows by their own values. O(k log k) for k rows. */
export function sortWithin(order: RowOrder, within: Uint32Array): PickedRows {
  const entries = Array.from(within, (row) => ({ row, value: order.toValue(row) }));
  const known = entries.filter(
    (entry): entry is { row: number; value: string | number } => entry.value !== null,
  );
  known.sort((a, b) => order.compareValue(a.row, b.value) || a.row - b.row);
  const unknown = entries.filter((entry) => entry.value === null);
  const rows = Uint32Array.from([...known, ...unknown], (entry) => entry.row);
  return { rows, length: rows.length, known: known.length };
}

/** Takes the rows out of the table's permutation, in its order. O(rows of the table). */
export function walkWithin(
  tableLength: number,
  permutation: NonNullable<RowOrder['permutation']>,
  within: Uint32Array,
): PickedRows {
  const isWithin = new Uint8Array(tableLength);
  for (const row of within) isWithin[row] = 1;
  const rows = new Uint32Array(within.length);
  let length = 0;
  let known = 0;
  for (let place = 0; length < rows.length; place += 1) {
    const row = permutation.rows[place]!;
    if (isWithin[row] === 0) continue;
    rows[length] = row;
    length += 1;
    if (place < permutation.known) known += 1;
  }
  return { rows, length, known };
}
