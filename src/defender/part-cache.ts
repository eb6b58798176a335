/**
 * Parts of records that were seen lately, by their bytes: a part is a key (the raw value of a thumbprint or a
 * device id, the beginning of a path) and up to a few runs of bytes that go with it, and stands for a handle
 * of the sink.
 *
 * Open addressing over typed arrays and one arena of bytes; when the arena is full everything is forgotten,
 * which costs a fleet's few thousand shared certificates one more look each. A look-up allocates nothing.
 */

import { equalBytes, toViewedBytes, type ViewedBytes } from './wire-bytes.ts';

/** Most runs of a part. */
export const MAXIMUM_RUNS = 4;

/** Numbers of an entry: see the offsets below. */
const STRIDE = 4 + 2 * MAXIMUM_RUNS;
const KEY_OFFSET = 0;
const KEY_LENGTH = 1;
const HANDLE = 2;
const MARK = 3;
const RUNS = 4;
const FIRST_ENTRIES = 1_024;

/** Where the runs of a part lie: start and end of each. */
export type RunSpans = readonly (readonly [start: number, end: number])[];

export class PartCache {
  readonly #arena: ViewedBytes;
  #used = 0;
  #length = 0;
  #entries = new Uint32Array(FIRST_ENTRIES * STRIDE);
  /** Number of an entry plus one; 0 is free. */
  #slots = new Uint32Array(FIRST_ENTRIES * 2);

  /** @param maximumBytes of keys and runs together */
  constructor(maximumBytes: number) {
    this.#arena = toViewedBytes(Buffer.allocUnsafeSlow(maximumBytes));
  }

  /** The entry of a key, or -1. */
  find(source: ViewedBytes, start: number, length: number): number {
    if (start + length > source.bytes.length) return -1;
    const mask = this.#slots.length - 1;
    for (let slot = hashKey(source, start, length) & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]! - 1;
      if (entry < 0) return -1;
      if (this.#hasKey(entry, source, start, length)) return entry;
    }
  }

  /** The length of the key of an entry when it stands at `start`, or -1. */
  matchKey(entry: number, source: ViewedBytes, start: number): number {
    const length = this.#entries[entry * STRIDE + KEY_LENGTH]!;
    return this.#hasKey(entry, source, start, length) ? length : -1;
  }

  /** The length of a run of an entry when it stands at `start`, or -1. */
  matchRun(entry: number, run: number, source: ViewedBytes, start: number): number {
    const at = entry * STRIDE + RUNS + 2 * run;
    const length = this.#entries[at + 1]!;
    return equalBytes(this.#arena, this.#entries[at]!, source, start, length) ? length : -1;
  }

  handleOf(entry: number): number {
    return this.#entries[entry * STRIDE + HANDLE]!;
  }

  /** The mark that was given with the entry. */
  markOf(entry: number): number {
    return this.#entries[entry * STRIDE + MARK]!;
  }

  /**
   * Keeps a part; one with the same key is replaced.
   *
   * @param mark a small number to be found with the entry
   * @returns its entry: entries are numbered from 0, again so once everything was forgotten; -1 for a part that is
   * larger than the whole arena, which is not kept
   */
  set(
    source: ViewedBytes,
    key: readonly [start: number, end: number],
    runs: RunSpans,
    handle: number,
    mark = 0,
  ): number {
    const size = runs.reduce((sum, [start, end]) => sum + end - start, key[1] - key[0]);
    const capacity = this.#arena.bytes.length;
    if (size > capacity) return -1;
    if (this.#used + size > capacity) this.#clear();
    const found = this.find(source, key[0], key[1] - key[0]);
    const entry = found === -1 ? this.#append(source, key) : found;
    const at = entry * STRIDE;
    this.#entries[at + HANDLE] = handle;
    this.#entries[at + MARK] = mark;
    for (const [index, [start, end]] of runs.entries()) {
      this.#entries[at + RUNS + 2 * index] = this.#store(source, start, end);
      this.#entries[at + RUNS + 2 * index + 1] = end - start;
    }
    return entry;
  }

  #hasKey(entry: number, source: ViewedBytes, start: number, length: number): boolean {
    const at = entry * STRIDE;
    return (
      this.#entries[at + KEY_LENGTH] === length &&
      equalBytes(this.#arena, this.#entries[at + KEY_OFFSET]!, source, start, length)
    );
  }

  #append(source: ViewedBytes, [start, end]: readonly [number, number]): number {
    const entry = this.#length;
    this.#length += 1;
    if (this.#length * STRIDE > this.#entries.length) this.#grow();
    this.#entries[entry * STRIDE + KEY_OFFSET] = this.#store(source, start, end);
    this.#entries[entry * STRIDE + KEY_LENGTH] = end - start;
    this.#place(entry);
    return entry;
  }

  #store(source: ViewedBytes, start: number, end: number): number {
    const offset = this.#used;
    source.bytes.copy(this.#arena.bytes, offset, start, end);
    this.#used += end - start;
    return offset;
  }

  #grow(): void {
    const entries = new Uint32Array(this.#entries.length * 2);
    entries.set(this.#entries);
    this.#entries = entries;
    this.#slots = new Uint32Array(this.#slots.length * 2);
    for (let entry = 0; entry < this.#length - 1; entry += 1) this.#place(entry);
  }

  #place(entry: number): void {
    const at = entry * STRIDE;
    const mask = this.#slots.length - 1;
    const hash = hashKey(this.#arena, this.#entries[at + KEY_OFFSET]!, this.#entries[at + KEY_LENGTH]!);
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #clear(): void {
    this.#used = 0;
    this.#length = 0;
    this.#slots.fill(0);
  }
}

/** From four bytes at each end and in the middle: identifiers differ there; equality is compared byte for byte. */
function hashKey({ view }: ViewedBytes, start: number, length: number): number {
  let hash = length;
  if (length >= 12) {
    hash ^= Math.imul(view.getInt32(start + 1, true), 0x9e3779b1);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ view.getInt32(start + (length >>> 1), true);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) ^ view.getInt32(start + length - 5, true);
  } else {
    for (let index = 0; index < length; index += 1) {
      hash = Math.imul(hash ^ view.getUint8(start + index), 0x01000193);
    }
  }
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
