/**
 * Stored chunks in Redis, as plain binary values on a connection of their own: a chunk on its way holds up no
 * small command. Keys are `defender-certificate-gateway:chunk:<digest>`; they never expire. It does not look
 * at what is in a value.
 */

import { RESP_TYPES } from '@redis/client';
import { chunkCorrupt, LONGEST_FORM_BYTES } from './chunk-form.ts';
import { type ChunkMedium, isDigest } from './chunk-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import { REDIS_KEY_PREFIX } from './redis-store.ts';

const CHUNK_PREFIX = `${REDIS_KEY_PREFIX}:chunk:`;
const SCAN_COUNT = 1_000;

export function createRedisChunkMedium({ client, run }: RedisConnection): ChunkMedium {
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const keyOf = (digest: string): string => `${CHUNK_PREFIX}${digest}`;
  const readRange = async (digest: string, byteCount: number): Promise<Uint8Array> =>
    (await run('reading a chunk', () => binary.getRange(keyOf(digest), 0, byteCount - 1))) ??
    new Uint8Array(0);
  return {
    write: async (digest, { buffer, byteOffset, byteLength }) => {
      const value = Buffer.from(buffer, byteOffset, byteLength);
      await run('writing a chunk', () => client.set(keyOf(digest), value));
    },
    read: async (digest) => {
      // One byte more than a chunk can have: that it is longer is all there is to know.
      const stored = await readRange(digest, LONGEST_FORM_BYTES + 1);
      if (stored.length > LONGEST_FORM_BYTES)
        throw chunkCorrupt(digest, 'its value is longer than any chunk');
      if (stored.length > 0) return stored;
      // A range of nothing and one of an empty value look the same.
      const isThere = await run('looking for a chunk', () => client.exists(keyOf(digest)));
      return isThere === 1 ? stored : undefined;
    },
    readStart: readRange,
    async *list() {
      let cursor = '0';
      do {
        const page = await run('listing chunks', () =>
          client.scan(cursor, { MATCH: `${CHUNK_PREFIX}*`, COUNT: SCAN_COUNT }),
        );
        cursor = String(page.cursor);
        for (const key of page.keys) {
          const digest = String(key).slice(CHUNK_PREFIX.length);
          if (isDigest(digest)) yield digest;
        }
      } while (cursor !== '0');
    },
    remove: async (digest) => {
      await run('removing a chunk', () => client.unlink(keyOf(digest)));
    },
  };
}
