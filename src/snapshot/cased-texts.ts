/**
 * Texts by id, put together from their folded forms: which letters of A to Z are upper case is one bit a byte, an eighth
 * of the text itself. Texts that are not ASCII stand in full.
 *
 *   folded      c n = c o n t o s o        bytes of the folded text
 *   upper case  1 1 . 1 . . . . . .        CN=Contoso
 */

import type { ColumnArray } from './format.ts';

/** Texts that are remembered, a power of two: issuers, algorithms and stores come again with nearly every row. */
const TEXTS_KEPT = 2_048;
/** Of characters; longer ones are not remembered, so that all together take some hundred kilobytes. */
const KEPT_LENGTH = 128;

export class CasedTexts {
  readonly length: number;
  readonly #caseOffsets: Uint32Array;
  readonly #upperCase: Uint8Array;
  readonly #foldOfText: Uint32Array;
  readonly #foldOffsets: Uint32Array;
  readonly #foldBytes: Uint8Array;
  readonly #wholeTexts: Uint32Array;
  readonly #wholeOffsets: Uint32Array;
  readonly #wholeBytes: Buffer;
  #scratch = Buffer.alloc(1_024);
  /** Ids plus one, 0 for none. */
  readonly #keptIds = new Float64Array(TEXTS_KEPT);
  readonly #keptTexts: string[] = Array.from({ length: TEXTS_KEPT }, () => '');

  /** @param columns of the segment `strings`: see `string-table.ts` */
  constructor(columns: ReadonlyMap<string, ColumnArray>) {
    const u32 = (name: string): Uint32Array => columns.get(name) as Uint32Array;
    const u8 = (name: string): Uint8Array => columns.get(name) as Uint8Array;
    this.#caseOffsets = u32('caseOffsets');
    this.#upperCase = u8('upperCase');
    this.#foldOfText = u32('foldOfText');
    this.#foldOffsets = u32('foldOffsets');
    this.#foldBytes = u8('foldBytes');
    this.#wholeTexts = u32('wholeTexts');
    this.#wholeOffsets = u32('wholeOffsets');
    const whole = u8('wholeBytes');
    this.#wholeBytes = Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength);
    this.length = this.#foldOfText.length;
  }

  /** The text of an id: linear in its length, unless it was read lately. */
  at(id: number): string {
    const place = id & (TEXTS_KEPT - 1);
    if (this.#keptIds[place] === id + 1) return this.#keptTexts[place]!;
    const text = this.#decode(id);
    if (text.length <= KEPT_LENGTH) {
      this.#keptIds[place] = id + 1;
      this.#keptTexts[place] = text;
    }
    return text;
  }

  #decode(id: number): string {
    const start = this.#caseOffsets[id]!;
    const length = this.#caseOffsets[id + 1]! - start;
    if (length === 0) return this.#findWhole(id);
    if (length > this.#scratch.length) this.#scratch = Buffer.alloc(length * 2);
    const scratch = this.#scratch;
    const upperCase = this.#upperCase;
    const foldBytes = this.#foldBytes;
    const foldStart = this.#foldOffsets[this.#foldOfText[id]!]!;
    let bits = upperCase[start >>> 3]! >>> (start & 7);
    for (let index = 0, bit = start; index < length; index += 1) {
      scratch[index] = foldBytes[foldStart + index]! - ((bits & 1) << 5);
      bit += 1;
      bits = (bit & 7) === 0 ? upperCase[bit >>> 3]! : bits >>> 1;
    }
    return scratch.toString('latin1', 0, length);
  }

  /** A text without bits: one that stands in full, or the empty one. */
  #findWhole(id: number): string {
    let low = 0;
    let high = this.#wholeTexts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#wholeTexts[middle]! < id) low = middle + 1;
      else high = middle;
    }
    return this.#wholeTexts[low] === id
      ? this.#wholeBytes.toString('utf8', this.#wholeOffsets[low]!, this.#wholeOffsets[low + 1]!)
      : '';
  }
}
