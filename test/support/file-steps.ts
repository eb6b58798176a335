/**
 * What a process is about to do to files, told before it is done: for what a test loads into a gateway before anything
 * else. Whoever is told may throw, which the gateway then meets as the disk's answer. Promises of `node:fs` alone.
 */

import { statSync, writeSync } from 'node:fs';
import fileSystem, { type FileHandle } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** `read` opens a file, `create` one to write to it, `syncFolder` a folder to sync it; `make` is of a folder. */
export type FileStep =
  | 'read'
  | 'list'
  | 'make'
  | 'create'
  | 'write'
  | 'sync'
  | 'rename'
  | 'syncFolder'
  | 'unlink';

/**
 * Told of a step; of a `rename` the new path counts.
 *
 * @param writeHalf does half of a write
 */
export type FileStepObserver = (step: FileStep, path: string, writeHalf: () => void) => void;

/** Tells of each step that this thread takes from now on. */
export function observeFileSteps(observe: FileStepObserver): void {
  const { mkdir, open, readFile, readdir, rename, unlink } = fileSystem;
  const tell = (step: FileStep, path: unknown): void => observe(step, String(path), () => {});

  Object.assign(fileSystem, {
    async open(path: string, flags: string, mode?: number) {
      const isRead = flags === 'r';
      tell(!isRead ? 'create' : isFolder(path) ? 'syncFolder' : 'read', path);
      const handle = await open(path, flags, mode);
      if (!isRead) observeHandle(handle, path, observe);
      return handle;
    },
    readFile: async (path: string, options: undefined) => {
      tell('read', path);
      return await readFile(path, options);
    },
    readdir: async (path: string) => {
      tell('list', path);
      return await readdir(path);
    },
    mkdir: async (path: string, options: undefined) => {
      if (!isFolder(path)) tell('make', path);
      return await mkdir(path, options);
    },
    rename: async (from: string, to: string) => {
      tell('rename', to);
      await rename(from, to);
    },
    unlink: async (path: string) => {
      tell('unlink', path);
      await unlink(path);
    },
  });
  syncBuiltinESMExports();
}

function observeHandle(handle: FileHandle, path: string, observe: FileStepObserver): void {
  const writeFile = handle.writeFile.bind(handle);
  const sync = handle.sync.bind(handle);
  Object.assign(handle, {
    writeFile: async (content: Uint8Array | string) => {
      const bytes = Buffer.from(content as Uint8Array);
      observe('write', path, () => void writeSync(handle.fd, bytes.subarray(0, bytes.length >> 1)));
      await writeFile(content);
    },
    sync: async () => {
      observe('sync', path, () => {});
      await sync();
    },
  });
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}
