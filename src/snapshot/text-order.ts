/**
 * The one order of text: by the bytes of the lower-cased UTF-8, then by the bytes of the text itself.
 * Never a locale, so that every machine sorts alike.
 */

import { foldText } from './filter.ts';

/**
 * Compares two strings by their UTF-8 bytes without encoding them. UTF-16 units sort like UTF-8 bytes but
 * for surrogates, which stand below U+E000 to U+FFFF and must stand above.
 *
 * @returns negative, zero or positive
 */
export function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const left = a.charCodeAt(index);
    const right = b.charCodeAt(index);
    if (left !== right)
      return left < 0xd800 || right < 0xd800 ? left - right : toByteRank(left) - toByteRank(right);
  }
  return a.length - b.length;
}

/** The order of identities and of text columns: folded text first, the text itself among equals. */
export function compareText(a: string, b: string): number {
  return compareBytes(foldText(a), foldText(b)) || compareBytes(a, b);
}

/** Moves surrogates (D800 to DFFF) above the rest of the basic plane (E000 to FFFF). */
function toByteRank(unit: number): number {
  return unit >= 0xe000 ? unit - 0x0800 : unit + 0x2000;
}
