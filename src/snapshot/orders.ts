/**
 * Sorting rows by a column: stable, without comparators, in typed arrays.
 */

/** An order: rows ascending by key, ties by row, rows without a key last. */
export interface Permutation {
  readonly rows: Uint32Array;
  /** How many rows have a key; the rest are at the end, by row. */
  readonly known: number;
}

/**
 * The order of rows by their keys (`NaN` = no key). Sorts the distinct keys natively, then distributes the
 * rows over them, which keeps ties by row: O(n log n) with a small constant, 24 bytes a row while it runs.
 */
export function orderByKey(keys: Float64Array): Permutation {
  const sorted = Float64Array.from(keys).sort();
  let known = sorted.length;
  while (known > 0 && Number.isNaN(sorted[known - 1]!)) known -= 1;
  const distinct = dropRepeats(sorted.subarray(0, known));
  const ranks = new Uint32Array(keys.length);
  for (let row = 0; row < keys.length; row += 1) {
    const key = keys[row]!;
    ranks[row] = Number.isNaN(key) ? distinct.length : lowerBound(distinct, key);
  }
  return { rows: distribute(ranks, distinct.length + 1), known };
}

/**
 * Rows 0 to n - 1 sorted by an integer below `bucketCount`, or an order given refined by it: stable, O(n).
 */
export function distribute(buckets: Uint32Array, bucketCount: number, order?: Uint32Array): Uint32Array {
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
  for (const bucket of buckets) offsets[bucket + 1]! += 1;
  for (let bucket = 0; bucket < bucketCount; bucket += 1) offsets[bucket + 1]! += offsets[bucket]!;
  return offsets;
}

/** First index whose value is not below `value`, in an ascending array. O(log n). */
export function lowerBound(values: Float64Array | Uint32Array, value: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (values[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function dropRepeats(sorted: Float64Array): Float64Array {
  let length = 0;
  for (let index = 0; index < sorted.length; index += 1) {
    if (length === 0 || sorted[index] !== sorted[length - 1]) {
      sorted[length] = sorted[index]!;
      length += 1;
    }
  }
  return sorted.subarray(0, length);
}
