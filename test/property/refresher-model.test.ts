import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from '../../src/core/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/units.ts';
import type { RefreshJobProgress } from '../../src/refresh/refresh-job.ts';
import { createRefresher, type Refresher, type UpstreamLimit } from '../../src/refresh/refresher.ts';
import type { RefreshSettings } from '../../src/refresh/schedule.ts';
import { createManualClock, type ManualClock, settle } from '../support/manual-clock.ts';
import {
  createBuiltResult,
  createManualJob,
  type ManualJob,
  UNCHANGED,
} from '../support/refresh-fixtures.ts';
import { type ModelFailure, RefresherModel } from '../support/refresher-model.ts';

const START_MS = Date.UTC(2026, 0, 1);

interface System {
  readonly refresher: Refresher;
  readonly clock: ManualClock;
  readonly job: ManualJob;
  readonly published: number[];
  readonly budget: { limit: UpstreamLimit | undefined };
}

class Step implements fc.AsyncCommand<RefresherModel, System> {
  readonly name: string;
  readonly isPossible: (model: Readonly<RefresherModel>) => boolean;
  readonly act: (model: RefresherModel, system: System) => void | Promise<void>;

  constructor(name: string, isPossible: Step['isPossible'], act: Step['act']) {
    this.name = name;
    this.isPossible = isPossible;
    this.act = act;
  }

  check(model: Readonly<RefresherModel>): boolean {
    return this.isPossible(model);
  }

  async run(model: RefresherModel, system: System): Promise<void> {
    await this.act(model, system);
    await settle();
    model.check(system.refresher.status(), system.published, system.job.runs.length);
  }

  toString(): string {
    return this.name;
  }
}

const isAlive = (model: Readonly<RefresherModel>) => !model.isStopped;
const isRunning = (model: Readonly<RefresherModel>) => model.run !== null;
const delayMs = fc.oneof(
  fc.integer({ min: 0, max: 2 * MINUTE_MS }),
  fc.integer({ min: 0, max: 8 * HOUR_MS }),
);

const progress: fc.Arbitrary<RefreshJobProgress> = fc.record(
  {
    phase: fc.constantFrom('WAITING', 'REQUESTING', 'DOWNLOADING', 'BUILDING', 'VALIDATING', 'PUBLISHING'),
    filesTotal: fc.option(fc.nat(99)),
    filesDone: fc.nat(99),
    bytesDownloaded: fc.nat(),
    recordsRead: fc.nat(),
  },
  { requiredKeys: [] },
);

const failure = fc.record({
  kind: fc.constantFrom(
    { code: 'UPSTREAM_TIMEOUT', outcome: 'FAILED' } as const,
    { code: 'SNAPSHOT_SHRUNK', outcome: 'REJECTED' } as const,
  ),
  retryable: fc.boolean(),
  retryInMs: fc.option(fc.integer({ min: -HOUR_MS, max: 9 * HOUR_MS }), { nil: undefined }),
});

