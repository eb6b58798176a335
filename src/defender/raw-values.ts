/**
 * Values of a record from their raw bytes, in normal form, remembered by their bytes where few distinct ones
 * are to be expected: algorithms, key sizes, issuers, usages. Every value that is read has been parsed as
 * JSON at some time.
 */

import { KIBIBYTE } from '../core/units.ts';
import { QUOTE } from './json-bytes.ts';
import { PartCache } from './part-cache.ts';
import { isAbsent } from './record-fields.ts';
import { findPlainStringEnd, type ViewedBytes } from './wire-bytes.ts';
import { COLUMN, COLUMN_COUNT } from './wire-columns.ts';

export interface RawValues {
  /** The value in `[start, end)`. Throws `SyntaxError` when it is not JSON. */
  parse(source: ViewedBytes, start: number, end: number): unknown;
  /**
   * The value of a slot in normal form; `null` when it is absent. Throws `SyntaxError` when it is not JSON.
   *
   * @param normalize pure, and always the same for a slot
   */
  normalize<Value>(
    slot: number,
    normalize: (value: unknown) => Value | null,
    source: ViewedBytes,
    start: number,
    end: number,
  ): Value | null;
}

/** Of raw values, for each slot; when it is full all are forgotten. */
const REMEMBERED_BYTES = 64 * KIBIBYTE;
/** Slots whose values are nearly all distinct. */
const DISTINCT_SLOTS: ReadonlySet<number> = new Set([
  COLUMN.serialNumber,
  COLUMN.deviceName,
  COLUMN.issueDate,
  COLUMN.notBefore,
  COLUMN.expirationDate,
  COLUMN.notAfter,
]);

/** Raw values of a slot, and by their entries what they mean. */
interface Remembered {
  readonly raw: PartCache;
  readonly values: unknown[];
}

export function createRawValues(): RawValues {
  const remembered: (Remembered | undefined)[] = Array.from({ length: COLUMN_COUNT }, (_, slot) =>
    DISTINCT_SLOTS.has(slot) ? undefined : { raw: new PartCache(REMEMBERED_BYTES), values: [] },
  );

  return {
    parse,
    normalize: (slot, normalize, source, start, end) => {
      const known = remembered[slot];
      const seen = known === undefined ? -1 : known.raw.find(source, start, end - start);
      if (seen !== -1) return known!.values[seen] as ReturnType<typeof normalize>;
      const parsed = parse(source, start, end);
      const value = isAbsent(parsed) ? null : normalize(parsed);
      if (known !== undefined) {
        const entry = known.raw.set(source, [start, end], [], 0);
        if (entry !== -1) known.values[entry] = value;
      }
      return value;
    },
  };
}

function parse(source: ViewedBytes, start: number, end: number): unknown {
  const { bytes } = source;
  if (bytes[start] === QUOTE && findPlainStringEnd(source, start, end) === end) {
    return bytes.toString('latin1', start + 1, end - 1);
  }
  return JSON.parse(bytes.toString('utf8', start, end));
}
