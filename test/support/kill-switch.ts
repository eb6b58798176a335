/**
 * Loaded into a gateway's process before anything else (`--import`, in each of its threads): kills the process, as
 * `kill -9` would, at the n-th time that a thread is about to do something to a file of its store. What was done before
 * stays done, what comes after never happens; a write is cut in half. It changes nothing else.
 */

import { readdirSync, writeSync } from 'node:fs';
import fileSystem, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** What is done to files: `read` opens one, `create` opens a new one, `syncFolder` opens a folder to sync it. */
export type FileStep = 'read' | 'create' | 'write' | 'sync' | 'rename' | 'syncFolder' | 'unlink';

/** Where the process dies: before the `nth` such step of one thread on a path with `inPath` in it, counted from 1. */
export interface KillPoint {
  readonly step: FileStep;
  readonly inPath: string;
  readonly nth: number;
}

const KILL_POINT = 'TEST_KILL_POINT';

/** Settings of a process that is to die there. */
export function armKillSwitch(point: KillPoint): Readonly<Record<string, string>> {
  return { NODE_OPTIONS: `--import=${import.meta.url}`, [KILL_POINT]: JSON.stringify(point) };
}

const armed = process.env[KILL_POINT];
if (armed !== undefined) arm(JSON.parse(armed) as KillPoint);

function arm({ step, inPath, nth }: KillPoint): void {
  const { open, readFile, rename, unlink } = fileSystem;
  let count = 0;
  const isHere = (taken: FileStep, path: unknown): boolean => {
    if (taken !== step || !String(path).includes(inPath)) return false;
    count += 1;
    return count === nth;
  };
  const pass = (taken: FileStep, path: unknown): void => {
    if (isHere(taken, path)) die();
  };

  fileSystem.open = async (path, flags, mode) => {
    const isNew = flags === 'wx';
    const isFolder = !isNew && isFolderPath(String(path));
    pass(isNew ? 'create' : isFolder ? 'syncFolder' : 'read', path);
    const handle = await open(path, flags, mode);
    if (isNew) watch(handle, path);
    return handle;
  };
  fileSystem.readFile = (async (path: string, options: undefined) => {
    pass('read', path);
    return await readFile(path, options);
  }) as typeof readFile;
  fileSystem.rename = async (from, to) => {
    pass('rename', to);
    await rename(from, to);
  };
  fileSystem.unlink = async (path) => {
    pass('unlink', path);
    await unlink(path);
  };
  syncBuiltinESMExports();

  function watch(handle: FileHandle, path: unknown): void {
    const { sync } = handle;
    const writeFile = handle.writeFile.bind(handle);
    handle.writeFile = async (content, options) => {
      if (isHere('write', path)) {
        const bytes = Buffer.from(content as Uint8Array);
        writeSync(handle.fd, bytes.subarray(0, bytes.length >> 1));
        die();
      }
      await writeFile(content, options);
    };
    handle.sync = async () => {
      pass('sync', path);
      await sync.call(handle);
    };
  }
}

function isFolderPath(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}

/** A signal that cannot be caught, from the process to itself: nothing of this thread runs after it. */
function die(): void {
  process.kill(process.pid, 'SIGKILL');
}
