/**
 * Chunks in Redis, as plain binary values on a connection of their own: a chunk of 8 MiB on its way holds
 * up no small command. Keys are `defender-certificate-gateway:chunk:<digest>`; they never expire.
 */

import { RESP_TYPES } from '@redis/client';
import {
  type ChunkStore,
  checkDigest,
  checkSize,
  chunkCorrupt,
  isDigest,
  verifyChunk,
} from './chunk-store.ts';
import type { RedisConnection } from './redis-connection.ts';
import { REDIS_KEY_PREFIX } from './redis-store.ts';

const CHUNK_PREFIX = `${REDIS_KEY_PREFIX}:chunk:`;
const SCAN_COUNT = 1_000;

/** The store of chunks in Redis; what is stored is verified as it is read. */
export function createRedisChunkStore({ client, run }: RedisConnection): ChunkStore {
  const binary = client.withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
  const keyOf = (digest: string): string => {
    checkDigest(digest);
    return `${CHUNK_PREFIX}${digest}`;
  };
  const read = async (digest: string): Promise<Uint8Array | undefined> => {
    const bytes = await run('reading a chunk', () => binary.get(keyOf(digest)));
    if (bytes === null) return undefined;
    verifyChunk(digest, bytes);
    return bytes;
  };
  return {
    read,
    write: async (digest, bytes) => {
      checkSize(bytes);
      const value = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      await run('writing a chunk', () => client.set(keyOf(digest), value));
    },
    readInto: async (digest, target) => {
      const bytes = await read(digest);
      if (bytes === undefined) return false;
      if (bytes.length !== target.length) throw chunkCorrupt(digest, `it has ${bytes.length} bytes`);
      target.set(bytes);
      return true;
    },
    has: async (digest) => (await run('looking for a chunk', () => client.exists(keyOf(digest)))) === 1,
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
