/**
 * Contenders: each is a module that runs in a fresh process of its own, so that memory, caches and compiled code
 * of one never help or hurt another.
 *
 * A contender module calls `serveContender` and nothing else; the benchmark calls `runContender` with its place.
 * What is measured of the process itself (processor time, resident set, heap, event-loop delay) is measured here.
 */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** What a process cost, beside its own result. */
export interface ProcessCost {
  /** User and system time of all threads, milliseconds. */
  readonly cpuMs: number;
  /** Resident set before the work, bytes. */
  readonly residentBytesAtStart: number;
  /** Largest resident set, bytes. */
  readonly residentBytesPeak: number;
  /** Of the main thread, after the work, bytes. */
  readonly heapBytes: number;
  /** Longest delay of the main thread's event loop, milliseconds. */
  readonly eventLoopDelayMs: number;
}

export interface ContenderRun<Result> {
  readonly result: Result;
  readonly cost: ProcessCost;
}

type Reply<Result> = { readonly run: ContenderRun<Result> } | { readonly failure: string };

/** A sample is the time between two timers: what it has beyond this is delay. */
const DELAY_RESOLUTION_MS = 2;

/**
 * Runs a contender once.
 *
 * @param module the contender's file
 * @param input anything that a structured clone carries
 * @throws Error with the contender's stack when it fails or ends without an answer
 */
export async function runContender<Input, Result>(module: URL, input: Input): Promise<ContenderRun<Result>> {
  const child = fork(module, { serialization: 'advanced', execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit');
  const answered = once(child, 'message') as Promise<[Reply<Result>]>;
  child.send(input as object);
  const first = await Promise.race([answered, ended.then(([code]) => code as number | null)]);
  if (!Array.isArray(first)) throw new Error(`${module.pathname} ended with ${first} before it answered.`);
  await ended;
  const [reply] = first;
  if ('failure' in reply) throw new Error(`${module.pathname} failed: ${reply.failure}`);
  return reply.run;
}

/** The other side: waits for the input, does the work once, answers, and lets the process end. */
export function serveContender<Input, Result>(work: (input: Input) => Promise<Result>): void {
  process.once('disconnect', () => process.exit());
  process.once('message', (input) => {
    void measure(() => work(input as Input)).then(
      (run) => answer({ run }),
      (error: unknown) => answer({ failure: error instanceof Error ? String(error.stack) : String(error) }),
    );
  });
}

function answer(reply: Reply<unknown>): void {
  process.send!(reply, () => process.exit());
}

async function measure<Result>(work: () => Promise<Result>): Promise<ContenderRun<Result>> {
  const residentBytesAtStart = process.memoryUsage.rss();
  const delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
  delay.enable();
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  delay.disable();
  return {
    result,
    cost: {
      cpuMs: (user + system) / 1_000,
      residentBytesAtStart,
      residentBytesPeak: readPeakBytes('self'),
      heapBytes: process.memoryUsage().heapUsed,
      eventLoopDelayMs: Math.max(0, delay.max / 1e6 - DELAY_RESOLUTION_MS),
    },
  };
}

/**
 * Largest resident set of a process so far, bytes: VmHWM of proc(5). Where there is no `/proc` only that of this
 * process is known, from getrusage(2).
 */
export function readPeakBytes(processId: number | 'self'): number {
  return readStatus(processId, 'VmHWM');
}

/** Resident set of a process now, bytes: VmRSS of proc(5). */
export function readResidentBytes(processId: number | 'self'): number {
  return readStatus(processId, 'VmRSS');
}

/** Ticks of proc(5), as Linux has them on every machine. */
const TICKS_PER_SECOND = 100;

/**
 * Time on the processor that all threads of a process have used, milliseconds, to the tick of 10 ms; `NaN` where there is no
 * `/proc`.
 */
export function readProcessorMs(processId: number): number {
  if (process.platform !== 'linux') return Number.NaN;
  const stat = readFileSync(`/proc/${processId}/stat`, 'utf8');
  // The name, in brackets, may hold anything; utime and stime are the 12th and 13th after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS_PER_SECOND;
}

function readStatus(processId: number | 'self', field: string): number {
  if (process.platform !== 'linux') return process.resourceUsage().maxRSS * 1_024;
  const status = readFileSync(`/proc/${processId}/status`, 'utf8');
  return Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(status)?.[1]) * 1_024;
}
