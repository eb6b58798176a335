/**
 * The budget of calls, over whatever happens to processes, records and clocks, against a list of the calls that were
 * granted, at the true time.
 */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findGatewayError } from '../../src/core/errors.ts';
import { DEFENDER_CALL_LIMITS } from '../../src/defender/call-ledger.ts';
import type { CallRecords } from '../../src/defender/call-records.ts';
import { createDiskCallRecords } from '../../src/storage/disk-call-records.ts';
import { createMemoryRecords, createTestBudget, type MemoryRecords } from '../support/call-records.ts';
import { neverAborted } from '../support/defender-fixtures.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 15);
const WHOLE = 5 * SECOND;
/** Small, so that few steps fill both windows. */
const WINDOWS = { perMinute: 3, perHour: 7 };
const LIMITS = { EXPORT: WINDOWS, PAGED: DEFENDER_CALL_LIMITS.PAGED };

type Step =
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'call'; readonly process: number }
  | { readonly do: 'restart'; readonly process: number; readonly synchronizes: boolean }
  | { readonly do: 'throttle'; readonly process: number; readonly ms: number }
  | { readonly do: 'setBack'; readonly ms: number }
  | { readonly do: 'flush' }
  | { readonly do: 'break' | 'mend' };

const process = fc.integer({ min: 0, max: 1 });
const wait = fc
  .oneof(
    fc.integer({ min: 0, max: 30 * SECOND }),
    fc.integer({ min: 0, max: 30 * SECOND }),
    fc.integer({ min: 0, max: 20 * MINUTE }),
    fc.constantFrom(MINUTE, HOUR, MINUTE - 1, HOUR - 1),
  )
  .map((ms): Step => ({ do: 'wait', ms }));
const call = process.map((index): Step => ({ do: 'call', process: index }));
const restart = fc
  .tuple(process, fc.boolean())
  .map(([index, synchronizes]): Step => ({ do: 'restart', process: index, synchronizes }));
const throttle = fc
  .tuple(process, fc.integer({ min: 0, max: 10 * MINUTE }))
  .map(([index, ms]): Step => ({ do: 'throttle', process: index, ms }));
const setBack = fc.integer({ min: 1, max: 30 * HOUR }).map((ms): Step => ({ do: 'setBack', ms }));
const flush = fc.constant<Step>({ do: 'flush' });
const outage = fc.constantFrom<Step>({ do: 'break' }, { do: 'mend' });

/** Mostly calls and waits, with some of the others. */
function toSteps(...others: fc.Arbitrary<Step>[]): fc.Arbitrary<Step[]> {
  const weighted = [
    { weight: 6, arbitrary: call },
    { weight: 4, arbitrary: wait },
    ...others.map((arbitrary) => ({ weight: 1, arbitrary })),
  ];
  return fc.array(fc.oneof(...weighted), { minLength: 5, maxLength: 70 });
}

interface World {
  /** The true time; it only grows. */
  nowMs: number;
  /** How far the machine's clock is behind it. */
  behindMs: number;
  readonly granted: { readonly atMs: number; readonly isRecorded: boolean }[];
  throttledUntilMs: number;
}

interface Verdict {
  readonly granted: boolean;
  readonly retryAtMs: number | undefined;
}

/** Walks through the steps with two processes over the same records; `judge` sees every call. */
async function walk(
  steps: readonly Step[],
  createRecords: (world: World) => CallRecords & Partial<MemoryRecords>,
  judge: (world: World, verdict: Verdict) => void,
): Promise<World> {
  const world: World = { nowMs: START, behindMs: 0, granted: [], throttledUntilMs: 0 };
  const clock = { now: () => world.nowMs - world.behindMs, sleep: async () => {} };
  const records = createRecords(world);
  const start = () => createTestBudget(clock, { records, limits: LIMITS });
  const processes = [start(), start()];
  for (const step of steps) {
    switch (step.do) {
      case 'wait':
        world.nowMs += step.ms;
        break;
      case 'setBack':
        world.behindMs += step.ms;
        break;
      case 'flush':
        records.flush?.();
        break;
      case 'break':
      case 'mend':
        records.isBroken = step.do === 'break';
        break;
      case 'restart':
        processes[step.process] = start();
        if (step.synchronizes) await processes[step.process]!.synchronize();
        break;
      case 'throttle': {
        // To a few seconds: records leave one wait for another only when that is longer by more than a second.
        const untilMs = Math.ceil((world.nowMs + step.ms) / WHOLE) * WHOLE;
        await processes[step.process]!.noteThrottled('EXPORT', untilMs - world.behindMs);
        world.throttledUntilMs = Math.max(world.throttledUntilMs, untilMs);
        break;
      }
      case 'call': {
        const verdict = await tryCall(processes[step.process]!);
        judge(world, verdict);
        if (verdict.granted) world.granted.push({ atMs: world.nowMs, isRecorded: !records.isBroken });
        break;
      }
    }
  }
  return world;
}

