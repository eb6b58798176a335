/** Thumbprints as bytes, twenty a certificate row, ascending; read as lower-case hex digits. */

import type { ThumbprintSearch } from './path-runs.ts';

const BYTES = 20;
const DIGITS = 2 * BYTES;
const HEX = '0123456789abcdef';

/** 40 lower-case hex digits. */
export function getFoldedThumbprint(thumbprints: Uint8Array, row: number): string {
  return Buffer.from(thumbprints.buffer, thumbprints.byteOffset + row * BYTES, BYTES).toString('hex');
}

/** Finds texts among thumbprints digit by digit. */
export function createThumbprintSearch(thumbprints: Uint8Array): ThumbprintSearch {
  const length = thumbprints.length / BYTES;

  /** How many digits a thumbprint and a text share at their beginnings. */
  function countShared(row: number, text: string): number {
    const end = Math.min(DIGITS, text.length);
    for (let digit = 0; digit < end; digit += 1) {
      if (digitAt(row, digit) !== text.charCodeAt(digit)) return digit;
    }
    return end;
  }

  function digitAt(row: number, digit: number): number {
    const byte = thumbprints[row * BYTES + (digit >>> 1)]!;
    return HEX.charCodeAt(digit % 2 === 0 ? byte >>> 4 : byte & 15);
  }

  /** UTF-16 units above ASCII sort above every digit, as their UTF-8 bytes do. */
  function isBelow(row: number, text: string): boolean {
    const shared = countShared(row, text);
    if (shared === text.length) return false;
    return shared === DIGITS || digitAt(row, shared) < text.charCodeAt(shared);
  }

  return {
    length,
    lowerBound(text) {
      let low = 0;
      let high = length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (isBelow(middle, text)) low = middle + 1;
        else high = middle;
      }
      return low;
    },
    startsWith: (row, text) => row < length && countShared(row, text) === text.length,
  };
}
