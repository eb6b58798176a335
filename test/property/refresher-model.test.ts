/** The refresher against a naive model of it: alone, and while its runs end and its threads take over whenever they like. */

import { test } from 'node:test';
import fc from 'fast-check';
import type { RefreshJobProgress, RefreshResult } from '../../src/refresh/refresh-job.ts';
import {
  createBuiltResult,
  createManualJob,
  type ManualJob,
  UNCHANGED,
} from '../support/refresh-fixtures.ts';
import type { ModelFailure, RefresherModel } from '../support/refresher-model.ts';
import {
  chances,
  createPair,
  failure,
  outsideSteps,
  type RefresherSystem,
  restored,
  Step,
  settings,
  toError,
} from '../support/refresher-steps.ts';

interface System extends RefresherSystem {
  readonly job: ManualJob;
}

const isRunning = (model: Readonly<RefresherModel>) => model.run !== null;

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

/** What a job does, in the hands of the test. */
const insideSteps: fc.Arbitrary<Step<System>>[] = [
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
    (drawn) =>
      new Step(`fail ${fc.stringify(drawn)}`, isRunning, (model, { job }) => {
        const expected = toModelFailure(model, drawn);
        model.fail(expected);
        job.latest.reject(toError(expected));
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

test('does what a naive model of it does, whatever happens in whatever order', async () => {
  await fc.assert(
    fc.asyncProperty(
      settings,
      restored,
      chances,
      fc.commands([...outsideSteps, ...insideSteps], { maxCommands: 60 }),
      async (settings, restored, chances, commands) => {
        const job = createManualJob();
        const setup = () => {
          const { model, ...system } = createPair(
            { settings, restored, chances },
            { job, onPublish: () => undefined },
          );
          return { model, real: { ...system, job, countRuns: () => job.runs.length } };
        };
        await fc.asyncModelRun(setup, commands);
      },
    ),
    { numRuns: 300 },
  );
});

/** How a run ends by itself. */
const ending = fc.oneof(
  fc.record({ kind: fc.constant('built' as const), advance: fc.integer({ min: -1, max: 2 }) }),
  fc.record({ kind: fc.constant('unchanged' as const) }),
  fc.record({ kind: fc.constant('failed' as const), failure }),
);

const stop = fc.integer({ min: 0, max: 2 }).map(
  (chance) =>
    new Step<RefresherSystem>(
      `stop ${chance}`,
      () => chance === 0,
      (model, { refresher }) => {
        model.stop();
        // Resolves when the job has let go, which is the scheduler's to decide.
        refresher.stop().catch(() => {});
      },
    ),
);

test('does so too when runs end, and other threads take a snapshot over, at any point between the commands', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      settings,
      restored,
      chances,
      fc.array(ending, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      fc.commands([...outsideSteps, stop], { maxCommands: 40 }),
      async (scheduler, settings, restored, chances, endings, hasThreads, commands) => {
        let runCount = 0;
        const pair = createPair(
          { settings, restored, chances },
          {
            job: {
              run: async () => {
                const { kind, ...how } = endings[runCount++ % endings.length]!;
                await scheduler.schedule(Promise.resolve(), `run ends: ${kind}`);
                return end(pair.model, kind, how);
              },
            },
            // A thread that serves acknowledges later, and the run ends with that.
            onPublish: hasThreads
              ? async () => {
                  await scheduler.schedule(Promise.resolve(), 'every thread has taken over');
                  if (!pair.model.isStopped) pair.model.takenOver();
                }
              : () => {
                  if (!pair.model.isStopped) pair.model.takenOver();
                },
          },
        );
        const { model, ...system } = pair;
        await fc.scheduledModelRun(
          scheduler,
          () => ({ model, real: { ...system, countRuns: () => runCount } }),
          commands,
        );
        // Whatever is still under way ends, and nothing else begins by itself.
        await scheduler.waitIdle();
        model.check(system.refresher.status(), system.published, runCount);
        await Promise.all([system.refresher.stop(), scheduler.waitIdle()]);
      },
    ),
    { numRuns: 600 },
  );

  function end(
    model: RefresherModel,
    kind: 'built' | 'unchanged' | 'failed',
    how: { readonly advance?: number; readonly failure?: Parameters<typeof toModelFailure>[1] },
  ): RefreshResult {
    const isLate = model.isStopped;
    switch (kind) {
      case 'built': {
        const revision = Math.max(1, model.servedRevision + (how.advance ?? 0));
        if (!isLate) model.publishing(revision);
        return createBuiltResult({ revision, publishedAtMs: model.nowMs });
      }
      case 'unchanged':
        if (!isLate) model.unchanged();
        return UNCHANGED;
      case 'failed': {
        const expected = toModelFailure(model, how.failure!);
        if (!isLate) model.fail(expected);
        throw toError(expected);
      }
    }
  }
});

function toModelFailure(
  model: RefresherModel,
  {
    kind,
    retryable,
    retryInMs,
  }: {
    readonly kind: Pick<ModelFailure, 'code' | 'outcome'>;
    readonly retryable: boolean;
    readonly retryInMs: number | undefined;
  },
): ModelFailure {
  return { ...kind, retryable, retryAtMs: retryInMs === undefined ? undefined : model.nowMs + retryInMs };
}
