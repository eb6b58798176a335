/** Typed arrays that grow: the old one is given back at once, not when a collection comes round. */

import { releaseMemory } from '../core/memory.ts';

type Growable = Uint8Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/** A copy of an array with room for `length` elements. The array given must not be used afterwards. */
export function growTo<Values extends Growable>(values: Values, length: number): Values {
  const grown = new (values.constructor as new (length: number) => Values)(length);
  grown.set(values);
  releaseMemory(values);
  return grown;
}

/** A list of u32 that grows by doubling. */
export class Uint32List {
  #values = new Uint32Array(1_024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) this.#values = growTo(this.#values, this.#length * 2);
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  /** The values so far; a view that the next push may outdate. */
  toArray(): Uint32Array<ArrayBuffer> {
    return this.#values.subarray(0, this.#length);
  }
}
