/**
 * Where the rows of a set stand among themselves: columns that have entries for these rows alone are read by it. An
 * eighth of a byte a row of the table, beside the set.
 */

import { countBits, type RowSet } from './row-set.ts';

export class RowRanks {
  readonly #words: Uint32Array;
  /** Rows of the set before each word, and at the end all of them. */
  readonly #before: Uint32Array;

  /** O(rows of the table / 32). */
  constructor({ words }: RowSet) {
    this.#words = words;
    this.#before = new Uint32Array(words.length + 1);
    for (let word = 0; word < words.length; word += 1) {
      this.#before[word + 1] = this.#before[word]! + countBits(words[word]!);
    }
  }

  /** How many rows of the set come before a row, of the table or just after its last. O(1). */
  rankOf(row: number): number {
    const word = row >>> 5;
    const below = (1 << (row & 31)) - 1;
    return this.#before[word]! + (below === 0 ? 0 : countBits(this.#words[word]! & below));
  }

  /** Bytes beside the set. */
  get byteLength(): number {
    return this.#before.byteLength;
  }
}
