/**
 * Texts end to end in one byte array, ascending by their bytes, and the searches over them. Nothing is decoded to
 * be searched.
 */

import { addRow, createPlainSet, createWords, type RowSet, sealSet } from './row-set.ts';
import { compareBytes } from './text-order.ts';
import type { QueryLimits, Work } from './work.ts';

/** Found texts cost more than the bytes between them: after so many a search yields, whatever it has read. */
const HITS_PER_PIECE = 2_048;

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

  /** Bytes of all texts. */
  get byteLength(): number {
    return this.#bytes.length;
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
    const last = this.#offsets[index + 1]! - needle.length;
    for (let start = this.#offsets[index]!; start <= last; start += 1) {
      if (this.#matches(start, needle)) return true;
    }
    return false;
  }

  /** Whether a text ends with the bytes. */
  endsWith(index: number, needle: Uint8Array): boolean {
    const start = this.#offsets[index + 1]! - needle.length;
    return start >= this.#offsets[index]! && this.#matches(start, needle);
  }

  /**
   * The set of texts that contain a needle, or end with it: one native search over all bytes, its hits mapped to
   * texts by the offsets. A hit across the seam of two texts is none.
   */
  *search(kind: 'contains' | 'endsWith', needle: Uint8Array, { bytesPerPiece }: QueryLimits): Work<RowSet> {
    if (needle.length === 0) return createPlainSet(this.length, true);
    const words = createWords(this.length);
    const place = { byte: 0, text: 0 };
    while (place.byte + needle.length <= this.#bytes.length) {
      this.#searchPiece(kind, needle, place, bytesPerPiece, words);
      if (place.byte + needle.length <= this.#bytes.length) yield;
    }
    return sealSet(words, this.length);
  }

  #searchPiece(
    kind: 'contains' | 'endsWith',
    needle: Uint8Array,
    place: { byte: number; text: number },
    bytesPerPiece: number,
    words: Uint32Array,
  ): void {
    const end = Math.min(this.#bytes.length, place.byte + bytesPerPiece + needle.length - 1);
    const searched = this.#bytes.subarray(0, end);
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
