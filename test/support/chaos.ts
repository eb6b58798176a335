/**
 * A gateway in a bad hour: faults of every kind at random rates, new exports that differ, refreshes that somebody asks for,
 * restarts; and questions all the while, each answer held to the truth of the export that it is of.
 *
 * A seed decides everything but how the machine interleaves what happens at one instant.
 */

import assert from 'node:assert/strict';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/core/units.ts';
import { API_FAULTS } from '../../src/simulator/faults/api-faults.ts';
import { FILE_FAULTS } from '../../src/simulator/faults/file-faults.ts';
import { LISTING_FAULTS } from '../../src/simulator/faults/listing-faults.ts';
import { type FaultName, orderFault } from '../../src/simulator/faults/named-faults.ts';
import { PAGE_FAULTS } from '../../src/simulator/faults/page-faults.ts';
import { SIGN_IN_FAULTS } from '../../src/simulator/faults/sign-in-faults.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { USUAL_HABITS } from '../../src/simulator/tenant/habits.ts';
import type { SimulatedCall } from '../../src/simulator/tenant/server.ts';
import { askSomething } from './chaos-questions.ts';
import { assertNoSecrets } from './fault-case.ts';
import { createRandom, type Random } from './random.ts';
import { createSimulatedWorld, type SimulatedGateway } from './simulated-gateway.ts';
import { createTruthBook, type TruthBook } from './truth-book.ts';

/** What has happened, for a test to see that it was enough. */
export interface ChaosReport {
  readonly answers: number;
  readonly snapshots: number;
  readonly restarts: number;
  readonly runs: Readonly<Record<string, number>>;
  readonly faults: number;
  readonly calls: Readonly<Record<string, number>>;
}

export interface ChaosOptions {
  readonly seed: number;
  /** `REFRESH_SOURCE`. */
  readonly source: string;
  /** Simulated time under faults. */
  readonly durationMs: number;
}

/** Shorter than the time between two refreshes: nearly every listing is of a new export. */
const EXPORT_INTERVAL_MS = 2 * MINUTE_MS;
const NO_LIMIT = { perMinute: Number.POSITIVE_INFINITY, perHour: Number.POSITIVE_INFINITY };
const SETTINGS = {
  REFRESH_INTERVAL: '3m',
  REFRESH_COOLDOWN: '20s',
  REFRESH_DEADLINE: '10m',
  PAGE_SIZE: '25',
};

/** Not in a chaos run: what makes the clocks of tenant and gateway differ, or what costs seconds of real time. */
const LEFT_OUT: ReadonlySet<FaultName> = new Set<FaultName>([
  'rollover-kept',
  'rollover-expired-400',
  'rollover-expired-404',
  'rollover-expired-410',
  'export-hang',
  'page-hang',
  'sign-in-hang',
  'file-hang',
  'file-long-line',
  'file-bomb',
  'listing-huge',
  // Whole answers that are wrong: nobody could tell.
  'page-misses-rows',
  'file-misses-rows',
]);

/** What a refresh makes most of is what should fail most: listings and tokens stand before files, and would hide them. */
const KINDS_OF_AN_EXPORT = [
  FILE_FAULTS,
  FILE_FAULTS,
  FILE_FAULTS,
  FILE_FAULTS,
  FILE_FAULTS,
  LISTING_FAULTS,
  API_FAULTS,
  SIGN_IN_FAULTS,
  PAGE_FAULTS,
];
const KINDS_OF_A_WALK = [PAGE_FAULTS, PAGE_FAULTS, PAGE_FAULTS, API_FAULTS, SIGN_IN_FAULTS];

