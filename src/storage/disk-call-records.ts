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
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../core/units.ts';
import { createPrivateFolder, listFolder, syncFolder } from './atomic-file.ts';
import {
  type CallRecordStore,
  type CallWindows,
  type KnownCalls,
  THROTTLE_TOLERANCE_MS,
} from './call-records.ts';
import { diskUnavailable, isMissing } from './store-errors.ts';

const FILE_MODE = 0o600;
const CALL = /^call-(\d{12})$/;
const THROTTLED = /^throttled-(\d{1,12})$/;

/** Longest time from looking to creating: less than a number is kept, so that none is ever given twice. */
const LONGEST_STEP_MS = HOUR_MS / 2;
/** Whoever created a file may still be setting its time. */
const SETTLED_AFTER_MS = SECOND_MS;

interface Recorded {
  readonly nowMs: number;
  readonly highest: number;
  /** Ascending. */
  readonly callsAtMs: readonly number[];
  readonly throttledForMs: number;
}

/** @param options.folder of one application at one service; created with the first record */
export function createDiskCallRecords(options: {
  readonly folder: string;
  readonly clock: Clock;
}): CallRecordStore {
  const { clock } = options;
  const logs = new Map<string, CallFiles>();

  /** Adds what is missing, then, if `windows` have room, a call; each file on what was found right before it. */
  async function exchange(endpoint: string, known: KnownCalls, windows: CallWindows | null) {
    const files = logs.get(endpoint) ?? new CallFiles(join(options.folder, endpoint.toLowerCase()));
    logs.set(endpoint, files);
    const startMs = clock.now();
    const knownAtMs = known.agesMs.map((ageMs) => startMs - ageMs);
    try {
      for (;;) {
        const recorded = await files.read(clock.now());
        const { nowMs, highest, callsAtMs } = recorded;
        if (known.throttledForMs > recorded.throttledForMs + THROTTLE_TOLERANCE_MS) {
          await files.addThrottle(known.throttledForMs, nowMs);
          continue;
        }
        const recent = knownAtMs.filter((atMs) => atMs > nowMs - HOUR_MS);
        const missing = recent.length - callsAtMs.length;
        if (missing > 0) {
          await files.tryAddCall(highest + 1, recent[missing - 1] ?? nowMs);
          continue;
        }
        if (windows === null || !hasRoom(recorded, windows)) return { ...toKnown(recorded), granted: false };
        if (!(await files.tryAddCall(highest + 1, nowMs))) continue;
        // Who was held up for so long may have decided on what is no longer true; the record stays: the safe side.
        if (Math.abs(clock.now() - nowMs) > LONGEST_STEP_MS) continue;
        return { ...toKnown({ ...recorded, callsAtMs: [...callsAtMs, nowMs] }), granted: true };
      }
    } catch (error) {
      throw findGatewayError(error) ?? diskUnavailable('recording a call', error);
    }
  }

  return {
    record: exchange,
    merge: async (endpoint, known) => {
      const { agesMs, throttledForMs } = await exchange(endpoint, known, null);
      return { agesMs, throttledForMs };
    },
  };
}

/** The files of one endpoint. A time that is settled is read once. */
class CallFiles {
  readonly #folder: string;
  #settledAtMs: ReadonlyMap<string, number> = new Map();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is recorded; removes what is over. A time of the future, from before a clock was set back, becomes now. */
  async read(nowMs: number): Promise<Recorded> {
    const timesMs = new Map<string, number>();
    for (const name of await listFolder(this.#folder)) {
      if (!CALL.test(name) && !THROTTLED.test(name)) continue;
      const atMs = this.#settledAtMs.get(name) ?? (await this.#readTime(name));
      if (atMs === undefined) continue;
      if (atMs > nowMs) await this.#writeTime(name, nowMs);
      timesMs.set(name, Math.min(atMs, nowMs));
    }
    this.#settledAtMs = new Map([...timesMs].filter(([, atMs]) => atMs < nowMs - SETTLED_AFTER_MS));
    const numbers = [...timesMs.keys()].map((name) => Number(CALL.exec(name)?.[1] ?? 0));
    const highest = Math.max(0, ...numbers);
    const callsAtMs: number[] = [];
    let throttledForMs = 0;
    for (const [name, atMs] of timesMs) {
      const throttle = THROTTLED.exec(name);
      const leftMs = atMs + (throttle === null ? HOUR_MS : Number(throttle[1])) - nowMs;
      if (leftMs > 0) {
        if (throttle === null) callsAtMs.push(atMs);
        else throttledForMs = Math.max(throttledForMs, leftMs);
      } else if (name !== toCallName(highest)) {
        await this.#remove(name);
      }
    }
    return { nowMs, highest, callsAtMs: callsAtMs.toSorted((a, b) => a - b), throttledForMs };
  }

  /** Whether the number was free; the call is then recorded durably. */
  async tryAddCall(number: number, atMs: number): Promise<boolean> {
    return await this.#create(toCallName(number), 'wx', atMs);
  }

  async addThrottle(forMs: number, notedAtMs: number): Promise<void> {
    await this.#create(`throttled-${Math.ceil(forMs)}`, 'w', notedAtMs);
  }

  async #create(name: string, flags: 'w' | 'wx', atMs: number): Promise<boolean> {
    await createPrivateFolder(this.#folder);
    const handle = await open(join(this.#folder, name), flags, FILE_MODE).catch((error: unknown) => {
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
    await syncFolder(this.#folder);
    return true;
  }

  /** To the millisecond; `undefined` when another process has just removed it. */
  async #readTime(name: string): Promise<number | undefined> {
    try {
      return Math.round((await lstat(join(this.#folder, name))).mtimeMs);
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  async #writeTime(name: string, atMs: number): Promise<void> {
    await utimes(join(this.#folder, name), new Date(atMs), new Date(atMs)).catch(ignoreMissing);
  }

  async #remove(name: string): Promise<void> {
    await unlink(join(this.#folder, name)).catch(ignoreMissing);
  }
}

function toCallName(number: number): string {
  return `call-${String(number).padStart(12, '0')}`;
}

function hasRoom(
  { nowMs, callsAtMs, throttledForMs }: Recorded,
  { perMinute, perHour }: CallWindows,
): boolean {
  const inMinute = callsAtMs.filter((atMs) => atMs > nowMs - MINUTE_MS).length;
  return throttledForMs === 0 && inMinute < perMinute && callsAtMs.length < perHour;
}

function toKnown({ nowMs, callsAtMs, throttledForMs }: Recorded): KnownCalls {
  return { agesMs: callsAtMs.map((atMs) => nowMs - atMs), throttledForMs };
}

function ignoreMissing(error: unknown): void {
  if (!isMissing(error)) throw error;
}
