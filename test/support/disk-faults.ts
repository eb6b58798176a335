/**
 * Loaded into a gateway's process before anything else (`--import`, in each of its threads): a disk that refuses, while a
 * test says so. It is the same for every user, root included, and on every machine. What is read is not altered.
 */

import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { type FileStep, observeFileSteps } from './file-steps.ts';

/** What the disk refuses, and how. */
export interface DiskFault {
  /** The system's name of the error: `ENOSPC`. */
  readonly code: 'EACCES' | 'EIO' | 'ENOSPC' | 'EROFS';
  readonly steps: readonly FileStep[];
  /** Narrows it to paths that hold this text. */
  readonly inPath: string;
  /** And that do not hold this one. */
  readonly notInPath?: string;
}

export interface BreakableDisk {
  /** Settings of a process on this disk. */
  readonly settings: Readonly<Record<string, string>>;
  /** From now on, for every process on it. */
  refuse(fault: DiskFault): void;
  heal(): void;
}

/** What needs space; removing gives some back. */
const TAKES_SPACE: readonly FileStep[] = ['make', 'create', 'write', 'sync'];
const CHANGES: readonly FileStep[] = ['make', 'create', 'write', 'rename', 'unlink'];

/** No space left: a file may still be made, and half of it written. */
export function fullDisk(inPath: string): DiskFault {
  return { code: 'ENOSPC', steps: TAKES_SPACE.filter((step) => step !== 'create'), inPath };
}

export function readOnlyDisk(inPath: string): DiskFault {
  return { code: 'EROFS', steps: CHANGES, inPath };
}

export function forbiddenDisk(inPath: string): DiskFault {
  return { code: 'EACCES', steps: [...CHANGES, 'read', 'list'], inPath };
}

const FAULT_FILE = 'TEST_DISK_FAULT_FILE';

/** @param file where the faults are told to the processes; not on the disk itself */
export function createBreakableDisk(file: string): BreakableDisk {
  return {
    settings: { NODE_OPTIONS: `--import=${import.meta.url}`, [FAULT_FILE]: file },
    refuse: (fault) => {
      writeFileSync(`${file}.new`, JSON.stringify(fault));
      renameSync(`${file}.new`, file);
    },
    heal: () => rmSync(file, { force: true }),
  };
}

const armed = process.env[FAULT_FILE];
if (armed !== undefined) arm(armed);

function arm(file: string): void {
  observeFileSteps((step, path, writeHalf) => {
    if (!existsSync(file)) return;
    const { code, steps, inPath, notInPath } = JSON.parse(readFileSync(file, 'utf8')) as DiskFault;
    if (!steps.includes(step) || !path.includes(inPath)) return;
    if (notInPath !== undefined && path.includes(notInPath)) return;
    writeHalf();
    const errno = -constants.errno[code];
    throw Object.assign(new Error(`${code}: ${step} '${path}'`), { code, errno, syscall: step, path });
  });
}