/** Runs it, and throws at the first thing that is wrong. */
export async function runChaos({ seed, source, durationMs }: ChaosOptions): Promise<ChaosReport> {
  const random = createRandom(seed);
  await using world = await createSimulatedWorld({
    devices: 9,
    recordsPerDevice: 9,
    recordsPerFile: 18,
    seed,
    // The limits of the gateway are what is tried: nothing else may hold it back.
    limits: { paged: NO_LIMIT, export: NO_LIMIT },
    exportIntervalMs: EXPORT_INTERVAL_MS,
    pace: 1_000,
    tokenLifetimeSeconds: 900,
  });
  const { time, tenant } = world;
  const truths = createTruthBook(tenant, EXPORT_INTERVAL_MS);
  const gatewayRandom = createRandom(seed + 1_000);
  // Of its own: how many questions there is time for is the machine's affair.
  const questionRandom = createRandom(seed + 2_000);
  const start = (dataDir?: string) =>
    world.startGateway({
      settings: { ...SETTINGS, REFRESH_SOURCE: source },
      random: gatewayRandom.next,
      ...(dataDir === undefined ? {} : { dataDir }),
    });
  let gateway = await start();
  assert.equal((await gateway.untilFirstRun()).outcome, 'PUBLISHED');
  const counts = { answers: 0, restarts: 0, faults: 0 };
  const rate = 12 + random.below(30);

  const endsAtMs = time.clock.now() + durationMs;
  while (time.clock.now() < endsAtMs) {
    truths.note();
    if (random.percent(rate)) counts.faults += order(tenant, random, source);
    if (random.percent(12)) heal(tenant);
    if (random.percent(10)) await gateway.requestRefresh();
    if (random.percent(3)) {
      // In the middle of whatever it does; what comes up again serves at once.
      const dataDir = await gateway.close();
      gateway = await start(dataDir);
      counts.restarts += 1;
    }
    const isOver = { value: false };
    const asking = askUntil(gateway, truths, questionRandom, isOver);
    // What is wrong with an answer is thrown once time has passed, below.
    asking.catch(() => {});
    await time.pass(SECOND_MS + random.below(50) * SECOND_MS);
    isOver.value = true;
    counts.answers += await asking;
  }
  assertBudgets(tenant.calls);

  heal(tenant);
  await recover(gateway, time.clock.now() + 2 * HOUR_MS, { world, truths });
  assertNoSecrets(world);
  return {
    ...counts,
    snapshots: truths.snapshots,
    runs: countBy(
      world.log.filter((line) => line.includes('"refresh_finished"')),
      (line) => {
        const { outcome, failure } = JSON.parse(line) as {
          outcome: string;
          failure: { code: string } | null;
        };
        return failure === null ? outcome : `${outcome} ${failure.code}`;
      },
    ),
    calls: countBy(tenant.calls, ({ endpoint }) => endpoint),
  };
}

/** Orders one fault or a few; a state lasts until the next healing. */
function order(tenant: Simulator, random: Random, source: string): number {
  const count = 1 + random.below(3);
  for (let index = 0; index < count; index++) {
    const kind = random.pick(source === 'paged' ? KINDS_OF_A_WALK : KINDS_OF_AN_EXPORT);
    const names = (Object.keys(kind) as FaultName[]).filter((name) => !LEFT_OUT.has(name));
    orderFault(tenant, random.pick(names), 1 + random.below(random.percent(20) ? 40 : 4));
  }
  return count;
}

function heal(tenant: Simulator): void {
  tenant.heal();
  tenant.change({ licensed: true, roles: ['Vulnerability.Read.All'], habits: USUAL_HABITS });
}

/** At least one question, and as many as there is time for; resolves with their number. */
async function askUntil(
  gateway: SimulatedGateway,
  truths: TruthBook,
  random: Random,
  isOver: { readonly value: boolean },
): Promise<number> {
  for (let count = 1; ; count++) {
    await askSomething(gateway, truths, random);
    if (isOver.value) return count;
  }
}

/** Without faults the newest export is served before long, and no later than a spent budget allows. */
async function recover(
  gateway: SimulatedGateway,
  untilMs: number,
  { world, truths }: { world: { time: { clock: { now(): number } } }; truths: TruthBook },
): Promise<void> {
  while (world.time.clock.now() < untilMs) {
    truths.note();
    const run = await gateway.untilNextRun();
    if (run.outcome === 'PUBLISHED' || run.outcome === 'UNCHANGED') {
      truths.note();
      assert.equal(await truths.findServed(gateway), truths.newest(), 'the newest export is served');
      return;
    }
  }
  assert.fail('The gateway has not recovered within two hours.');
}

/** Defender's quotas in every window, by the calls that the tenant has seen. */
function assertBudgets(calls: readonly SimulatedCall[]): void {
  assert.ok(calls.length < 10_000, 'the tenant remembers every call');
  for (const [endpoint, perMinute, perHour] of [
    ['export', 5, 20],
    ['paged', 30, 1_000],
  ] as const) {
    const times = calls.filter((call) => call.endpoint === endpoint).map(({ atMs }) => atMs);
    for (const [limit, windowMs] of [
      [perMinute, MINUTE_MS],
      [perHour, HOUR_MS],
    ] as const) {
      for (const [index, atMs] of times.entries()) {
        const inWindow = times.slice(0, index + 1).filter((earlier) => earlier > atMs - windowMs).length;
        assert.ok(
          inWindow <= limit,
          `${inWindow} calls to ${endpoint} within ${windowMs} ms, at ${new Date(atMs).toISOString()}`,
        );
      }
    }
  }
}

function countBy<Item>(items: readonly Item[], toKey: (item: Item) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[toKey(item)] = (counts[toKey(item)] ?? 0) + 1;
  return counts;
}
