/**
 * How much memory a JSON text may become, told from its bytes: a few of them make a value, each value takes tens of bytes,
 * and a parser that runs out of heap in the middle takes the whole process with it.
 */

import { BACKSLASH, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from './json-bytes.ts';

/** Whether there are more than so many values, those inside of others counted too. Stops there; else linear. */
export function hasMoreValues(bytes: Uint8Array, maximum: number): boolean {
  let values = 1;
  let isInString = false;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (isInString) {
      if (byte === BACKSLASH) index += 1;
      else if (byte === QUOTE) isInString = false;
    } else if (byte === QUOTE) {
      isInString = true;
    } else if (byte === COMMA || byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      // An opening bracket stands for the first value behind it, a comma for the next one.
      values += 1;
      if (values > maximum) return true;
    }
  }
  return false;
}
