/**
 * JSON on bytes: where a value ends, and whether two pieces are the same. Nothing here builds a value.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;
const DELETE = 0x7f;

/** From this length on the call into native code costs less than the loop. */
const NATIVE_COMPARE_BYTES = 192;

/** Bytes with a view for reading four at a time. */
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
  let index = 0;
  for (; index + 4 <= length; index += 4) {
    if (leftView.getInt32(leftStart + index, true) !== rightView.getInt32(rightStart + index, true)) {
      return false;
    }
  }
  for (; index < length; index += 1) {
    if (leftView.getUint8(leftStart + index) !== rightView.getUint8(rightStart + index)) return false;
  }
  return true;
}

/** The index after the string whose opening quote is at `start`, or -1 when it does not end before `limit`. */
export function findStringEnd(bytes: Uint8Array, start: number, limit: number): number {
  for (let index = start + 1; index < limit; index += 1) {
    const byte = bytes[index]!;
    if (byte === QUOTE) return index + 1;
    if (byte === BACKSLASH) index += 1;
  }
  return -1;
}

/**
 * The index after the value that begins at `start`, or -1 when it does not end before `limit`. Keeps track of
 * strings and brackets alone: whether it is JSON is for whoever parses it.
 */
export function findValueEnd(bytes: Uint8Array, start: number, limit: number): number {
  const first = bytes[start]!;
  if (first === QUOTE) return findStringEnd(bytes, start, limit);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return findCompositeEnd(bytes, start, limit);
  for (let index = start; index < limit; index += 1) {
    const byte = bytes[index]!;
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= SPACE) return index;
  }
  return -1;
}

function findCompositeEnd(bytes: Uint8Array, start: number, limit: number): number {
  let depth = 0;
  for (let index = start; index < limit; index += 1) {
    const byte = bytes[index]!;
    if (byte === QUOTE) {
      index = findStringEnd(bytes, index, limit) - 1;
      if (index < 0) return -1;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      depth += 1;
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return -1;
}

/** Whether `[start, end)` is a string of printable ASCII without escapes: its text is what stands between the quotes. */
export function isPlainString(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < 2 || bytes[start] !== QUOTE || bytes[end - 1] !== QUOTE) return false;
  for (let index = start + 1; index < end - 1; index += 1) {
    const byte = bytes[index]!;
    if (byte < SPACE || byte >= DELETE || byte === BACKSLASH || byte === QUOTE) return false;
  }
  return true;
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
