/**
 * How many arrays and objects a JSON text has and how deep they stand in each other, seen without parsing it: what nests
 * without end takes JSON.parse eight times as long as plain values do, and every later walk through it as well; each object
 * of a variable takes graphql-js some four microseconds to read.
 *
 * Guarantees that of a text which is JSON it says what is true of it; of any other text it says something, and JSON.parse
 * refuses it. Takes about a nanosecond a byte, and stops at the first bracket that is one too many.
 */

/** A filter at its deepest, in the variables of a request, takes 30. */
export const MAXIMUM_JSON_NESTING = 64;
/** Three lists of a thousand filters, each with two more in it, take less. */
export const MAXIMUM_JSON_STRUCTURES = 10_000;

export interface JsonLimits {
  /** Arrays and objects in each other. */
  readonly nesting: number;
  /** Arrays and objects. */
  readonly structures: number;
}

/** Which limit a text goes over first. */
export type JsonExcess = keyof JsonLimits;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** `[` and `{`, `]` and `}` are one character each, but for this bit. Bytes of longer characters are none of them. */
const BRACKET_BIT = 0x20;
const OPENING = 0x7b;
const CLOSING = 0x7d;

const LIMITS: JsonLimits = { nesting: MAXIMUM_JSON_NESTING, structures: MAXIMUM_JSON_STRUCTURES };

/** @param text JSON in UTF-8 */
export function findJsonExcess(text: Uint8Array, limits: JsonLimits = LIMITS): JsonExcess | undefined {
  let depth = 0;
  let structures = 0;
  for (let index = 0; index < text.length; index += 1) {
    const byte = text[index]!;
    if (byte === QUOTE) index = findClosingQuote(text, index + 1);
    else if ((byte | BRACKET_BIT) === CLOSING) depth -= 1;
    else if ((byte | BRACKET_BIT) === OPENING) {
      depth += 1;
      structures += 1;
      if (depth > limits.nesting) return 'nesting';
      if (structures > limits.structures) return 'structures';
    }
  }
  return undefined;
}

/** The end of the text when there is none. */
function findClosingQuote(text: Uint8Array, start: number): number {
  let index = start;
  while (index < text.length && text[index] !== QUOTE) index += text[index] === BACKSLASH ? 2 : 1;
  return index;
}
