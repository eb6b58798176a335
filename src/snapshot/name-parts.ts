/**
 * The parts of distinguished names, as numbers of texts. What `parseDistinguishedName` finds is what counts; a name
 * in plain ASCII without quotes and escapes, as nearly every one is, is cut into the same parts by its bytes.
 */

import { findNameAttribute, NAME_ATTRIBUTES, parseDistinguishedName } from '../core/distinguished-name.ts';
import { NONE } from './string-table.ts';
import type { TextInterner } from './text-interner.ts';

const CODE = {
  quote: 0x22,
  plus: 0x2b,
  comma: 0x2c,
  semicolon: 0x3b,
  equals: 0x3d,
  backslash: 0x5c,
} as const;
/** Attribute types of up to so many characters are remembered as one number. */
const SHORT_TYPE = 4;
/** Types that occur are a handful; what a person invents must not fill the memory. */
const TYPES_KEPT = 1_024;

/**
 * Reads names into `parts`: the number of the text of each of {@link NAME_ATTRIBUTES}, {@link NONE} where the
 * name has none. Linear in the name.
 */
export function createNameReader(texts: TextInterner): (name: number, parts: Uint32Array) => void {
  const attributeOfType = new Map<number, number>();
  const starts = new Uint32Array(NAME_ATTRIBUTES.length);
  const ends = new Uint32Array(NAME_ATTRIBUTES.length);

  function readPlain(name: number, parts: Uint32Array): boolean {
    if (!texts.isAscii(name)) return false;
    const { bytes } = texts;
    const end = texts.offsets[name + 1]!;
    ends.fill(0);
    let start = texts.offsets[name]!;
    let equals = 0;
    for (let at = start; at <= end; at += 1) {
      const code = at < end ? bytes[at]! : CODE.comma;
      if (code === CODE.quote || code === CODE.backslash) return false;
      if (code === CODE.equals && equals === 0) equals = at;
      if (code !== CODE.comma && code !== CODE.semicolon && code !== CODE.plus) continue;
      if (equals > start) readPiece(bytes, start, equals, at);
      start = at + 1;
      equals = 0;
    }
    for (let attribute = 0; attribute < ends.length; attribute += 1) {
      parts[attribute] =
        ends[attribute] === 0 ? NONE : texts.internSlice(starts[attribute]!, ends[attribute]!);
    }
    return true;
  }

  /** Notes the value of the piece `type=value`, unless it is blank, of no interest, or not the first. */
  function readPiece(bytes: Uint8Array, start: number, equals: number, end: number): void {
    let from = equals + 1;
    let to = end;
    while (from < to && isBlank(bytes[from]!)) from += 1;
    while (to > from && isBlank(bytes[to - 1]!)) to -= 1;
    if (from === to) return;
    const attribute = findAttribute(bytes, start, equals);
    if (attribute < 0 || ends[attribute] !== 0) return;
    starts[attribute] = from;
    ends[attribute] = to;
  }

  function findAttribute(bytes: Uint8Array, start: number, end: number): number {
    let from = start;
    let to = end;
    while (from < to && isBlank(bytes[from]!)) from += 1;
    while (to > from && isBlank(bytes[to - 1]!)) to -= 1;
    if (to - from > SHORT_TYPE) return lookUp(bytes, from, to);
    let type = to - from;
    for (let at = from; at < to; at += 1) type = type * 256 + bytes[at]!;
    let attribute = attributeOfType.get(type);
    if (attribute === undefined) {
      attribute = lookUp(bytes, from, to);
      if (attributeOfType.size < TYPES_KEPT) attributeOfType.set(type, attribute);
    }
    return attribute;
  }

  return (name, parts) => {
    if (readPlain(name, parts)) return;
    const found = parseDistinguishedName(texts.get(name));
    for (const [index, attribute] of NAME_ATTRIBUTES.entries()) {
      const value = found[attribute];
      parts[index] = value === null ? NONE : texts.intern(value);
    }
  };
}

function lookUp(bytes: Uint8Array, start: number, end: number): number {
  const attribute = findNameAttribute(String.fromCharCode(...bytes.subarray(start, end)));
  return attribute === undefined ? -1 : NAME_ATTRIBUTES.indexOf(attribute);
}

/** White space of ASCII, as `\s` and `trim` take it. */
function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}
