/**
 * Paths from their bytes. Nearly every path is a store and the thumbprint of its certificate; the stores are few and
 * remembered by their bytes.
 */

import type { RecordSink } from '../snapshot/record.ts';
import { PartCache } from './part-cache.ts';
import type { ViewedBytes } from './wire-bytes.ts';

/** Where a raw value lies, its quotes included. */
export type Span = readonly [start: number, end: number];

export interface PathReader {
  /** The sink's handle of a path whose store is known, or -1. Allocates nothing. */
  find(source: ViewedBytes, path: Span, thumbprint: Span): number;
  /**
   * The sink's handle of any path, whose store is then known.
   *
   * @param text of the path, decoded
   * @param normalThumbprint of the certificate, in normal form
   */
  intern(source: ViewedBytes, path: Span, thumbprint: Span, text: string, normalThumbprint: string): number;
}

/** How the end of a path spells the thumbprint; stores are remembered for each spelling apart. */
const UPPER = 1;
const LOWER = 2;

const THUMBPRINT_LENGTH = 40;
const QUOTED_LENGTH = THUMBPRINT_LENGTH + 2;
const REMEMBERED_BYTES = 1_048_576;
const ZERO = 0x30;
const NINE = 0x39;
const UPPER_A = 0x41;
const UPPER_F = 0x46;
const LOWER_BIT = 0x20;

export function createPathReader(sink: RecordSink): PathReader {
  const upperStores = new PartCache(REMEMBERED_BYTES);
  const lowerStores = new PartCache(REMEMBERED_BYTES);

  function find(source: ViewedBytes, path: Span, thumbprint: Span): number {
    const spelling = findSpelling(source.bytes, path, thumbprint);
    if (spelling === undefined) return -1;
    const stores = spelling === UPPER ? upperStores : lowerStores;
    const start = path[0] + 1;
    const entry = stores.find(source, start, path[1] - 1 - THUMBPRINT_LENGTH - start);
    return entry === -1 ? -1 : stores.handleOf(entry);
  }

  return {
    find,
    intern: (source, path, thumbprint, text, normalThumbprint) => {
      const known = find(source, path, thumbprint);
      if (known !== -1) return known;
      const handle = sink.internPath(text, normalThumbprint);
      const spelling = findSpelling(source.bytes, path, thumbprint);
      if (spelling !== undefined) {
        const store: Span = [path[0] + 1, path[1] - 1 - THUMBPRINT_LENGTH];
        const stores = spelling === UPPER ? upperStores : lowerStores;
        if (isWholeText(source.bytes, store)) stores.set(source, store, [], handle);
      }
      return handle;
    },
  };
}

/**
 * How a raw path ends with a raw thumbprint of 40 hex digits, whatever case either is written in: all its letters
 * in upper case (or no letters), all in lower case, or `undefined` for anything else.
 */
function findSpelling(bytes: Uint8Array, path: Span, thumbprint: Span): 1 | 2 | undefined {
  if (thumbprint[1] - thumbprint[0] !== QUOTED_LENGTH || path[1] - path[0] < QUOTED_LENGTH) return undefined;
  const pathStart = path[1] - 1 - THUMBPRINT_LENGTH;
  const thumbprintStart = thumbprint[0] + 1;
  let hasUpper = false;
  let hasLower = false;
  for (let index = 0; index < THUMBPRINT_LENGTH; index += 1) {
    const byte = bytes[pathStart + index]!;
    const other = bytes[thumbprintStart + index]!;
    if (byte >= ZERO && byte <= NINE) {
      if (byte !== other) return undefined;
      continue;
    }
    const upper = byte & ~LOWER_BIT;
    if (upper < UPPER_A || upper > UPPER_F || upper !== (other & ~LOWER_BIT)) return undefined;
    if (byte === upper) hasUpper = true;
    else hasLower = true;
  }
  if (hasUpper && hasLower) return undefined;
  return hasLower ? LOWER : UPPER;
}

/** Whether the bytes before the thumbprint are a text of their own: no escape reaches into the thumbprint. */
function isWholeText(bytes: Buffer, [start, end]: Span): boolean {
  try {
    JSON.parse(`"${bytes.toString('utf8', start, end)}"`);
    return true;
  } catch {
    return false;
  }
}
