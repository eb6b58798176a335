/**
 * Records of calls on disk, for processes that share a folder: an empty file for each call of the last hour, whose
 * modification time is the time of the call.
 *
 *   <folder>/<endpoint>/call-<number>        exclusively created, under the number after the highest
 *   <folder>/<endpoint>/throttled-<ms>       a wait of so many milliseconds, from the modification time on
 *
 * The system creates a file once, whoever asks: of two processes that found room for one call, one gets the number, and
 * the other looks again. A file without content is there or not, so that no kill leaves half of a record, and nobody
 * holds a lock that a kill would leave behind. The highest number stays as the mark from which to go on.
 */

import { lstat, open, unlink, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../core/clock.ts';
import { findGatewayError } from '../core/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../core/units.ts';
import { createPrivateFolder, listFolder, syncFolder } from './atomic-file.ts';
import {
  type CallRecordStore,
  type CallWindows,
  isLonger,
  type KnownCalls,
  TOLERANCE_MS,
} from './call-records.ts';
import { diskUnavailable, isMissing } from './store-errors.ts';

const FILE_MODE = 0o600;
const CALL = /^call-(\d{12})$/;
const THROTTLED = /^throttled-(\d{1,12})$/;

/** Longest time from looking to creating: less than a number is kept, so that none is ever given twice. */
const LONGEST_STEP_MS = HOUR_MS / 2;

interface RecordedCall {
  readonly name: string;
  readonly atMs: number;
}

/** Times that one exchange may look anew, beside once for each known call: many processes take their turns in fewer. */
const LONGEST_EXCHANGE = 1_000;

interface Recorded {
  readonly nowMs: number;
  /** Of the last hour, oldest first. */
  readonly calls: readonly RecordedCall[];
  /** Ever given; 0 before the first. */
  readonly highestNumber: number;
  readonly throttledForMs: number;
}

/** @param options.folder of one application at one service; created with the first record */
export function createDiskCallRecords(options: {
  readonly folder: string;
  readonly clock: Clock;
}): CallRecordStore {
  const { clock } = options;

  /** One change after the other, each on what was found right before it, until there is nothing left to change. */
  async function exchange(endpoint: string, known: KnownCalls, windows: CallWindows | null) {
    const folder = join(options.folder, endpoint.toLowerCase());
    const startMs = clock.now();
    const knownAtMs = known.agesMs.map((ageMs) => startMs - ageMs);
    let isThrottleNoted = false;
    try {
      for (let pass = 0; pass < LONGEST_EXCHANGE + knownAtMs.length; pass += 1) {
        const recorded = await readRecords(folder, clock.now());
        const { nowMs, calls } = recorded;
        // On a slow disk a wait passes while it is noted: noted again and again it would never be over.
        const throttledForMs = known.throttledForMs - Math.max(0, nowMs - startMs);
        if (!isThrottleNoted && isLonger(throttledForMs, recorded.throttledForMs)) {
          await createFile(folder, `throttled-${Math.ceil(throttledForMs)}`, 'w', nowMs);
          isThrottleNoted = true;
          continue;
        }
        // Of a clock that is set back meanwhile nothing is later than now.
        const notLater = knownAtMs.map((atMs) => Math.min(atMs, nowMs));
        if (await addKnown(folder, recorded, notLater)) continue;
        if (windows === null || !hasRoom(recorded, windows)) return toAnswer(recorded, false);
        const name = toCallName(recorded.highestNumber + 1);
        if (!(await createFile(folder, name, 'wx', nowMs))) continue;
        // Who was held up for so long may have decided on what is no longer true; the record stays: the safe side.
        if (Math.abs(clock.now() - nowMs) > LONGEST_STEP_MS) continue;
        return toAnswer({ ...recorded, calls: [...calls, { name, atMs: nowMs }] }, true);
      }
      throw new Error('Its files change faster than they are read.');
    } catch (error) {
      throw findGatewayError(error) ?? diskUnavailable('recording a call', error);
    }
  }

  /** Ages at the moment of the answer: reading takes its time too. */
  function toAnswer(recorded: Recorded, granted: boolean): KnownCalls & { readonly granted: boolean } {
    return { ...toKnown({ ...recorded, nowMs: Math.max(recorded.nowMs, clock.now()) }), granted };
  }

  return {
    record: exchange,
    merge: async (endpoint, known) => {
      const { agesMs, throttledForMs } = await exchange(endpoint, known, null);
      return { agesMs, throttledForMs };
    },
  };
}

/** What is recorded; removes what is over. A time of the future, from before a clock was set back, becomes now. */
async function readRecords(folder: string, nowMs: number): Promise<Recorded> {
  const calls: RecordedCall[] = [];
  const over: string[] = [];
  let highestNumber = 0;
  let throttledForMs = 0;
  for (const name of await listFolder(folder)) {
    const number = CALL.exec(name)?.[1];
    const askedMs = THROTTLED.exec(name)?.[1];
    if (number === undefined && askedMs === undefined) continue;
    highestNumber = Math.max(highestNumber, Number(number ?? 0));
    const atMs = await readTime(folder, name, nowMs);
    if (atMs === undefined) continue;
    const leftMs = atMs + Number(askedMs ?? HOUR_MS) - nowMs;
    if (leftMs <= 0) over.push(name);
    else if (askedMs === undefined) calls.push({ name, atMs });
    else throttledForMs = Math.max(throttledForMs, leftMs);
  }
  for (const name of over)
    if (name !== toCallName(highestNumber)) await unlink(join(folder, name)).catch(ignoreMissing);
  calls.sort((a, b) => a.atMs - b.atMs);
  return { nowMs, calls, highestNumber, throttledForMs };
}

/** Epoch milliseconds, at most now; `undefined` when another process has just removed the file. */
async function readTime(folder: string, name: string, nowMs: number): Promise<number | undefined> {
  try {
    const atMs = Math.round((await lstat(join(folder, name))).mtimeMs);
    if (atMs > nowMs) await setTime(folder, name, nowMs);
    return Math.min(atMs, nowMs);
  } catch (error) {
    ignoreMissing(error);
    return undefined;
  }
}

/** Adds what is known and not recorded, or one thing that differs. @returns whether there was any */
async function addKnown(
  folder: string,
  { nowMs, calls, highestNumber }: Recorded,
  knownAtMs: readonly number[],
): Promise<boolean> {
  const recent = knownAtMs.filter((atMs) => atMs > nowMs - HOUR_MS);
  const missing = recent.length - calls.length;
  // The oldest ones are those that lack a partner. Where another process takes a number, all is looked at anew.
  for (let added = 0; added < missing; added += 1) {
    const name = toCallName(highestNumber + 1 + added);
    const isFree = await createFile(folder, name, 'wx', recent[missing - 1 - added] ?? nowMs);
    if (!isFree) break;
  }
  if (missing > 0) return true;
  const ahead = calls.length - recent.length;
  for (const [index, atMs] of recent.entries()) {
    const call = calls[ahead + index];
    if (call === undefined || atMs <= call.atMs + TOLERANCE_MS) continue;
    await setTime(folder, call.name, atMs);
    return true;
  }
  return false;
}

/** Durably, once it resolves. @returns false when the name is taken, and must not be */
async function createFile(folder: string, name: string, flags: 'w' | 'wx', atMs: number): Promise<boolean> {
  await createPrivateFolder(folder);
  const handle = await open(join(folder, name), flags, FILE_MODE).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return undefined;
    throw error;
  });
  if (handle === undefined) return false;
  try {
    await handle.utimes(new Date(atMs), new Date(atMs));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncFolder(folder);
  return true;
}

async function setTime(folder: string, name: string, atMs: number): Promise<void> {
  await utimes(join(folder, name), new Date(atMs), new Date(atMs)).catch(ignoreMissing);
}

function toCallName(number: number): string {
  return `call-${String(number).padStart(12, '0')}`;
}

function hasRoom({ nowMs, calls, throttledForMs }: Recorded, { perMinute, perHour }: CallWindows): boolean {
  const inMinute = calls.filter(({ atMs }) => atMs > nowMs - MINUTE_MS).length;
  return throttledForMs === 0 && inMinute < perMinute && calls.length < perHour;
}

function toKnown({ nowMs, calls, throttledForMs }: Recorded): KnownCalls {
  return { agesMs: calls.map(({ atMs }) => nowMs - atMs), throttledForMs };
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
