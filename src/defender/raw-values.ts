/**
 * Values of a record from their raw bytes, in normal form, remembered by their bytes where few distinct ones
 * are to be expected: algorithms, key sizes, issuers, usages. Every value that is read has been parsed as
 * JSON at some time.
 */

import { isAbsent } from './record-fields.ts';
import { isPlainString } from './wire-bytes.ts';
import { COLUMN, COLUMN_COUNT } from './wire-columns.ts';

export interface RawValues {
  /** The value in `bytes[start, end)`. Throws `SyntaxError` when it is not JSON. */
  parse(bytes: Buffer, start: number, end: number): unknown;
  /**
   * The value of a slot in normal form; `null` when it is absent. Throws `SyntaxError` when it is not JSON.
   *
   * @param normalize pure, and always the same for a slot
   */
  normalize<Value>(
    slot: number,
    normalize: (value: unknown) => Value | null,
    bytes: Buffer,
    start: number,
    end: number,
  ): Value | null;
}

/** Distinct values remembered for each slot; beyond that all are forgotten. */
const VALUES_KEPT = 4_096;
/** Longest raw value that is remembered. */
const MAXIMUM_REMEMBERED_BYTES = 1_024;
/** Slots whose values are nearly all distinct. */
const DISTINCT_SLOTS: ReadonlySet<number> = new Set([
  COLUMN.serialNumber,
  COLUMN.issuedTo,
  COLUMN.subjectObject,
  COLUMN.deviceName,
]);

export function createRawValues(): RawValues {
  const remembered: readonly Map<string, unknown>[] = Array.from({ length: COLUMN_COUNT }, () => new Map());

  function normalizeOnce<Value>(value: unknown, normalize: (value: unknown) => Value | null): Value | null {
    return isAbsent(value) ? null : normalize(value);
  }

  return {
    parse,
    normalize: (slot, normalize, bytes, start, end) => {
      if (DISTINCT_SLOTS.has(slot) || end - start > MAXIMUM_REMEMBERED_BYTES) {
        return normalizeOnce(parse(bytes, start, end), normalize);
      }
      const values = remembered[slot]!;
      const raw = bytes.toString('latin1', start, end);
      const known = values.get(raw) as ReturnType<typeof normalize> | undefined;
      if (known !== undefined) return known;
      const value = normalizeOnce(parse(bytes, start, end), normalize);
      if (values.size >= VALUES_KEPT) values.clear();
      values.set(raw, value);
      return value;
    },
  };
}

function parse(bytes: Buffer, start: number, end: number): unknown {
  if (isPlainString(bytes, start, end)) return bytes.toString('latin1', start + 1, end - 1);
  return JSON.parse(bytes.toString('utf8', start, end));
}
