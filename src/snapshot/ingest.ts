/**
 * What a builder gathers before it sorts: distinct parts as tuples of numbers, and one triple of handles a
 * record. No object per record, no text twice.
 */

import { foldText } from './filter.ts';

/** A list of u32 that grows by doubling. */
export class Uint32List {
  #values = new Uint32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#values.length) {
      const grown = new Uint32Array(this.#length * 2);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#length] = value;
    this.#length += 1;
  }

  /** The values so far; a view that the next push may outdate. */
  toArray(): Uint32Array {
    return this.#values.subarray(0, this.#length);
  }
}

/** Distinct texts, numbered in the order of their first appearance. Lone surrogates become U+FFFD, as in UTF-8. */
export class TextInterner {
  readonly texts: string[] = [];
  readonly #ids = new Map<string, number>();

  intern(text: string): number {
    const known = this.#ids.get(text);
    if (known !== undefined) return known;
    const wellFormed = text.toWellFormed();
    if (wellFormed !== text) {
      const id = this.intern(wellFormed);
      this.#ids.set(text, id);
      return id;
    }
    this.#ids.set(text, this.texts.length);
    return this.texts.push(text) - 1;
  }

  /** `NaN` for `null`: the mark of the unknown in a tuple. */
  internNullable(text: string | null): number {
    return text === null ? Number.NaN : this.intern(text);
  }
}

/**
 * Distinct tuples of a fixed width, numbered in the order of their first appearance. Open addressing over
 * typed arrays: 8 bytes a value and about 8 a tuple beside them. `NaN` equals itself.
 */
export class TupleInterner {
  readonly width: number;
  #values: Float64Array;
  #slots: Uint32Array;
  #length = 0;
  readonly #scratch = new Float64Array(1);
  readonly #scratchWords = new Uint32Array(this.#scratch.buffer);

  constructor(width: number) {
    this.width = width;
    this.#values = new Float64Array(width * 64);
    this.#slots = new Uint32Array(128);
  }

  get length(): number {
    return this.#length;
  }

  at(id: number, column: number): number {
    return this.#values[id * this.width + column]!;
  }

  /** The number of a tuple: `values` has exactly `width` entries. */
  intern(values: readonly number[]): number {
    const mask = this.#slots.length - 1;
    let slot = this.#hash(values) & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const id = this.#slots[slot]! - 1;
      if (this.#equals(id, values)) return id;
    }
    const id = this.#length;
    this.#reserve();
    this.#values.set(values, id * this.width);
    this.#length += 1;
    if (this.#length * 2 > this.#slots.length) this.#rehash();
    else this.#slots[slot] = id + 1;
    return id;
  }

  #equals(id: number, values: readonly number[]): boolean {
    const start = id * this.width;
    for (let column = 0; column < this.width; column += 1) {
      if (!Object.is(this.#values[start + column], values[column])) return false;
    }
    return true;
  }

  #reserve(): void {
    if ((this.#length + 1) * this.width <= this.#values.length) return;
    const grown = new Float64Array(this.#values.length * 2);
    grown.set(this.#values);
    this.#values = grown;
  }

  #rehash(): void {
    this.#slots = new Uint32Array(this.#slots.length * 2);
    const mask = this.#slots.length - 1;
    for (let id = 0; id < this.#length; id += 1) {
      let slot = this.#hash(this.#values.subarray(id * this.width, (id + 1) * this.width)) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = id + 1;
    }
  }

  #hash(values: ArrayLike<number>): number {
    let hash = 0;
    for (let column = 0; column < this.width; column += 1) {
      this.#scratch[0] = values[column]!;
      hash = Math.imul(hash ^ this.#scratchWords[0]!, 0x85ebca6b);
      hash = Math.imul((hash ^ (hash >>> 15)) + this.#scratchWords[1]!, 0xc2b2ae35);
      hash ^= hash >>> 13;
    }
    return hash >>> 0;
  }
}

/** Columns of a certificate tuple; text columns hold ids of `texts`, list columns ids of `lists`. */
export const CERTIFICATE = {
  thumbprint: 0,
  serialNumber: 1,
  subject: 2,
  issuer: 3,
  signatureAlgorithm: 4,
  subjectType: 5,
  keySize: 6,
  notBefore: 7,
  notAfter: 8,
  keyUsages: 9,
  extendedKeyUsages: 10,
} as const;

/** Columns of a device tuple. */
export const DEVICE = { deviceId: 0, name: 1, rbacGroupId: 2, rbacGroupName: 3 } as const;

/** Codes of the column `subjectType`; 0 is "not reported". */
export const SUBJECT_TYPE = { CERTIFICATE_AUTHORITY: 1, END_ENTITY: 2 } as const;

/** Everything gathered, for merging and assembling. */
export interface GatheredRecords {
  readonly texts: TextInterner;
  /** Usage lists as JSON text. */
  readonly lists: TextInterner;
  readonly certificates: TupleInterner;
  readonly devices: TupleInterner;
  /** (prefix text, tail) of `splitPath`. */
  readonly paths: TupleInterner;
  readonly recordDevice: Uint32List;
  readonly recordCertificate: Uint32List;
  readonly recordPath: Uint32List;
}

/** How the text of a path is put together from its entry and the thumbprint of its certificate. */
export const PATH_TAIL = { none: 0, upperThumbprint: 1, lowerThumbprint: 2 } as const;

/**
 * Cuts a path that ends with the thumbprint of its certificate, as nearly every one does, so that the same
 * store of a million certificates is one entry. One path has one such form.
 */
export function splitPath(path: string, thumbprint: string): readonly [prefix: string, tail: number] {
  const start = path.length - thumbprint.length;
  if (start < 0) return [path, PATH_TAIL.none];
  if (path.endsWith(thumbprint)) return [path.slice(0, start), PATH_TAIL.upperThumbprint];
  if (path.endsWith(foldText(thumbprint))) return [path.slice(0, start), PATH_TAIL.lowerThumbprint];
  return [path, PATH_TAIL.none];
}

/** The inverse of {@link splitPath}. */
export function joinPath(prefix: string, tail: number, thumbprint: string): string {
  if (tail === PATH_TAIL.none) return prefix;
  return prefix + (tail === PATH_TAIL.upperThumbprint ? thumbprint : foldText(thumbprint));
}
