/**
 * Stored chunks on disk: one file a chunk, named by its digest, for its owner alone, written atomically and
 * durably. It does not look at what is in a file.
 */

import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { HOUR_MS } from '../core/units.ts';
import { createPrivateFolder, listFolder, removeTemporaryFiles, writeFileAtomically } from './atomic-file.ts';
import { chunkCorrupt, LONGEST_FORM_BYTES } from './chunk-form.ts';
import { type ChunkMedium, isDigest } from './chunk-store.ts';
import { diskUnavailable, isMissing } from './store-errors.ts';

/** The files of chunks, and what interrupted writes leave beside them. */
export interface DiskChunkMedium extends ChunkMedium {
  /** Removes what interrupted writes left behind more than an hour ago; returns how many files. */
  removeAbandoned(): Promise<number>;
}

/** @param options.folder created with the first write */
export function createDiskChunkMedium({ folder, clock }: { folder: string; clock: Clock }): DiskChunkMedium {
  const pathOf = (digest: string): string => join(folder, digest);
  return {
    write: (digest, stored) =>
      onDisk('writing a chunk', async () => {
        await createPrivateFolder(folder);
        await writeFileAtomically(pathOf(digest), stored);
      }),
    read: (digest) =>
      withChunk(pathOf(digest), async (handle) => {
        const { size } = await handle.stat();
        if (size > LONGEST_FORM_BYTES) throw chunkCorrupt(digest, `its file has ${size} bytes`);
        return await readBytes(handle, size);
      }),
    readStart: async (digest, byteCount) =>
      (await withChunk(pathOf(digest), (handle) => readBytes(handle, byteCount))) ?? new Uint8Array(0),
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
  use: (handle: FileHandle) => Promise<Result>,
): Promise<Result | undefined> {
  return await onDisk('reading a chunk', async () => {
    const handle = await missingAsUndefined(open(path, 'r'));
    if (handle === undefined) return undefined;
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  });
}

/** The first bytes of a file, fewer when it ends before. */
async function readBytes(handle: FileHandle, byteCount: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(byteCount);
  let offset = 0;
  while (offset < byteCount) {
    const { bytesRead } = await handle.read(bytes, offset, byteCount - offset, offset);
    if (bytesRead === 0) break;
    offset += bytesRead;
  }
  return bytes.subarray(0, offset);
}

async function missingAsUndefined<Result>(work: Promise<Result>): Promise<Result | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}