const steps = [
  fc.constant(
    new Step('start', isAlive, (model, { refresher }) => {
      model.start();
      refresher.start();
    }),
  ),
  delayMs.map(
    (durationMs) =>
      new Step(
        `advance ${durationMs}`,
        () => true,
        async (model, { clock }) => {
          model.advance(durationMs);
          await clock.advance(durationMs);
        },
      ),
  ),
  fc.constant(
    new Step(
      'request',
      () => true,
      (model, { refresher }) => {
        if (model.isStopped) assert.throws(() => refresher.requestRefresh(), { code: 'REFRESH_CANCELLED' });
        else assert.deepEqual(refresher.requestRefresh(), model.request());
      },
    ),
  ),
  fc.tuple(delayMs, fc.constantFrom('UPSTREAM_BUDGET', 'UPSTREAM_THROTTLED', undefined)).map(
    ([durationMs, reason]) =>
      new Step(
        `limit ${durationMs} ${reason}`,
        () => true,
        (model, { budget }) => {
          model.limit = reason === undefined ? undefined : { retryAtMs: model.nowMs + durationMs, reason };
          budget.limit = model.limit;
        },
      ),
  ),
  progress.map(
    (changes) =>
      new Step(`progress ${fc.stringify(changes)}`, isRunning, (model, { job }) => {
        const { phase, ...counts } = changes;
        model.run!.phase = phase ?? model.run!.phase;
        model.run!.progress = { ...model.run!.progress, ...counts };
        job.latest.request.onProgress(changes);
      }),
  ),
  fc.integer({ min: -1, max: 2 }).map(
    (advance) =>
      new Step(`built +${advance}`, isRunning, (model, { job, clock }) => {
        const revision = Math.max(1, model.servedRevision + advance);
        model.publish(revision);
        job.latest.resolve(createBuiltResult({ revision, publishedAtMs: clock.now() }));
      }),
  ),
  fc.constant(
    new Step('unchanged', isRunning, (model, { job }) => {
      model.unchanged();
      job.latest.resolve(UNCHANGED);
    }),
  ),
  failure.map(
    ({ kind, retryable, retryInMs }) =>
      new Step(`fail ${kind.code} ${retryable} ${retryInMs}`, isRunning, (model, { job }) => {
        const retryAtMs = retryInMs === undefined ? undefined : model.nowMs + retryInMs;
        const expected: ModelFailure = { ...kind, retryable, retryAtMs };
        model.fail(expected);
        const advice = { retryable, ...(retryAtMs === undefined ? {} : { retryAtMs }) };
        job.latest.reject(new GatewayError(kind.code, 'Failed.', advice));
      }),
  ),
  fc.integer({ min: 0, max: 9 }).map(
    (chance) =>
      new Step(
        `stop ${chance}`,
        () => chance === 0,
        (model, { refresher, job }) => {
          model.stop();
          const stopped = refresher.stop();
          job.runs.at(-1)?.resolve(createBuiltResult({ revision: 1_000 }));
          return stopped;
        },
      ),
  ),
];

const settings: fc.Arbitrary<RefreshSettings> = fc.record({
  intervalMs: fc.constantFrom(0, MINUTE_MS, 6 * HOUR_MS),
  cooldownMs: fc.constantFrom(0, 5 * MINUTE_MS),
  jitter: fc.constantFrom(0, 0.1, 0.5),
});

const restored = fc.option(
  fc.record({ revision: fc.integer({ min: 1, max: 9 }), ageMs: fc.nat(8 * HOUR_MS) }),
);

/** Chance comes from the generator, so that a failing run can be replayed. */
const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 1,
  maxLength: 20,
});

test('does what a naive model of it does, whatever happens in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(
      settings,
      restored,
      chances,
      fc.commands(steps, { maxCommands: 60 }),
      async (settings, restored, chances, commands) => {
        const clock = createManualClock(START_MS);
        const job = createManualJob();
        const published: number[] = [];
        const budget: System['budget'] = { limit: undefined };
        const served =
          restored === null
            ? null
            : { revision: restored.revision, publishedAtMs: START_MS - restored.ageMs };
        let drawn = 0;
        const refresher = createRefresher({
          job,
          clock,
          random: () => chances[drawn++ % chances.length]!,
          events: { onStarted() {}, onFinished() {}, onDropped() {} },
          settings,
          initial: served && {
            ...served,
            generatedAtMs: null,
            certificateCount: 1,
            deviceCount: 1,
            installationCount: 1,
          },
          publish: ({ manifest }) => void published.push(manifest.revision),
          budgets: () => [],
          findBudgetLimit: () => budget.limit,
        });
        const setup = () => ({
          model: new RefresherModel(START_MS, settings, served),
          real: { refresher, clock, job, published, budget },
        });
        await fc.asyncModelRun(setup, commands);
      },
    ),
    { numRuns: 300 },
  );
});
