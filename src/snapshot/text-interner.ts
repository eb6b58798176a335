/**
 * Distinct texts as UTF-8 bytes end to end, numbered in the order of their first appearance.
 *
 * No JavaScript string and no Map entry is kept: a text costs its bytes, eight bytes for its place and hash,
 * and eight to sixteen for its slot. Equal bytes are one text; lone surrogates become U+FFFD, as in UTF-8.
 *
 *   slots   ▢ 3 ▢ 1 ▢ 2 ▢ ▢        open addressing by hash; id + 1, 0 = free
 *   offsets 0     5        12   17  where each text starts in bytes; the last is the end
 *   bytes   a l p h a b e t a …
 */

import { GatewayError } from '../core/errors.ts';
import { releaseMemory } from '../core/memory.ts';
import { foldText } from './filter.ts';
import { growTo } from './growing.ts';

/** The texts of an interner as plain data, to be sent to another thread. */
export interface TextPart {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Texts + 1 entries. */
  readonly offsets: Uint32Array<ArrayBuffer>;
  /** By text; the top bit says that it is not all ASCII. */
  readonly hashes: Uint32Array<ArrayBuffer>;
}

const NOT_ASCII = 0x8000_0000;
/** Offsets are u32. */
const MAXIMUM_BYTES = 0xffff_ffff;

export class TextInterner {
  #bytes = new Uint8Array(16_384);
  #offsets = new Uint32Array(1_025);
  #hashes = new Uint32Array(1_024);
  #slots = new Uint32Array(4_096);
  #length = 0;
  /** Bytes in use: where the next text starts. */
  #end = 0;
  readonly #encoder = new TextEncoder();

  get length(): number {
    return this.#length;
  }

  /** All texts end to end; a view that the next new text may outdate. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#bytes;
  }

  /** Where each text starts in {@link bytes}, and its end after the last; likewise a view of the moment. */
  get offsets(): Uint32Array<ArrayBuffer> {
    return this.#offsets;
  }

  /** The number of a text. Linear in its length. */
  intern(text: string): number {
    // A UTF-16 unit takes three bytes of UTF-8 at most.
    this.#reserve(text.length * 3);
    const bytes = this.#bytes;
    let end = this.#end;
    for (let index = 0; index < text.length; index += 1) {
      const unit = text.charCodeAt(index);
      if (unit > 0x7f) {
        end = this.#end + this.#encoder.encodeInto(text, bytes.subarray(this.#end)).written;
        break;
      }
      bytes[end] = unit;
      end += 1;
    }
    return this.#internTail(end, hashBytes(bytes, this.#end, end));
  }

  /**
   * The number of the text in `source[start, end)`, which must be whole, valid UTF-8, and not this interner's own
   * {@link bytes}. Linear in its length.
   */
  internBytes(source: Uint8Array, start: number, end: number): number {
    return this.#internHashed(source, start, end, hashBytes(source, start, end));
  }

