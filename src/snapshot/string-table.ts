/**
 * Every distinct text of a snapshot, once, in order: a text is its row (its string id), and comparing
 * two texts is comparing two integers.
 *
 * Columns of the segment `strings` (n texts, m distinct folded texts):
 *   textOffsets    u32[n + 1]   where each text starts in `textBytes`
 *   textBytes      u8           UTF-8, sorted by folded bytes, then by the bytes themselves
 *   foldOfText     u32[n]       the folded text of each text; ascending
 *   foldOffsets    u32[m + 1]   likewise for the folded texts
 *   foldBytes      u8           UTF-8 of the folded texts, ascending
 */

import type { ColumnArray } from './format.ts';
import { compareBytes } from './text-order.ts';

/** Marks "no text" (and "no row") in every u32 column. */
export const NONE = 0xffff_ffff;

/** Reads texts by id, and finds ids by text. */
export class StringTable {
  readonly length: number;
  readonly foldLength: number;
  readonly #text: Arena;
  readonly #fold: Arena;
  readonly #foldOfText: Uint32Array;

  constructor(columns: ReadonlyMap<string, ColumnArray>) {
    this.#text = new Arena(columns.get('textOffsets') as Uint32Array, columns.get('textBytes') as Uint8Array);
    this.#fold = new Arena(columns.get('foldOffsets') as Uint32Array, columns.get('foldBytes') as Uint8Array);
    this.#foldOfText = columns.get('foldOfText') as Uint32Array;
    this.length = this.#text.length;
    this.foldLength = this.#fold.length;
  }

  /** The text of an id; `null` for {@link NONE}. Decodes each time: O(length of the text). */
  find(id: number): string | null {
    return id === NONE ? null : this.#text.at(id);
  }

  /** The text of an id that is not {@link NONE}. */
  get(id: number): string {
    return this.#text.at(id);
  }

  /** The folded text of an id that is not {@link NONE}. */
  getFolded(id: number): string {
    return this.#fold.at(this.#foldOfText[id]!);
  }

  /** The id of the folded text of a text: ascending with the ids. */
  foldOf(id: number): number {
    return this.#foldOfText[id]!;
  }

  /** The id of a folded text among the folded texts, or `undefined`. O(log m). */
  findFold(folded: string): number | undefined {
    const index = this.#fold.lowerBound(folded);
    return index < this.foldLength && this.#fold.at(index) === folded ? index : undefined;
  }

  /** The half-open range of folded texts that start with a folded text. O(log m). */
  foldRange(prefix: string): readonly [start: number, end: number] {
    const start = this.#fold.lowerBound(prefix);
    return [start, this.#fold.upperBoundOfPrefix(prefix, start)];
  }

  /** Whether a folded text, by its fold id, contains the bytes. */
  foldContains(fold: number, needle: Uint8Array): boolean {
    return this.#fold.contains(fold, needle);
  }

  /** Whether a folded text, by its fold id, ends with the bytes. */
  foldEndsWith(fold: number, needle: Uint8Array): boolean {
    return this.#fold.endsWith(fold, needle);
  }
}

/** Texts end to end in one byte array. */
class Arena {
  readonly length: number;
  readonly #offsets: Uint32Array;
  readonly #bytes: Buffer;

  constructor(offsets: Uint32Array, bytes: Uint8Array) {
    this.#offsets = offsets;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = offsets.length - 1;
  }

  at(index: number): string {
    return this.#bytes.toString('utf8', this.#offsets[index]!, this.#offsets[index + 1]!);
  }

  lowerBound(text: string): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(this.at(middle), text) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  upperBoundOfPrefix(prefix: string, start: number): number {
    let low = start;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.at(middle).startsWith(prefix)) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  contains(index: number, needle: Uint8Array): boolean {
    const last = this.#offsets[index + 1]! - needle.length;
    for (let start = this.#offsets[index]!; start <= last; start += 1) {
      if (this.#matches(start, needle)) return true;
    }
    return false;
  }

  endsWith(index: number, needle: Uint8Array): boolean {
    const start = this.#offsets[index + 1]! - needle.length;
    return start >= this.#offsets[index]! && this.#matches(start, needle);
  }

  #matches(start: number, needle: Uint8Array): boolean {
    for (let index = 0; index < needle.length; index += 1) {
      if (this.#bytes[start + index] !== needle[index]) return false;
    }
    return true;
  }
}
