/** What every chunk store must do; run it over each of them. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it, type TestContext } from 'node:test';
import { CHUNK_BYTES } from '../../src/snapshot/format.ts';
import { HEADER_BYTES, LONGEST_FORM_BYTES } from '../../src/storage/chunk-form.ts';
import { type ChunkStore, digestChunk } from '../../src/storage/chunk-store.ts';
import { collect } from './collect.ts';

export interface ChunkSubject extends AsyncDisposable {
  readonly chunks: ChunkStore;
  /** What lies in the store under a digest, in its stored form. */
  readStored(digest: string): Promise<Uint8Array>;
  /** Overwrites what lies there behind the store's back. */
  damage(digest: string, bytes: Uint8Array): Promise<void>;
}

export interface ChunkContractOptions {
  readonly open: (t: TestContext) => Promise<ChunkSubject>;
  /** Enough chunks that a listing takes more than one page; 50 where there are no pages. */
  readonly manyChunks?: number;
  readonly skip?: string | false;
}

/** What may happen to stored bytes. */
const DAMAGES: readonly (readonly [name: string, change: (stored: Uint8Array) => Uint8Array])[] = [
  ['a flipped bit', (stored) => stored.map((byte, index) => (index === 100 ? byte ^ 1 : byte))],
  ['a lost end', (stored) => stored.subarray(0, -1)],
  ['a lost beginning', (stored) => stored.subarray(1)],
  ['bytes too many', (stored) => Uint8Array.of(...stored, 0)],
  ['another codec', (stored) => stored.map((byte, index) => (index === 4 ? byte ^ 1 : byte))],
  ['another length', (stored) => stored.map((byte, index) => (index === 8 ? byte + 1 : byte))],
  ['half a header', (stored) => stored.subarray(0, HEADER_BYTES / 2)],
  ['nothing left', () => new Uint8Array(0)],
];

/** Registers the suite for one store. */
export function testChunkContract(
  name: string,
  { open, skip = false, manyChunks = 50 }: ChunkContractOptions,
): void {
  const test = (title: string, run: (chunks: ChunkStore, subject: ChunkSubject) => Promise<void>): void => {
    it(title, async (t) => {
      await using subject = await open(t);
      await run(subject.chunks, subject);
    });
  };

  describe(`${name} as a chunk store`, { skip }, () => {
    test('gives back every byte', async (chunks) => {
      const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
      await chunks.write(digestChunk(bytes), bytes);
      assert.deepEqual(new Uint8Array((await chunks.read(digestChunk(bytes))) ?? []), bytes);
    });

    test('reads a whole chunk from shared memory and into shared memory', async (chunks) => {
      const bytes = new Uint8Array(new SharedArrayBuffer(CHUNK_BYTES)).map(
        (_, index) => index * 7 + (index >>> 8),
      );
      const digest = digestChunk(bytes);
      await chunks.write(digest, bytes);
      const target = new Uint8Array(new SharedArrayBuffer(CHUNK_BYTES + 16), 8, CHUNK_BYTES);
      assert.equal(await chunks.readInto(digest, target), true);
      assert.equal(Buffer.compare(target, bytes), 0);
    });

    test('takes a part of a larger buffer for what it is', async (chunks) => {
      const part = Uint8Array.from({ length: 100 }, (_, index) => index).subarray(10, 20);
      await chunks.write(digestChunk(part), part);
      assert.deepEqual([...((await chunks.read(digestChunk(part))) ?? [])], [...part]);
    });

    test('tells a missing chunk', async (chunks) => {
      const digest = digestChunk(Uint8Array.of(1));
      assert.equal(await chunks.read(digest), undefined);
      assert.equal(await chunks.readInto(digest, new Uint8Array(1)), false);
      assert.equal(await chunks.has(digest), false);
      await chunks.remove(digest);
    });

    test('lists, finds and removes', async (chunks) => {
      const digests = await Promise.all(
        [1, 2, 3].map(async (value) => {
          const bytes = Uint8Array.of(value);
          await chunks.write(digestChunk(bytes), bytes);
          return digestChunk(bytes);
        }),
      );
      assert.deepEqual((await collect(chunks.list())).sort(), [...digests].sort());
      await chunks.remove(digests[1] ?? '');
      assert.deepEqual(await Promise.all(digests.map((digest) => chunks.has(digest))), [true, false, true]);
    });

    test('lists each of many', async (chunks) => {
      const written = Array.from({ length: manyChunks }, (_, index) =>
        Uint8Array.of(index >>> 8, index & 255),
      );
      await Promise.all(written.map((bytes) => chunks.write(digestChunk(bytes), bytes)));
      const listed = await collect(chunks.list());
      assert.equal(new Set(listed).size, manyChunks);
    });

    test('stores what can be compressed in less, and nothing in more than a header beside it', async (chunks, subject) => {
      const zeros = new Uint8Array(100_000);
      const storedBytes = await chunks.write(digestChunk(zeros), zeros);
      assert.ok(storedBytes < 1_000, `${storedBytes} bytes`);
      assert.equal((await subject.readStored(digestChunk(zeros))).length, storedBytes);
      const noise = createHash('shake256', { outputLength: 100_000 }).update('noise').digest();
      assert.equal(await chunks.write(digestChunk(noise), noise), noise.length + HEADER_BYTES);
      assert.deepEqual(new Uint8Array((await chunks.read(digestChunk(noise))) ?? []), new Uint8Array(noise));
    });

    test('does not take for a chunk what is not in its form, and writes it anew', async (chunks, subject) => {
      const bytes = new Uint8Array(1_000).fill(7);
      const digest = digestChunk(bytes);
      for (const other of [bytes, new Uint8Array(0), bytes.subarray(0, HEADER_BYTES - 1)]) {
        await subject.damage(digest, other);
        assert.equal(await chunks.has(digest), false);
      }
      await chunks.write(digest, bytes);
      assert.equal(await chunks.has(digest), true);
      assert.deepEqual(new Uint8Array((await chunks.read(digest)) ?? []), bytes);
    });

    for (const [damage, change] of DAMAGES) {
      test(`never gives out a chunk with ${damage}`, async (chunks, subject) => {
        const bytes = new Uint8Array(1_000).map((_, index) => index ** 2);
        const digest = digestChunk(bytes);
        await chunks.write(digest, bytes);
        await subject.damage(digest, change(await subject.readStored(digest)));
        await assert.rejects(chunks.read(digest), { code: 'STORE_CORRUPT', retryable: true });
        await assert.rejects(chunks.readInto(digest, new Uint8Array(1_000)), { code: 'STORE_CORRUPT' });
      });
    }

    test('never reads more than a chunk can have', async (chunks, subject) => {
      const digest = digestChunk(Uint8Array.of(1));
      await subject.damage(digest, new Uint8Array(LONGEST_FORM_BYTES + 1));
      const rejection = { code: 'STORE_CORRUPT', message: /its (?:file|value) (?:has|is longer)/ };
      await assert.rejects(chunks.read(digest), rejection);
    });

    test('refuses what is no digest and what is no chunk', async (chunks) => {
      await assert.rejects(chunks.write('../../escape', Uint8Array.of(1)), { code: 'INVARIANT_VIOLATED' });
      await assert.rejects(async () => chunks.read('ABC'), { code: 'INVARIANT_VIOLATED' });
      const tooLarge = new Uint8Array(CHUNK_BYTES + 1);
      await assert.rejects(chunks.write(digestChunk(tooLarge), tooLarge), { code: 'INVARIANT_VIOLATED' });
    });
  });
}
