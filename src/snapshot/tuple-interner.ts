/**
 * Distinct tuples of u32 words of one width, numbered in the order of their first appearance. Open addressing
 * over typed arrays: four bytes a word, and eight to sixteen a tuple beside them.
 */

import { releaseMemory } from '../core/memory.ts';
import { growTo } from './growing.ts';

export class TupleInterner {
  readonly width: number;
  #words: Uint32Array<ArrayBuffer>;
  #slots = new Uint32Array(128);
  #length = 0;
  readonly #float = new Float64Array(1);
  readonly #floatWords = new Uint32Array(this.#float.buffer);

  constructor(width: number) {
    this.width = width;
    this.#words = new Uint32Array(width * 64);
  }

  get length(): number {
    return this.#length;
  }

  /** All tuples end to end; a view that the next new tuple may outdate. */
  get words(): Uint32Array<ArrayBuffer> {
    return this.#words;
  }

  at(id: number, column: number): number {
    return this.#words[id * this.width + column]!;
  }

  /** Two words of a tuple as the float64 that they are. */
  floatAt(id: number, column: number): number {
    this.#floatWords[0] = this.at(id, column);
    this.#floatWords[1] = this.at(id, column + 1);
    return this.#float[0]!;
  }

  /** The number of a tuple: the first `width` words given. */
  intern(tuple: Uint32Array): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashWords(tuple, 0, this.width) & mask;
    for (; slots[slot] !== 0; slot = (slot + 1) & mask) {
      if (this.#equals(slots[slot]! - 1, tuple)) return slots[slot]! - 1;
    }
    const id = this.push(tuple);
    slots[slot] = id + 1;
    if (this.#length * 2 > slots.length) this.#rehash();
    return id;
  }

  /** Adds a tuple without looking for it: later calls of {@link intern} do not find it. */
  push(tuple: Uint32Array): number {
    const start = this.#length * this.width;
    if (start + this.width > this.#words.length) this.#words = growTo(this.#words, this.#words.length * 2);
    for (let column = 0; column < this.width; column += 1) this.#words[start + column] = tuple[column]!;
    this.#length += 1;
    return this.#length - 1;
  }

  /** Everything, as it is: the interner must not be used afterwards. */
  takeWords(): Uint32Array<ArrayBuffer> {
    return this.#words.subarray(0, this.#length * this.width);
  }

  /** Gives the memory back: the interner must not be used afterwards. */
  clear(): void {
    releaseMemory(this.#words);
    releaseMemory(this.#slots);
  }

  #equals(id: number, tuple: Uint32Array): boolean {
    const words = this.#words;
    const start = id * this.width;
    for (let column = 0; column < this.width; column += 1) {
      if (words[start + column] !== tuple[column]) return false;
    }
    return true;
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#length; id += 1) {
      let slot = hashWords(this.#words, id * this.width, this.width) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    releaseMemory(this.#slots);
    this.#slots = slots;
  }
}

function hashWords(words: Uint32Array, start: number, width: number): number {
  let hash = width;
  for (let index = start; index < start + width; index += 1) {
    hash = Math.imul(hash ^ words[index]!, 0x85eb_ca6b);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0xc2b2_ae35);
  return (hash ^ (hash >>> 13)) >>> 0;
}
