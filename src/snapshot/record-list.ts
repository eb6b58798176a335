/**
 * Records as triples of handles, in chunks: a list that grows without copying, can be cut back, and is taken
 * over by another list as it is.
 */

import { invariant } from '../core/errors.ts';
import { releaseMemory } from '../core/memory.ts';

/** Handles by record. */
export interface RecordColumns {
  readonly device: Uint32Array<ArrayBuffer>;
  readonly certificate: Uint32Array<ArrayBuffer>;
  readonly path: Uint32Array<ArrayBuffer>;
}

/** Words of a record: device, certificate, path. */
export const RECORD_WORDS = 3;
/** 768 KiB: small beside ten million records, large beside the cost of a chunk. */
const CHUNK_WORDS = RECORD_WORDS * 65_536;

export class RecordList {
  /** The last one is open, all others are full. */
  readonly #chunks: Uint32Array<ArrayBuffer>[] = [];
  /** Words in use of the open chunk. */
  #used = 0;
  /** Words of all full chunks. */
  #full = 0;
  #open: Uint32Array<ArrayBuffer> = new Uint32Array(0);

  get length(): number {
    return (this.#full + this.#used) / RECORD_WORDS;
  }

  push(device: number, certificate: number, path: number): void {
    if (this.#used === this.#open.length) this.#append(new Uint32Array(CHUNK_WORDS), 0);
    const at = this.#used;
    this.#open[at] = device;
    this.#open[at + 1] = certificate;
    this.#open[at + 2] = path;
    this.#used = at + RECORD_WORDS;
  }

  /** Forgets all records from `length` on. */
  truncate(length: number): void {
    invariant(
      length <= this.length,
      `A record list can be cut to at most its ${this.length} records, but not to ${length}.`,
    );
    const words = length * RECORD_WORDS;
    while (this.#full > words) {
      this.#chunks.pop();
      this.#open = this.#chunks.at(-1)!;
      this.#full -= this.#open.length;
    }
    this.#used = words - this.#full;
  }

  /** Takes over chunks of whole records, whose handles are of this list already. */
  adopt(chunks: readonly Uint32Array<ArrayBuffer>[]): void {
    for (const chunk of chunks) {
      // What is open is closed where it ends, so that only the last chunk has room.
      if (this.#used < this.#open.length) this.#closeOpen();
      this.#append(chunk, chunk.length);
    }
  }

  /** All records as chunks: the list must not be used afterwards. */
  takeChunks(): Uint32Array<ArrayBuffer>[] {
    if (this.#used < this.#open.length) this.#closeOpen();
    return this.#chunks;
  }

  /** All records as columns, the chunks given back on the way: the list must not be used afterwards. */
  takeColumns(): RecordColumns {
    const { length } = this;
    const columns = {
      device: new Uint32Array(length),
      certificate: new Uint32Array(length),
      path: new Uint32Array(length),
    };
    const { device, certificate, path } = columns;
    let record = 0;
    for (const chunk of this.takeChunks()) {
      for (let at = 0; at < chunk.length; at += RECORD_WORDS, record += 1) {
        device[record] = chunk[at]!;
        certificate[record] = chunk[at + 1]!;
        path[record] = chunk[at + 2]!;
      }
      releaseMemory(chunk);
    }
    return columns;
  }

  #append(chunk: Uint32Array<ArrayBuffer>, used: number): void {
    this.#full += this.#used;
    this.#chunks.push(chunk);
    this.#open = chunk;
    this.#used = used;
  }

  #closeOpen(): void {
    this.#open = this.#open.subarray(0, this.#used);
    this.#chunks[this.#chunks.length - 1] = this.#open;
  }
}