async function tryCall(budget: ReturnType<typeof createTestBudget>): Promise<Verdict> {
  try {
    await budget.acquire('EXPORT', neverAborted());
    return { granted: true, retryAtMs: undefined };
  } catch (error) {
    const refusal = findGatewayError(error);
    assert.equal(refusal?.code, 'UPSTREAM_BUDGET_SPENT');
    return { granted: false, retryAtMs: refusal.retryAtMs };
  }
}

/** When the windows and Defender allow a call, at the true time: now or later. */
function findAllowedAt({ nowMs, granted, throttledUntilMs }: World): number {
  for (let atMs = nowMs; ; ) {
    const calls = granted.map((one) => one.atMs);
    const blockedBy = [
      calls.filter((one) => one > atMs - MINUTE).length >= WINDOWS.perMinute
        ? calls.at(-WINDOWS.perMinute)! + MINUTE
        : 0,
      calls.filter((one) => one > atMs - HOUR).length >= WINDOWS.perHour
        ? calls.at(-WINDOWS.perHour)! + HOUR
        : 0,
      throttledUntilMs,
    ].filter((untilMs) => untilMs > atMs);
    if (blockedBy.length === 0) return atMs;
    atMs = Math.max(...blockedBy);
  }
}

function assertWithinLimits({ granted }: World): void {
  for (const { atMs: endMs } of granted) {
    const count = (windowMs: number) =>
      granted.filter(({ atMs }) => atMs <= endMs && atMs > endMs - windowMs).length;
    assert.ok(count(MINUTE) <= WINDOWS.perMinute, `${count(MINUTE)} calls in a minute`);
    assert.ok(count(HOUR) <= WINDOWS.perHour, `${count(HOUR)} calls in an hour`);
  }
}

/** Grants what the true calls allow, nothing else, and names the instant at which it will. */
function judgeExactly(world: World, { granted, retryAtMs }: Verdict): void {
  const allowedAtMs = findAllowedAt(world);
  assert.deepEqual(
    { granted, retryAtMs },
    allowedAtMs === world.nowMs
      ? { granted: true, retryAtMs: undefined }
      : { granted: false, retryAtMs: allowedAtMs },
  );
}

const acceptAny = () => {};
const createTrueRecords = (world: World) => createMemoryRecords(() => world.nowMs);

describe('calls of two processes that are restarted', () => {
  it('are granted exactly when the calls that were made allow it', async () => {
    await fc.assert(
      fc.asyncProperty(toSteps(restart, throttle), async (steps) => {
        assertWithinLimits(await walk(steps, createTrueRecords, judgeExactly));
      }),
      { numRuns: 300 },
    );
  });

  it('are so with records in a folder', async () => {
    await fc.assert(
      fc.asyncProperty(toSteps(restart, throttle), async (steps) => {
        assertWithinLimits(await walkOnDisk(steps, judgeExactly));
      }),
      { numRuns: 25 },
    );
  });

  it('never exceed the limits when the clock is set back, and are granted again after an hour', async () => {
    const finale: Step[] = [
      { do: 'call', process: 0 },
      { do: 'wait', ms: HOUR },
      { do: 'call', process: 0 },
    ];
    for (const runs of [
      { take: (steps: Step[]) => walk(steps, createTrueRecords, acceptAny), numRuns: 300 },
      { take: (steps: Step[]) => walkOnDisk(steps, acceptAny), numRuns: 25 },
    ]) {
      await fc.assert(
        fc.asyncProperty(toSteps(restart, setBack, throttle), async (steps) => {
          const world = await runs.take([...steps, ...finale]);
          assertWithinLimits(world);
          assert.equal(world.granted.at(-1)?.atMs, world.nowMs, 'granted in the end');
        }),
        { numRuns: runs.numRuns },
      );
    }
  });
});

describe('calls of processes whose records fail', () => {
  it('never exceed the limits while the process lives, whatever is lost', async () => {
    const alone = toSteps(flush, outage, throttle).map((steps) =>
      steps.map((step) => ('process' in step ? { ...step, process: 0 } : step)),
    );
    await fc.assert(
      fc.asyncProperty(alone, async (steps) => {
        assertWithinLimits(await walk(steps, createTrueRecords, acceptAny));
      }),
      { numRuns: 300 },
    );
  });

  it('are an hour’s share apart while none is recorded, one restart after the other', async () => {
    await fc.assert(
      fc.asyncProperty(
        toSteps(restart, outage).map((steps) =>
          steps.map((step) => ('process' in step ? { ...step, process: 0 } : step)),
        ),
        async (steps) => {
          const { granted } = await walk([{ do: 'break' }, ...steps], createTrueRecords, acceptAny);
          const unrecorded = granted.filter(({ isRecorded }) => !isRecorded).map(({ atMs }) => atMs);
          for (const [index, atMs] of unrecorded.slice(1).entries())
            assert.ok(atMs - unrecorded[index]! >= HOUR / WINDOWS.perHour);
        },
      ),
      { numRuns: 300 },
    );
  });
});

async function walkOnDisk(
  steps: readonly Step[],
  judge: (world: World, verdict: Verdict) => void,
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-test-'));
  try {
    const create = (world: World) =>
      createDiskCallRecords({
        folder,
        clock: { now: () => world.nowMs - world.behindMs, sleep: async () => {} },
      });
    return await walk(steps, create, judge);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
