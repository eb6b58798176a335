/**
 * JSON on bytes: where a value ends, and whether two pieces are the same. Nothing here builds a value.
 */

import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
} from './json-bytes.ts';

const DELETE = 0x7f;

/** From this length on the call into native code costs less than the loop. */
const NATIVE_COMPARE_BYTES = 128;
const LOW_BITS = 0x01010101;
const HIGH_BITS = 0x80808080 | 0;
const FOUR_QUOTES = QUOTE * LOW_BITS;
const FOUR_BACKSLASHES = BACKSLASH * LOW_BITS;
const FOUR_SPACES = SPACE * LOW_BITS;

/** Bytes with a view for reading several at a time. */
export interface ViewedBytes {
  readonly bytes: Buffer;
  readonly view: DataView;
}

export function toViewedBytes(bytes: Buffer): ViewedBytes {
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}

/** Whether `length` bytes from `leftStart` equal those from `rightStart`; `false` where the right side ends sooner. */
export function equalBytes(
  left: ViewedBytes,
  leftStart: number,
  right: ViewedBytes,
  rightStart: number,
  length: number,
): boolean {
  if (rightStart + length > right.bytes.length) return false;
  if (length >= NATIVE_COMPARE_BYTES) {
    return (
      right.bytes.compare(left.bytes, leftStart, leftStart + length, rightStart, rightStart + length) === 0
    );
  }
  const leftView = left.view;
  const rightView = right.view;
  if (length < 8) {
    for (let index = 0; index < length; index += 1) {
      if (leftView.getUint8(leftStart + index) !== rightView.getUint8(rightStart + index)) return false;
    }
    return true;
  }
  const last = length - 8;
  for (let index = 0; index < last; index += 8) {
    if (leftView.getBigInt64(leftStart + index, true) !== rightView.getBigInt64(rightStart + index, true)) {
      return false;
    }
  }
  return leftView.getBigInt64(leftStart + last, true) === rightView.getBigInt64(rightStart + last, true);
}

/** The index after the string whose opening quote is at `start`, or -1 when it does not end before `limit`. */
export function findStringEnd({ bytes, view }: ViewedBytes, start: number, limit: number): number {
  let index = start + 1;
  for (; index + 4 <= limit; index += 4) {
    if (hasZero(view.getInt32(index, true) ^ FOUR_QUOTES)) break;
  }
  while (index < limit && bytes[index] !== QUOTE) index += 1;
  // What stands before the quote decides whether it is one; a backslash there may be escaped itself.
  if (index < limit && bytes[index - 1] !== BACKSLASH) return index + 1;
  return findEscapedStringEnd(bytes, start, limit);
}

function findEscapedStringEnd(bytes: Uint8Array, start: number, limit: number): number {
  for (let index = start + 1; index < limit; index += 1) {
    const byte = bytes[index]!;
    if (byte === QUOTE) return index + 1;
    if (byte === BACKSLASH) index += 1;
  }
  return -1;
}

/**
 * The index after the string whose opening quote is at `start`, when it is printable ASCII without escapes: its
 * text is what stands between the quotes. -1 for every other string, and when it does not end before `limit`.
 */
export function findPlainStringEnd({ bytes, view }: ViewedBytes, start: number, limit: number): number {
  let index = start + 1;
  for (; index + 4 <= limit; index += 4) {
    const four = view.getInt32(index, true);
    // A high bit shows below a space in the difference, above a tilde in the sum, above ASCII in the bytes themselves.
    if ((((four - FOUR_SPACES) | (four + LOW_BITS) | four) & HIGH_BITS) !== 0) break;
    if (hasZero(four ^ FOUR_QUOTES) || hasZero(four ^ FOUR_BACKSLASHES)) break;
  }
  for (; index < limit; index += 1) {
    const byte = bytes[index]!;
    if (byte === QUOTE) return index + 1;
    if (byte < SPACE || byte >= DELETE || byte === BACKSLASH) return -1;
  }
  return -1;
}

/** Whether one of the four bytes is zero. */
function hasZero(four: number): boolean {
  return ((four - LOW_BITS) & ~four & HIGH_BITS) !== 0;
}

/**
 * The index after the value that begins at `start`, or -1 when it does not end before `limit`. Keeps track of
 * strings and brackets alone: whether it is JSON is for whoever parses it.
 */
export function findValueEnd(source: ViewedBytes, start: number, limit: number): number {
  const { bytes } = source;
  const first = bytes[start]!;
  if (first === QUOTE) return findStringEnd(source, start, limit);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return findCompositeEnd(source, start, limit);
  for (let index = start; index < limit; index += 1) {
    const byte = bytes[index]!;
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= SPACE) return index;
  }
  return -1;
}

function findCompositeEnd(source: ViewedBytes, start: number, limit: number): number {
  const { bytes } = source;
  let depth = 0;
  for (let index = start; index < limit; index += 1) {
    const byte = bytes[index]!;
    if (byte === QUOTE) {
      const end = findStringEnd(source, index, limit);
      if (end === -1) return -1;
      index = end - 1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return -1;
}

/** The index after blanks, at most `limit`. */
export function skipBlanks(bytes: Uint8Array, start: number, limit: number): number {
  let index = start;
  while (index < limit && isBlank(bytes[index]!)) index += 1;
  return index;
}

/** White space of RFC 8259 section 2. */
function isBlank(byte: number): boolean {
  return byte === SPACE || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
