/**
 * Chunks on disk: one file a chunk, named by its digest, written atomically, verified as it is read.
 * A read goes straight into the caller's memory; nothing is copied.
 */

import { type FileHandle, open, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { HOUR_MS } from '../core/units.ts';
import { CHUNK_BYTES } from '../snapshot/format.ts';
import { createPrivateFolder, listFolder, removeTemporaryFiles, writeFileAtomically } from './atomic-file.ts';
import {
  type ChunkStore,
  checkDigest,
  checkSize,
  chunkCorrupt,
  isDigest,
  verifyChunk,
} from './chunk-store.ts';
import { diskUnavailable, isMissing } from './store-errors.ts';

/** The store of chunks on disk: one file a chunk, named by its digest. */
export interface DiskChunkStore extends ChunkStore {
  /** Removes what interrupted writes left behind more than an hour ago; returns how many files. */
  removeAbandoned(): Promise<number>;
}

/** @param options.folder created with the first write */
export function createDiskChunkStore({ folder, clock }: { folder: string; clock: Clock }): DiskChunkStore {
  const pathOf = (digest: string): string => {
    checkDigest(digest);
    return join(folder, digest);
  };
  return {
    write: (digest, bytes) =>
      onDisk('writing a chunk', async () => {
        checkSize(bytes);
        await createPrivateFolder(folder);
        await writeFileAtomically(pathOf(digest), bytes);
      }),
    read: (digest) =>
      withChunk(pathOf(digest), async (handle, sizeBytes) => {
        if (sizeBytes > CHUNK_BYTES) throw chunkCorrupt(digest, `it has ${sizeBytes} bytes`);
        const bytes = new Uint8Array(sizeBytes);
        await fill(handle, digest, bytes);
        return bytes;
      }),
    readInto: async (digest, target) => {
      const isThere = await withChunk(pathOf(digest), async (handle, sizeBytes) => {
        if (sizeBytes !== target.length)
          throw chunkCorrupt(digest, `it has ${sizeBytes} bytes, not ${target.length}`);
        await fill(handle, digest, target);
        return true;
      });
      return isThere ?? false;
    },
    has: async (digest) =>
      (await onDisk('looking for a chunk', () => missingAsUndefined(stat(pathOf(digest))))) !== undefined,
    async *list() {
      const names = await onDisk('listing chunks', () => listFolder(folder));
      yield* names.filter((name) => isDigest(name));
    },
    remove: async (digest) => {
      await onDisk('removing a chunk', () => missingAsUndefined(unlink(pathOf(digest))));
    },
    removeAbandoned: () =>
      onDisk('removing temporary files', () => removeTemporaryFiles(folder, clock.now() - HOUR_MS)),
  };
}

async function onDisk<Result>(action: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Error && 'errno' in error ? diskUnavailable(action, error) : error;
  }
}

/** Opens the file of a chunk for as long as `use` runs; `undefined` when there is none. */
async function withChunk<Result>(
  path: string,
  use: (handle: FileHandle, sizeBytes: number) => Promise<Result>,
): Promise<Result | undefined> {
  return await onDisk('reading a chunk', async () => {
    const handle = await missingAsUndefined(open(path, 'r'));
    if (handle === undefined) return undefined;
    try {
      return await use(handle, (await handle.stat()).size);
    } finally {
      await handle.close();
    }
  });
}

/** Reads until the target is full, then verifies it. */
async function fill(handle: FileHandle, digest: string, target: Uint8Array): Promise<void> {
  for (let offset = 0; offset < target.length; ) {
    const { bytesRead } = await handle.read(target, offset, target.length - offset, offset);
    if (bytesRead === 0) throw chunkCorrupt(digest, 'it ends early');
    offset += bytesRead;
  }
  verifyChunk(digest, target);
}

async function missingAsUndefined<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
