/**
 * One upstream fault as a declaration, and the one way in which all of them are tried: a gateway that serves one export
 * is told to refresh while the next one is out and the fault is there; then the fault is gone.
 */

import assert from 'node:assert/strict';
import { HOUR_MS } from '../../src/core/units.ts';
import type { RefreshOutcome, RefreshRunView } from '../../src/refresh/refresh-status.ts';
import type { FaultFamily } from '../../src/simulator/faults/named-fault.ts';
import { type FaultName, NAMED_FAULTS, orderFault } from '../../src/simulator/faults/named-faults.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import type { SimulatedEndpoint } from '../../src/simulator/tenant/faults.ts';
import { USUAL_HABITS } from '../../src/simulator/tenant/habits.ts';
import { findSecrets } from './secret-search.ts';
import { readPage, type ServedPage, toPage } from './served-page.ts';
import {
  createSimulatedWorld,
  type SimulatedGateway,
  type SimulatedWorld,
  type WorldOptions,
} from './simulated-gateway.ts';
import { mergeRecords } from './simulated-truth.ts';

type Settings = Readonly<Record<string, string>>;

/** A fault that hits so many calls; without a number all of them. */
export type FaultOrder = FaultName | readonly [FaultName, times: number];

export interface FaultCase {
  readonly family: FaultFamily;
  /** Default: what the first of `faults` is about. */
  readonly name?: string;
  readonly faults: readonly FaultOrder[];
  readonly tenant?: WorldOptions;
  /** Settings beside those of the suite. */
  readonly settings?: Settings | ((tenant: Simulator) => Settings);
  /** Simulated time between the first refresh and this one; default six hours, after which there is a new export. */
  readonly afterMs?: number;
  readonly expected: ExpectedRun;
  /** What to do, for an operator: the last column of the matrix. */
  readonly todo: string;
  /** What else must hold, once the run has ended and the fault is still there. */
  readonly also?: (world: SimulatedWorld, gateway: SimulatedGateway) => Promise<void> | void;
}

export interface ExpectedRun {
  readonly outcome: RefreshOutcome;
  /** Of the failure. */
  readonly code?: string;
  /** In the message: what to do. */
  readonly says?: RegExp;
  readonly isRetryable?: boolean;
  /** Calls by endpoint, as the simulator has counted them; those that are missing here are none. */
  readonly calls: Partial<Record<SimulatedEndpoint, number>>;
  /** Simulated time from the beginning of the run to its end; chance is always one half. Default 0. */
  readonly tookMs?: number;
  /** What is published: the export of the beginning of the run (default), or the newest of its end. */
  readonly serves?: 'next' | 'newest';
  /** From the end of the run to the next planned one; absent: none is planned. */
  readonly nextInMs?: number;
  /** What the run after the fault makes of the new export; default: publishes it when it was not published. */
  readonly afterwards?: RefreshOutcome;
}

/** The size of a tenant whose export has five files and three pages. */
export const TENANT = { devices: 6, recordsPerDevice: 10, recordsPerFile: 20, seed: 84, pace: 120 };
/** The calls of a refresh by files that meets no fault. */
export const READ = { token: 1, export: 1, blob: 5 };

const SETTINGS = { REFRESH_SOURCE: 'export', PAGE_SIZE: '20' };

/** The name of a case. */
export function nameOf({ name, faults: [first] }: FaultCase): string {
  if (name !== undefined) return name;
  assert.ok(first !== undefined, 'a case without faults needs a name');
  return NAMED_FAULTS[typeof first === 'string' ? first : first[0]].about;
}

/** Tries a case; what it has logged holds no secret. */
export async function tryFault(fault: FaultCase): Promise<void> {
  const { expected } = fault;
  await using world = await createSimulatedWorld({ ...TENANT, ...fault.tenant });
  const { time, tenant } = world;
  const settings = typeof fault.settings === 'function' ? fault.settings(tenant) : fault.settings;
  const gateway = await world.startGateway({ settings: { ...SETTINGS, ...settings } });
  const first = await gateway.untilFirstRun();
  assert.equal(first.outcome, 'PUBLISHED', first.failure?.message);
  const before = toPage(mergeRecords(tenant.records()));
  assertServed(await readPage(gateway), 1, before);

  await time.pass(fault.afterMs ?? 6 * HOUR_MS);
  for (const order of fault.faults) {
    if (typeof order === 'string') orderFault(tenant, order);
    else orderFault(tenant, ...order);
  }
  const next = toPage(mergeRecords(tenant.records()));
  if (fault.afterMs === undefined) assert.notDeepEqual(next, before, 'the next export is another one');
  const callsBefore = tenant.calls.length;
  const ended = gateway.app.whenRunEnds();
  assert.equal(await gateway.requestRefresh(), 'RefreshStarted');
  const during = await readPage(gateway);
  const run = await time.until(ended);
  const calls = countCalls(tenant.calls.slice(callsBefore));
  const isPublished = run.outcome === 'PUBLISHED';
  const after = expected.serves === 'newest' ? toPage(mergeRecords(tenant.records())) : next;
  if (during.revision === 1) assertServed(during, 1, before);
  else assertServed(during, 2, after);
  if (isPublished) assertServed(await readPage(gateway), 2, after);
  else assertServed(await readPage(gateway), 1, before);
  await assertEnded(gateway, run, expected, calls);
  await fault.also?.(world, gateway);

  tenant.heal();
  tenant.change({ licensed: true, roles: ['Vulnerability.Read.All'], habits: USUAL_HABITS });
  if (!isPublished || expected.afterwards !== undefined) await recover(world, gateway, run, expected);
  assertNoSecrets(world);
}

