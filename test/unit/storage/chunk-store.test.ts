import assert from 'node:assert/strict';
import { it } from 'node:test';
import { encodeChunk } from '../../../src/storage/chunk-form.ts';
import { type ChunkMedium, createChunkStore, digestChunk } from '../../../src/storage/chunk-store.ts';

const bytes = new Uint8Array(100_000).map((_, index) => index >>> 8);
const digest = digestChunk(bytes);

/** A medium that holds one chunk, and hands out what it is given. */
function createMedium(stored: Uint8Array): ChunkMedium {
  return {
    write: async () => undefined,
    read: async () => stored,
    readStart: async (_digest, byteCount) => stored.subarray(0, byteCount),
    async *list() {
      yield digest;
    },
    remove: async () => undefined,
  };
}

it('keeps no memory of the stored form once the chunk is read', async () => {
  const forTarget = new Uint8Array(await encodeChunk(bytes));
  const target = new Uint8Array(bytes.length);
  assert.equal(await createChunkStore(createMedium(forTarget)).readInto(digest, target), true);
  assert.deepEqual([target, forTarget.length], [bytes, 0]);

  const forCaller = new Uint8Array(await encodeChunk(bytes));
  assert.deepEqual(await createChunkStore(createMedium(forCaller)).read(digest), bytes);
  assert.equal(forCaller.length, 0);
});
