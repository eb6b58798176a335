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

/** For each of some rows, in their order, a number below `count`. */
export interface Ranks {
  readonly ranks: Uint32Array;
  readonly count: number;
}

/** How a table sorts by one field. */
export interface RowOrder {
  /** The rows ascending; absent for the identity order, where place and row are the same. */
  readonly permutation?: { readonly rows: Uint32Array; readonly known: number };
  /** The sort value of a row, as in {@link Position}; always `null` for the identity order. */
  readonly toValue: (row: number) => string | number | null;
  /** A number that sorts as the sort value does, `NaN` where there is none; absent when that takes the text itself. */
  readonly toKey?: (row: number) => number;
  /** Where there is no key: small numbers that sort some rows as their sort values do, if that is known without sorting. */
  readonly findRanks?: (rows: Uint32Array) => Ranks | undefined;
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

/** Rows in an order, ascending. */
export interface OrderedRows {
  /** Absent when place and row are the same. */
  readonly rows?: Uint32Array;
  readonly length: number;
  /** How many have a sort value; they come first. */
  readonly known: number;
}

/** All rows of a table, in an order; fewer where the order has only rows that can be found. */
export function orderTable(tableLength: number, { permutation }: RowOrder): OrderedRows {
  return permutation === undefined
    ? { length: tableLength, known: tableLength }
    : { rows: permutation.rows, length: permutation.rows.length, known: permutation.known };
}

/** The sequence of rows that stand in an order already. */
export function createSequence(
  order: RowOrder,
  direction: Direction,
  { rows, length, known }: OrderedRows,
): Sequence {
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