/** The whole log of a world, at the most talkative level, against all that its tenant has handed out. */
export function assertNoSecrets({ log, secrets }: SimulatedWorld): void {
  assert.ok(
    log.some((line) => line.includes('"level":20')),
    'the log is at its most talkative',
  );
  assert.ok(secrets.size > 1, 'tokens and signatures were handed out');
  assert.deepEqual(findSecrets(log, secrets), []);
}

async function assertEnded(
  gateway: SimulatedGateway,
  run: RefreshRunView,
  expected: ExpectedRun,
  calls: ExpectedRun['calls'],
): Promise<void> {
  const { refresh } = await gateway.ask<{
    refresh: {
      phase: string;
      nextRunAt: string | null;
      lastRun: { outcome: string };
      lastFailure: { code: string; message: string; retryable: boolean } | null;
    };
  }>('{ refresh { phase nextRunAt lastRun { outcome } lastFailure { code message retryable } } }');
  const { nextRunAtMs } = gateway.app.status();
  const finishedAtMs = run.finishedAtMs!;
  assert.deepEqual(
    {
      outcome: refresh.lastRun.outcome,
      code: refresh.lastFailure?.code,
      isRetryable: refresh.lastFailure?.retryable,
      calls,
      tookMs: finishedAtMs - run.startedAtMs,
      nextInMs: nextRunAtMs === null ? undefined : nextRunAtMs - finishedAtMs,
      phase: refresh.phase,
    },
    {
      outcome: expected.outcome,
      code: expected.code,
      isRetryable: expected.code === undefined ? undefined : (expected.isRetryable ?? false),
      calls: expected.calls,
      tookMs: expected.tookMs ?? 0,
      nextInMs: expected.nextInMs,
      phase: 'IDLE',
    },
    refresh.lastFailure?.message,
  );
  if (expected.says !== undefined) assert.match(refresh.lastFailure?.message ?? '', expected.says);
  assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200);
}

/** By itself at the time that was planned, or when somebody asks. */
async function recover(
  { tenant }: SimulatedWorld,
  gateway: SimulatedGateway,
  failed: RefreshRunView,
  expected: ExpectedRun,
): Promise<void> {
  const run = expected.nextInMs === undefined ? await gateway.refresh() : await gateway.untilNextRun();
  assert.equal(run.outcome, expected.afterwards ?? 'PUBLISHED', run.failure?.message);
  if (expected.nextInMs !== undefined) {
    assert.equal(run.trigger, 'RETRY');
    assert.equal(run.startedAtMs, failed.finishedAtMs! + expected.nextInMs);
  }
  const { revision, page } = await readPage(gateway);
  if (run.outcome === 'PUBLISHED') assert.equal(revision, failed.outcome === 'PUBLISHED' ? 3 : 2);
  if (run.outcome !== 'FAILED') assert.deepEqual(page, toPage(mergeRecords(tenant.records())));
  const { refresh } = await gateway.ask<{ refresh: unknown }>('{ refresh { lastFailure { code } } }');
  if (run.outcome !== 'FAILED') assert.deepEqual(refresh, { lastFailure: null });
}

function assertServed(served: ServedPage, revision: number, page: unknown): void {
  assert.equal(served.revision, revision);
  assert.deepEqual(served.page, page);
}

function countCalls(calls: SimulatedWorld['tenant']['calls']): ExpectedRun['calls'] {
  const counts: Partial<Record<SimulatedEndpoint, number>> = {};
  for (const { endpoint } of calls) counts[endpoint] = (counts[endpoint] ?? 0) + 1;
  return counts;
}
