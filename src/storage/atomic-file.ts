/**
 * Files that are there whole or not at all, whenever the process or the machine stops.
 *
 *   write to <name>.<random>.tmp → fsync → rename to <name> → fsync of the folder
 *
 * Files are for their owner alone (0600), folders that are created here as well (0700). The errors are the
 * file system's own; callers translate them.
 */

import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isMissing } from './store-errors.ts';

const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;
const TEMPORARY_SUFFIX = '.tmp';

/** Creates the folder and its parents, durably; one that exists keeps its mode. */
export async function createPrivateFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: FOLDER_MODE });
  if (first === undefined) return;
  // A new folder is an entry of the one above it, up to the first that was made.
  const top = dirname(resolve(first));
  for (let made = resolve(folder); made !== top && made !== dirname(made); made = dirname(made))
    await syncFolder(dirname(made));
}

/** Writes the file durably, replacing one of that name. On failure the old one stays as it was. */
export async function writeFileAtomically(path: string, content: Uint8Array | string): Promise<void> {
  const temporary = `${path}.${randomUUID()}${TEMPORARY_SUFFIX}`;
  try {
    const handle = await open(temporary, 'wx', FILE_MODE);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Paths of the temporary files in a folder: of writes that are under way, or were interrupted. */
export async function listTemporaryFiles(folder: string): Promise<readonly string[]> {
  const names = await listFolder(folder);
  return names.filter((name) => name.endsWith(TEMPORARY_SUFFIX)).map((name) => join(folder, name));
}

/**
 * Removes what interrupted writes left behind: temporary files last written before `beforeMs` (epoch
 * milliseconds). Later ones may belong to a write that is under way. A missing folder has none.
 *
 * @returns how many were removed
 */
export async function removeTemporaryFiles(folder: string, beforeMs: number): Promise<number> {
  const old: string[] = [];
  for (const path of await listTemporaryFiles(folder)) {
    const mtimeMs = await findMtimeMs(path);
    if (mtimeMs !== undefined && mtimeMs < beforeMs) old.push(path);
  }
  return await removeFiles(old);
}

/** Removes those of the files that are there; returns how many. */
export async function removeFiles(paths: Iterable<string>): Promise<number> {
  let removed = 0;
  for (const path of paths) {
    try {
      await unlink(path);
      removed += 1;
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
  return removed;
}

/** The names in a folder, in no order; none when there is no such folder. */
export async function listFolder(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** When the file was last written; `undefined` when it is gone. */
async function findMtimeMs(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Without it a new name may be lost with the power. Systems that cannot open a folder need none. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
