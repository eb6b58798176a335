/**
 * Texts end to end in one byte array, ascending by their bytes, and the searches over them. Nothing is decoded to
 * be searched.
 */

import { addRange, addRow, createWords, type RowSet, sealSet } from './row-set.ts';
import { compareBytes } from './text-order.ts';
import type { QueryLimits, Work } from './work.ts';

/** Found texts cost more than the bytes between them: after so many a search yields, whatever it has read. */
const HITS_PER_PIECE = 2_048;

/** Texts from `start` to before `end`. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

export class TextArena {
  /** Number of texts. */
  readonly length: number;
  readonly #offsets: Uint32Array;
  readonly #bytes: Buffer;

  /** @param offsets u32[texts + 1], where each text starts in `bytes` */
  constructor(offsets: Uint32Array, bytes: Uint8Array) {
    this.#offsets = offsets;
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.length = offsets.length - 1;
  }

  /** Bytes of the texts from `start` to before `end`; of all by default. */
  byteLength(start = 0, end = this.length): number {
    return this.#offsets[end]! - this.#offsets[start]!;
  }

  /** A text. Decodes each time. */
  at(index: number): string {
    return this.#bytes.toString('utf8', this.#offsets[index]!, this.#offsets[index + 1]!);
  }

  /** The first text that is not below another. O(log n). */
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

  /** The first text from `start` on that does not begin with a prefix, those before it doing so. O(log n). */
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

  /** Whether a text contains the bytes. Linear in its length. */
  contains(index: number, needle: Uint8Array): boolean {
    if (needle.length === 0) return true;
    const bytes = this.#bytes;
    const first = needle[0];
    const last = this.#offsets[index + 1]! - needle.length;
    for (let start = this.#offsets[index]!; start <= last; start += 1) {
      if (bytes[start] === first && this.#matches(start, needle)) return true;
    }
    return false;
  }

  /** Whether a text ends with the bytes. */
  endsWith(index: number, needle: Uint8Array): boolean {
    const start = this.#offsets[index + 1]! - needle.length;
    return start >= this.#offsets[index]! && this.#matches(start, needle);
  }

  /**
   * The set of texts that contain a needle, or end with it: one native search over their bytes, its hits mapped to
   * texts by the offsets. A hit across the seam of two texts is none.
   *
   * @param range the texts to search, from `start` to before `end`
   */
  *search(
    kind: 'contains' | 'endsWith',
    needle: Uint8Array,
    range: TextRange,
    { bytesPerPiece }: QueryLimits,
  ): Work<RowSet> {
    const words = createWords(this.length);
    if (needle.length === 0) addRange(words, range.start, range.end);
    const bytes = this.#bytes.subarray(0, this.#offsets[range.end]);
    const place = { byte: this.#offsets[range.start]!, text: range.start };
    while (needle.length > 0 && place.byte + needle.length <= bytes.length) {
      this.#searchPiece(kind, needle, bytes, place, bytesPerPiece, words);
      if (place.byte + needle.length <= bytes.length) yield;
    }
    return sealSet(words, this.length);
  }

  #searchPiece(
    kind: 'contains' | 'endsWith',
    needle: Uint8Array,
    bytes: Buffer,
    place: { byte: number; text: number },
    bytesPerPiece: number,
    words: Uint32Array,
  ): void {
    const end = Math.min(bytes.length, place.byte + bytesPerPiece + needle.length - 1);
    const searched = bytes.subarray(0, end);
    for (let hits = 0; hits < HITS_PER_PIECE; hits += 1) {
      const hit = searched.indexOf(needle, place.byte);
      if (hit < 0) {
        place.byte = end - needle.length + 1;
        return;
      }
      place.text = this.#textAt(hit, place.text);
      const textEnd = this.#offsets[place.text + 1]!;
      const spare = textEnd - hit - needle.length;
      if (kind === 'contains' ? spare >= 0 : spare === 0) {
        addRow(words, place.text);
        place.byte = textEnd;
      } else {
        // Within this text only its end can match; a hit that reaches into the next one may begin there.
        place.byte = kind === 'endsWith' && spare > 0 ? hit + spare : hit + 1;
      }
      if (place.byte + needle.length > end) return;
    }
  }

  /** The text that a byte belongs to; hits come ascending, so it is sought from the last one on, in growing steps. */
  #textAt(byte: number, from: number): number {
    let low = from;
    let step = 1;
    while (low + step < this.length && this.#offsets[low + step]! <= byte) {
      low += step;
      step *= 2;
    }
    let high = Math.min(low + step, this.length);
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if (this.#offsets[middle]! <= byte) low = middle;
      else high = middle;
    }
    return low;
  }

  #matches(start: number, needle: Uint8Array): boolean {
    for (let index = 0; index < needle.length; index += 1) {
      if (this.#bytes[start + index] !== needle[index]) return false;
    }
    return true;
  }
}
