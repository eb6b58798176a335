/**
 * Sorting rows by a column: stable, without comparators, in typed arrays, in linear time.
 */

/** An order: rows ascending by key, ties by row, rows without a key last. */
export interface Permutation {
  readonly rows: Uint32Array;
  /** How many rows have a key; the rest are at the end, by row. */
  readonly known: number;
}

/**
 * The order of rows by their keys: integers, `NaN` = no key. Linear in the rows: by counting when the keys lie
 * close together, else digit by digit; up to 20 bytes a row while it runs.
 */
export function orderByKey(keys: Float64Array): Permutation {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let row = 0; row < keys.length; row += 1) {
    const key = keys[row]!;
    if (key < smallest) smallest = key;
    if (key > largest) largest = key;
  }
  const range = largest - smallest + 1;
  return range <= keys.length * BUCKETS_PER_ROW + DIGITS
    ? orderByCounting(keys, smallest, range)
    : orderByDigits(keys, smallest, largest - smallest);
}

/** Counting is worth its buckets up to here; beyond, three passes over digits are faster (Node 24). */
const BUCKETS_PER_ROW = 4;
const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;

function orderByCounting(keys: Float64Array, smallest: number, range: number): Permutation {
  const buckets = new Uint32Array(keys.length);
  let known = keys.length;
  for (let row = 0; row < keys.length; row += 1) {
    const key = keys[row]!;
    if (Number.isNaN(key)) known -= 1;
    buckets[row] = Number.isNaN(key) ? range : key - smallest;
  }
  return { rows: distribute(buckets, known === 0 ? 1 : range + 1), known };
}

/** Least significant digit first, which keeps ties by row; digits beyond the range are not looked at. */
function orderByDigits(keys: Float64Array, smallest: number, range: number): Permutation {
  let rows = new Uint32Array(keys.length);
  let known = 0;
  for (let row = 0; row < keys.length; row += 1) {
    if (Number.isNaN(keys[row]!)) continue;
    rows[known] = row;
    known += 1;
  }
  let to = new Uint32Array(keys.length);
  const places = new Uint32Array(DIGITS + 1);
  const digits = new Uint16Array(keys.length);
  for (let weight = 1; weight <= range; weight *= DIGITS) {
    for (let row = 0; row < keys.length; row += 1) digits[row] = ((keys[row]! - smallest) / weight) % DIGITS;
    places.fill(0);
    for (let index = 0; index < known; index += 1) places[digits[rows[index]!]! + 1]! += 1;
    for (let digit = 0; digit < DIGITS; digit += 1) places[digit + 1]! += places[digit]!;
    for (let index = 0; index < known; index += 1) {
      const row = rows[index]!;
      const digit = digits[row]!;
      to[places[digit]!] = row;
      places[digit]! += 1;
    }
    [rows, to] = [to, rows];
  }
  for (let row = 0, index = known; index < keys.length; row += 1) {
    if (!Number.isNaN(keys[row]!)) continue;
    rows[index] = row;
    index += 1;
  }
  return { rows, known };
}

/** The positions of the ones in an array of zeros and ones, ascending. */
export function listMarked(marks: Uint8Array): Uint32Array<ArrayBuffer> {
  let count = 0;
  for (let index = 0; index < marks.length; index += 1) count += marks[index]!;
  const marked = new Uint32Array(count);
  for (let index = 0, next = 0; next < count; index += 1) {
    if (marks[index] === 0) continue;
    marked[next] = index;
    next += 1;
  }
  return marked;
}

/**
 * Rows 0 to n - 1 sorted by an integer below `bucketCount`, or an order given refined by it: stable, O(n).
 */
export function distribute(
  buckets: Uint32Array,
  bucketCount: number,
  order?: Uint32Array,
): Uint32Array<ArrayBuffer> {
  const starts = countOffsets(buckets, bucketCount);
  const rows = new Uint32Array(buckets.length);
  for (let index = 0; index < buckets.length; index += 1) {
    const row = order === undefined ? index : order[index]!;
    const bucket = buckets[row]!;
    rows[starts[bucket]!] = row;
    starts[bucket]! += 1;
  }
  return rows;
}

/** Where each bucket starts when values are laid out by bucket: u32[bucketCount + 1], the last is the total. */
export function countOffsets(buckets: Uint32Array, bucketCount: number): Uint32Array {
  const offsets = new Uint32Array(bucketCount + 1);
  for (let index = 0; index < buckets.length; index += 1) offsets[buckets[index]! + 1]! += 1;
  for (let bucket = 0; bucket < bucketCount; bucket += 1) offsets[bucket + 1]! += offsets[bucket]!;
  return offsets;
}
