/**
 * Paths from their bytes. Nearly every path is a store and the thumbprint of its certificate; the stores are few and
 * remembered by their bytes.
 */

import type { RecordSink } from '../snapshot/record.ts';
import { PartCache } from './part-cache.ts';
import { equalBytes, type ViewedBytes } from './wire-bytes.ts';

/** Where a raw value lies, its quotes included. */
export type Span = readonly [start: number, end: number];

export interface PathReader {
  /**
   * The sink's handle of a path whose store is known, or -1. Allocates nothing.
   *
   * @param spelling of the thumbprint, by {@link findSpelling}
   */
  find(
    source: ViewedBytes,
    pathStart: number,
    pathEnd: number,
    thumbprintStart: number,
    thumbprintEnd: number,
    spelling: number,
  ): number;
  /**
   * The sink's handle of any path, whose store is then known.
   *
   * @param text of the path, decoded
   * @param normalThumbprint of the certificate, in normal form
   */
  intern(source: ViewedBytes, path: Span, thumbprint: Span, text: string, normalThumbprint: string): number;
}

/** How 40 hex digits are spelled; `OTHER` is mixed, or something else. */
const OTHER = 0;
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

  const find: PathReader['find'] = (
    source,
    pathStart,
    pathEnd,
    thumbprintStart,
    thumbprintEnd,
    thumbprintSpelling,
  ) => {
    const tailStart = pathEnd - 1 - THUMBPRINT_LENGTH;
    if (thumbprintEnd - thumbprintStart !== QUOTED_LENGTH || tailStart <= pathStart) return -1;
    const isSame = equalBytes(source, thumbprintStart + 1, source, tailStart, THUMBPRINT_LENGTH);
    const spelling = isSame
      ? thumbprintSpelling
      : findTailSpelling(source.bytes, tailStart, thumbprintStart + 1);
    if (spelling === OTHER) return -1;
    const stores = spelling === UPPER ? upperStores : lowerStores;
    const entry = stores.find(source, pathStart + 1, tailStart - pathStart - 1);
    return entry === -1 ? -1 : stores.handleOf(entry);
  };

  /** Remembers the store of a path that ends with the thumbprint. */
  function remember(source: ViewedBytes, path: Span, thumbprint: Span, handle: number): void {
    const tailStart = path[1] - 1 - THUMBPRINT_LENGTH;
    if (thumbprint[1] - thumbprint[0] !== QUOTED_LENGTH || tailStart <= path[0]) return;
    const spelling = findTailSpelling(source.bytes, tailStart, thumbprint[0] + 1);
    const store: Span = [path[0] + 1, tailStart];
    if (spelling === OTHER || !isWholeText(source.bytes, store)) return;
    (spelling === UPPER ? upperStores : lowerStores).set(source, store, [], handle);
  }

  return {
    find,
    intern: (source, path, thumbprint, text, normalThumbprint) => {
      const spelling = findSpelling(source.bytes, ...thumbprint);
      const known = find(source, ...path, ...thumbprint, spelling);
      if (known !== -1) return known;
      const handle = sink.internPath(text, normalThumbprint);
      remember(source, path, thumbprint, handle);
      return handle;
    },
  };
}

/** How a raw thumbprint of 40 hex digits is spelled: a number to hand to {@link PathReader.find}. */
export function findSpelling(bytes: Uint8Array, start: number, end: number): number {
  return end - start === QUOTED_LENGTH ? findTailSpelling(bytes, start + 1, start + 1) : OTHER;
}

/** How 40 hex digits are spelled that are, but for their case, the same as others. */
function findTailSpelling(bytes: Uint8Array, start: number, otherStart: number): number {
  let hasUpper = false;
  let hasLower = false;
  for (let index = 0; index < THUMBPRINT_LENGTH; index += 1) {
    const byte = bytes[start + index]!;
    const other = bytes[otherStart + index]!;
    if (byte >= ZERO && byte <= NINE) {
      if (byte !== other) return OTHER;
      continue;
    }
    const upper = byte & ~LOWER_BIT;
    if (upper < UPPER_A || upper > UPPER_F || upper !== (other & ~LOWER_BIT)) return OTHER;
    if (byte === upper) hasUpper = true;
    else hasLower = true;
  }
  if (hasUpper && hasLower) return OTHER;
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
