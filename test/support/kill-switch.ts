/**
 * Loaded into a gateway's process before anything else (`--import`, in each of its threads): kills the process, as
 * `kill -9` would, at the n-th time that a thread is about to do something to a file of its store. What was done before
 * stays done, what comes after never happens; a write is cut in half.
 */

import { type FileStep, observeFileSteps } from './file-steps.ts';

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
  let count = 0;
  observeFileSteps((taken, path, writeHalf) => {
    if (taken !== step || !path.includes(inPath)) return;
    count += 1;
    if (count < nth) return;
    writeHalf();
    // A signal that cannot be caught, to itself: nothing of this thread runs after it.
    process.kill(process.pid, 'SIGKILL');
  });
}
