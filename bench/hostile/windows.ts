/** What is measured while hostile callers are at work, and while they are not. */

import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { Gateway } from '../gateway/gateway.ts';
import type { Load } from '../gateway/load.ts';
import type { LoadReport } from '../gateway/load-process.ts';
import type { HostileCallers } from './hostile.ts';
import type { AttackReport, AttackTask } from './hostile-process.ts';

export interface Window {
  readonly load: LoadReport;
  readonly eventLoopDelayMs: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
  readonly residentBytesPeak: number;
  /** Of the processor time of all cores, by everything on the machine. */
  readonly busyShare: number;
}

export interface AttackedWindow extends Window {
  readonly attack: AttackReport;
}

/** Measures while something is done, and not before what was done earlier has come to its end. */
export type Measure = <Result>(work: () => Promise<Result>) => Promise<{ window: Window; result: Result }>;

const SETTLE_MS = 100;
const SETTLED_DELAY_MS = 20;
const SETTLE_LIMIT_MS = 30_000;

export function createMeasure(gateway: Gateway, load: Load): Measure {
  return async (work) => {
    await settle(gateway);
    await gateway.resetPeak();
    await load.observe();
    const busy = startBusyMeter();
    const result = await work();
    const busyShare = busy();
    const report = await load.observe();
    const residentBytes = gateway.residentBytes();
    const residentBytesPeak = gateway.peakBytes();
    const { eventLoopDelayMs, heapBytes } = await gateway.read();
    const window = {
      load: report,
      eventLoopDelayMs,
      heapBytes,
      residentBytes,
      residentBytesPeak,
      busyShare,
    };
    return { window, result };
  };
}

export async function measureAttack(
  measure: Measure,
  hostile: HostileCallers,
  task: AttackTask,
  durationMs: number,
): Promise<AttackedWindow> {
  const { window, result } = await measure(async () => {
    hostile.attack(task);
    await delay(durationMs);
    return await hostile.stop();
  });
  return { ...window, attack: result };
}

/** Waits until nothing of an earlier attack is under way, as far as the event loop shows. */
async function settle(gateway: Gateway): Promise<void> {
  const givenUpAt = performance.now() + SETTLE_LIMIT_MS;
  await gateway.read();
  do await delay(SETTLE_MS);
  while ((await gateway.read()).eventLoopDelayMs > SETTLED_DELAY_MS && performance.now() < givenUpAt);
}

/** @returns the share since the start of the meter */
function startBusyMeter(): () => number {
  const read = () => {
    const times = cpus().map((cpu) => cpu.times);
    const idle = times.reduce((sum, time) => sum + time.idle, 0);
    const all = times.reduce(
      (sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq,
      0,
    );
    return { idle, all };
  };
  const start = read();
  return () => {
    const { idle, all } = read();
    return 1 - (idle - start.idle) / Math.max(1, all - start.all);
  };
}
