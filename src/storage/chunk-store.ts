/**
 * Binary chunks of at most 8 MiB, content-addressed: the key of a chunk is the SHA-256 of its bytes, in
 * lower-case hex. A chunk is written once and never changed; equal bytes are one chunk, whatever form they are
 * stored in (`chunk-form.ts`). What is read is verified, so that a caller holds either the bytes that were
 * written or an error.
 */

import { createHash } from 'node:crypto';
import { invariant } from '../core/errors.ts';
import { CHUNK_BYTES } from '../snapshot/format.ts';
import {
  decodeChunk,
  encodeChunk,
  HEADER_BYTES,
  isReadableForm,
  parseStoredForm,
  releaseBytes,
} from './chunk-form.ts';

/** Every function rejects with `STORE_UNAVAILABLE` when the store cannot be reached or refuses. */
export interface ChunkStore {
  /**
   * Stores the bytes durably, compressed where that makes them smaller; the caller vouches that `digest` is
   * theirs. At most 8 MiB. Beside them it holds their stored form, which is never longer than they by more
   * than a header.
   *
   * @returns how many bytes were stored
   */
  write(digest: string, bytes: Uint8Array): Promise<number>;
  /** The bytes, verified. `undefined` when there is no such chunk; `STORE_CORRUPT` when it is damaged. */
  read(digest: string): Promise<Uint8Array | undefined>;
  /**
   * Reads the chunk into `target`, which must have its length and may be shared memory; verified. Beside it
   * the stored form is in memory, a slice of 512 KiB, and the decoder's window of at most 8 MiB.
   *
   * @returns whether there is such a chunk; `STORE_CORRUPT` when it is damaged or of another length, and
   *   `target` then holds anything
   */
  readInto(digest: string, target: Uint8Array): Promise<boolean>;
  /** Whether there is such a chunk in a form that can be read, going by its header alone. */
  has(digest: string): Promise<boolean>;
  /** The digests of all chunks, in whatever form, in no order; one may come twice. */
  list(): AsyncIterable<string>;
  /** Removes the chunk; no matter when there is none. */
  remove(digest: string): Promise<void>;
}

/**
 * Where stored forms lie, as bytes under a digest that nobody looks at. Every function rejects with
 * `STORE_UNAVAILABLE` when it cannot be reached or refuses.
 */
export interface ChunkMedium {
  /** Stores the bytes durably, whole or not at all, in the place of what was there. */
  write(digest: string, stored: Uint8Array): Promise<void>;
  /**
   * All of the bytes, which are the caller's to release; `undefined` when there are none, `STORE_CORRUPT` when
   * they are too many for a chunk.
   */
  read(digest: string): Promise<Uint8Array | undefined>;
  /** The first bytes, fewer when there are not so many. */
  readStart(digest: string, byteCount: number): Promise<Uint8Array>;
  list(): AsyncIterable<string>;
  remove(digest: string): Promise<void>;
}

export function createChunkStore(medium: ChunkMedium): ChunkStore {
  return {
    write: async (digest, bytes) => {
      checkDigest(digest);
      checkSize(bytes);
      const stored = await encodeChunk(bytes);
      await medium.write(digest, stored);
      return stored.length;
    },
    read: async (digest) => {
      checkDigest(digest);
      const stored = await medium.read(digest);
      if (stored === undefined) return undefined;
      const form = parseStoredForm(digest, stored);
      const bytes = new Uint8Array(form.sizeBytes);
      await decodeChunk(digest, form, bytes);
      releaseBytes(stored);
      return bytes;
    },
    readInto: async (digest, target) => {
      checkDigest(digest);
      const stored = await medium.read(digest);
      if (stored === undefined) return false;
      await decodeChunk(digest, parseStoredForm(digest, stored), target);
      releaseBytes(stored);
      return true;
    },
    has: async (digest) => {
      checkDigest(digest);
      return isReadableForm(await medium.readStart(digest, HEADER_BYTES));
    },
    list: () => medium.list(),
    remove: async (digest) => {
      checkDigest(digest);
      await medium.remove(digest);
    },
  };
}

/** SHA-256 in lower-case hex: the key of a chunk. About 0.6 ms a MiB where the processor has SHA instructions. */
export function digestChunk(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Whether the text can name a chunk. */
export function isDigest(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text);
}

/** It becomes part of a path or of a key. */
function checkDigest(digest: string): void {
  invariant(isDigest(digest), 'A chunk must be named by a SHA-256 in lower-case hex.');
}

function checkSize({ length }: Uint8Array): void {
  invariant(length <= CHUNK_BYTES, `A chunk must have at most ${CHUNK_BYTES} bytes, but has ${length}.`);
}
