/**
 * What a refresher and its model are put through: commands that act on both and compare them, and the settings under
 * which they are made. What ends a run is in the hands of whoever uses them.
 */

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { GatewayError } from '../../src/core/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/units.ts';
import {
  createRefresher,
  type Refresher,
  type RefresherOptions,
  type UpstreamLimit,
} from '../../src/refresh/refresher.ts';
import type { RefreshSettings } from '../../src/refresh/schedule.ts';
import { createManualClock, type ManualClock, settle } from './manual-clock.ts';
import { type ModelFailure, RefresherModel } from './refresher-model.ts';

const START_MS = Date.UTC(2026, 0, 1);

export interface RefresherSystem {
  readonly refresher: Refresher;
  readonly clock: ManualClock;
  readonly published: number[];
  readonly budget: { limit: UpstreamLimit | undefined };
  /** Runs that the job was given so far. */
  countRuns(): number;
}

/** A command on a system and its model; both are compared before it, and when everything that it set off has happened. */
export class Step<System extends RefresherSystem> implements fc.AsyncCommand<RefresherModel, System> {
  readonly name: string;
  readonly isPossible: (model: Readonly<RefresherModel>) => boolean;
  readonly act: (model: RefresherModel, system: System) => void | Promise<void>;

  constructor(name: string, isPossible: Step<System>['isPossible'], act: Step<System>['act']) {
    this.name = name;
    this.isPossible = isPossible;
    this.act = act;
  }

  check(model: Readonly<RefresherModel>): boolean {
    return this.isPossible(model);
  }

  async run(model: RefresherModel, system: System): Promise<void> {
    await this.#compare(model, system);
    await this.act(model, system);
    await this.#compare(model, system);
  }

  async #compare(model: RefresherModel, system: System): Promise<void> {
    await settle();
    model.check(system.refresher.status(), system.published, system.countRuns());
  }

  toString(): string {
    return this.name;
  }
}

const delayMs = fc.oneof(
  fc.integer({ min: 0, max: 2 * MINUTE_MS }),
  fc.integer({ min: 0, max: 8 * HOUR_MS }),
);

/** Failures of a run, for the refresher and for its model. */
export const failure = fc.record({
  kind: fc.constantFrom(
    { code: 'UPSTREAM_TIMEOUT', outcome: 'FAILED' } as const,
    { code: 'SNAPSHOT_SHRUNK', outcome: 'REJECTED' } as const,
  ),
  retryable: fc.boolean(),
  retryInMs: fc.option(fc.integer({ min: -HOUR_MS, max: 9 * HOUR_MS }), { nil: undefined }),
});

/** The error that a failure is. */
export function toError({ code, retryable, retryAtMs }: ModelFailure): GatewayError {
  return new GatewayError(code as 'UPSTREAM_TIMEOUT', 'Failed.', {
    retryable,
    ...(retryAtMs === undefined ? {} : { retryAtMs }),
  });
}

/** Schedule, mutate, advance, limit; nothing that ends a run. */
export const outsideSteps: fc.Arbitrary<Step<RefresherSystem>>[] = [
  fc.constant(
    new Step(
      'start',
      (model) => !model.isStopped,
      (model, { refresher }) => {
        model.start();
        refresher.start();
      },
    ),
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
];

export const settings: fc.Arbitrary<RefreshSettings> = fc.record({
  intervalMs: fc.constantFrom(0, MINUTE_MS, 6 * HOUR_MS),
  cooldownMs: fc.constantFrom(0, 5 * MINUTE_MS),
  jitter: fc.constantFrom(0, 0.1, 0.5),
});

export const restored = fc.option(
  fc.record({ revision: fc.integer({ min: 1, max: 9 }), ageMs: fc.nat(8 * HOUR_MS) }),
);

/** Chance comes from the generator, so that a failing run can be replayed. */
export const chances = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 1,
  maxLength: 20,
});

export type Restored = { readonly revision: number; readonly ageMs: number } | null;

/** A refresher and its model, both at rest. */
export function createPair(
  {
    settings: chosen,
    restored: found,
    chances: drawnFrom,
  }: { readonly settings: RefreshSettings; readonly restored: Restored; readonly chances: readonly number[] },
  {
    job,
    onPublish,
  }: { readonly job: RefresherOptions['job']; readonly onPublish: RefresherOptions['publish'] },
): { readonly model: RefresherModel } & Omit<RefresherSystem, 'countRuns'> {
  const clock = createManualClock(START_MS);
  const published: number[] = [];
  const budget: RefresherSystem['budget'] = { limit: undefined };
  const served = found === null ? null : { revision: found.revision, publishedAtMs: START_MS - found.ageMs };
  let drawn = 0;
  const refresher = createRefresher({
    job,
    clock,
    random: () => drawnFrom[drawn++ % drawnFrom.length]!,
    events: { onStarted() {}, onFinished() {}, onDropped() {} },
    settings: chosen,
    initial: served && {
      ...served,
      generatedAtMs: null,
      certificateCount: 1,
      deviceCount: 1,
      installationCount: 1,
    },
    publish: (snapshot) => {
      published.push(snapshot.manifest.revision);
      return onPublish(snapshot);
    },
    budgets: () => [],
    findBudgetLimit: () => budget.limit,
  });
  return { model: new RefresherModel(START_MS, chosen, served), refresher, clock, published, budget };
}