  /** The number of the text in `bytes[start, end)` of this interner. Linear in its length. */
  internSlice(start: number, end: number): number {
    // Growing gives the old bytes back: it must come before they are read.
    this.#reserve(end - start);
    return this.internBytes(this.#bytes, start, end);
  }

  /** The number of each text of a part, by its number there. Linear in the bytes. */
  absorb({ bytes, offsets, hashes }: TextPart): Uint32Array {
    const ids = new Uint32Array(hashes.length);
    for (let text = 0; text < ids.length; text += 1) {
      ids[text] = this.#internHashed(bytes, offsets[text]!, offsets[text + 1]!, hashes[text]!);
    }
    return ids;
  }

  /** Decodes a text. Linear in its length. */
  get(id: number): string {
    return Buffer.from(
      this.#bytes.buffer,
      this.#offsets[id]!,
      this.#offsets[id + 1]! - this.#offsets[id]!,
    ).toString();
  }

  /** Whether a text has no byte above 0x7f. */
  isAscii(id: number): boolean {
    return this.#hashes[id]! < NOT_ASCII;
  }

  /**
   * The text whose bytes, with A to Z taken as a to z, are the folded text: the text itself while it is ASCII,
   * else its folded form, interned.
   */
  foldOf(id: number): number {
    return this.isAscii(id) ? id : this.intern(foldText(this.get(id)));
  }

  /** Everything, as it is: the interner must not be used afterwards. */
  takePart(): TextPart {
    return {
      bytes: this.#bytes.subarray(0, this.#end),
      offsets: this.#offsets.subarray(0, this.#length + 1),
      hashes: this.#hashes.subarray(0, this.#length),
    };
  }

  /** Gives the memory back: the interner must not be used afterwards. */
  clear(): void {
    for (const array of [this.#bytes, this.#offsets, this.#hashes, this.#slots]) releaseMemory(array);
  }

  #internHashed(source: Uint8Array, start: number, end: number, hash: number): number {
    const slot = this.#findSlot(source, start, end, hash);
    if (this.#slots[slot] !== 0) return this.#slots[slot]! - 1;
    this.#reserve(end - start);
    const bytes = this.#bytes;
    let to = this.#end;
    for (let from = start; from < end; from += 1, to += 1) bytes[to] = source[from]!;
    return this.#add(slot, to, hash);
  }

  /** The number of the text that stands behind the last one, which is given up when it is known. */
  #internTail(end: number, hash: number): number {
    const slot = this.#findSlot(this.#bytes, this.#end, end, hash);
    return this.#slots[slot] === 0 ? this.#add(slot, end, hash) : this.#slots[slot]! - 1;
  }

  /** The slot of a text, or the free one that it would get. */
  #findSlot(source: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = slots[slot]!;
      if (entry === 0 || (this.#hashes[entry - 1] === hash && this.#equals(entry - 1, source, start, end)))
        return slot;
    }
  }

  #equals(id: number, source: Uint8Array, start: number, end: number): boolean {
    const bytes = this.#bytes;
    const own = this.#offsets[id]!;
    if (this.#offsets[id + 1]! - own !== end - start) return false;
    for (let from = start, at = own; from < end; from += 1, at += 1) {
      if (bytes[at] !== source[from]) return false;
    }
    return true;
  }

  #add(slot: number, end: number, hash: number): number {
    const id = this.#length;
    if (id === this.#hashes.length) {
      this.#hashes = growTo(this.#hashes, id * 2);
      this.#offsets = growTo(this.#offsets, id * 2 + 1);
    }
    this.#hashes[id] = hash;
    this.#offsets[id + 1] = end;
    this.#end = end;
    this.#length = id + 1;
    this.#slots[slot] = id + 1;
    if (this.#length * 2 > this.#slots.length) this.#rehash();
    return id;
  }

  #rehash(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#length; id += 1) {
      let slot = this.#hashes[id]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    releaseMemory(this.#slots);
    this.#slots = slots;
  }

  #reserve(byteCount: number): void {
    const needed = this.#end + byteCount;
    if (needed <= this.#bytes.length) return;
    if (needed > MAXIMUM_BYTES) {
      throw new GatewayError(
        'SNAPSHOT_TOO_LARGE',
        `The distinct texts of a snapshot must fit in 4 GiB, but take ${needed} bytes. This is a limit of the byte format: please report it.`,
      );
    }
    this.#bytes = growTo(this.#bytes, Math.min(MAXIMUM_BYTES, Math.max(needed, this.#bytes.length * 2)));
  }
}

/** Four bytes a step: the loop is the cost of interning. The top bit marks bytes above 0x7f. */
function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  let seen = 0;
  let index = start;
  for (; index + 4 <= end; index += 4) {
    const word =
      bytes[index]! | (bytes[index + 1]! << 8) | (bytes[index + 2]! << 16) | (bytes[index + 3]! << 24);
    seen |= word;
    hash = Math.imul(hash ^ word, 0x85eb_ca6b);
    hash ^= hash >>> 15;
  }
  for (; index < end; index += 1) {
    seen |= bytes[index]!;
    hash = Math.imul(hash ^ bytes[index]!, 0xc2b2_ae35);
    hash ^= hash >>> 13;
  }
  hash = Math.imul(hash, 0x85eb_ca6b);
  hash ^= hash >>> 16;
  return ((hash & ~NOT_ASCII) | ((seen & 0x8080_8080) === 0 ? 0 : NOT_ASCII)) >>> 0;
}
