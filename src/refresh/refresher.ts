/**
 * Decides when the inventory is read again, and swaps the served snapshot when a new one is ready.
 *
 * One run at a time. Whatever happens to a run, what is served stays until a validated newer snapshot is
 * published, and that is one synchronous call: no reader ever sees half of it. Nothing here blocks or waits
 * for a run, but `stop`. It reads nothing, builds nothing and stores nothing: that is the job's.
 *
 *            start, timer, requestRefresh            settled: publish, or note the failure
 *   IDLE ───────────────────────────────> RUNNING ────────────────────────────────────────> IDLE (next planned)
 *     └──────────────── stop ────────────────┴───────────> STOPPED (a late result is dropped)
 */

import type { Clock } from '../core/clock.ts';
import { type GatewayError, invariant } from '../core/errors.ts';
import type { EncodedSnapshot } from '../snapshot/format.ts';
import { createCancelledError, isRejection, toGatewayError, toRefreshFailure } from './failure.ts';
import { type RefreshJob, type RefreshResult, type ServedSnapshot, toServedSnapshot } from './refresh-job.ts';
import {
  type ActiveRun,
  applyProgress,
  createActiveRun,
  endPhase,
  type PhaseDurations,
  toFinishedRunView,
  toRunView,
} from './refresh-run.ts';
import type {
  RefreshFailure,
  RefreshLimit,
  RefreshOutcome,
  RefreshRequestOutcome,
  RefreshRunView,
  RefreshStatusView,
  RefreshTrigger,
  UpstreamBudgetView,
} from './refresh-status.ts';
import {
  type PlannedRun,
  planAfterFailure,
  planFirstRun,
  planNextRun,
  type Random,
  type RefreshSettings,
} from './schedule.ts';

/** Told what happens, for logs and metrics. Called synchronously; must neither throw nor call the refresher. */
export interface RefreshEvents {
  onStarted(run: RefreshRunView): void;
  onFinished(run: RefreshRunView, ending: RunEnding): void;
  /** A result came that may not be applied: after a stop, or not newer than what is served. */
  onDropped(runId: string, result: RefreshResult): void;
}

/** What the view of a run leaves out. */
export interface RunEnding {
  readonly result: RefreshResult | null;
  /** What the failure of the run stands for, with its cause; `null` without one. */
  readonly error: GatewayError | null;
  readonly phaseDurationsMs: PhaseDurations;
}

/** A call budget that leaves no room for a refresh now. */
export interface UpstreamLimit {
  readonly retryAtMs: number;
  readonly reason: Exclude<RefreshLimit, 'COOLDOWN'>;
}

export interface RefresherOptions {
  readonly job: RefreshJob;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: RefreshEvents;
  readonly settings: RefreshSettings;
  /** The restored snapshot, which is being served; `null` when there is none. */
  readonly initial: ServedSnapshot | null;
  /**
   * Swaps the served snapshot. When it throws, the old one must still be served, and the run has failed. Must not
   * call the refresher. What it returns resolves when every other thread that serves has swapped too, and never
   * rejects: the run has then published.
   */
  readonly publish: (snapshot: EncodedSnapshot) => void | Promise<void>;
  readonly budgets: () => readonly UpstreamBudgetView[];
  /** The budget that forbids a refresh now, if one does; asked only before a refresh by mutation. */
  readonly findBudgetLimit: () => UpstreamLimit | undefined;
}

export interface Refresher extends AsyncDisposable {
  /** Begins the schedule: runs at once when nothing was restored or it is too old. Again: no effect. */
  start(): void;
  /**
   * Starts a refresh unless one is under way or a limit forbids it; does not wait for it.
   *
   * @throws {GatewayError} `REFRESH_CANCELLED` once stopped
   */
  requestRefresh(): RefreshRequestOutcome;
  /**
   * Starts the scheduled run now, whatever the limits, for what waits in the store and costs no call upstream. No effect
   * while a run is under way, nor once stopped.
   *
   * @returns whether it has started one
   */
  runNow(): boolean;
  status(): RefreshStatusView;
  /** Cancels the run under way and the schedule, for good; resolves when the job has let go. */
  stop(): Promise<void>;
}

type Lifecycle =
  | { readonly phase: 'IDLE'; readonly plan: PlannedRun | null; readonly timer: AbortController }
  | { readonly phase: 'RUNNING'; readonly run: ActiveRun }
  | { readonly phase: 'STOPPED' };

export function createRefresher(options: RefresherOptions): Refresher {
  const { job, clock, random, events, settings, publish, budgets, findBudgetLimit } = options;
  requireSettings(settings);
  let lifecycle: Lifecycle = { phase: 'IDLE', plan: null, timer: new AbortController() };
  let hasStarted = false;
  let served = options.initial === null ? null : toServedSnapshot(options.initial);
  let lastRun: RefreshRunView | null = null;
  let lastSuccessAtMs = served?.publishedAtMs ?? null;
  let lastFailure: RefreshFailure | null = null;
  let lastMutationAtMs: number | null = null;
  let failureCount = 0;
  let runCount = 0;
  let jobSettled: Promise<void> = Promise.resolve();

  const refresher: Refresher = {
    start() {
      invariant(lifecycle.phase !== 'STOPPED', 'A refresher that was stopped must not be started again.');
      if (hasStarted) return;
      hasStarted = true;
      if (lifecycle.phase === 'RUNNING' || lifecycle.plan !== null) return;
      const plan = planFirstRun(served?.publishedAtMs ?? null, clock.now(), settings, random);
      if (plan?.trigger === 'STARTUP') launch(plan.trigger);
      else follow(plan);
    },

    requestRefresh() {
      switch (lifecycle.phase) {
        case 'STOPPED':
          throw createCancelledError();
        case 'RUNNING':
          return { kind: 'alreadyRunning' };
        case 'IDLE': {
          const nowMs = clock.now();
          const limit = findLatestLimit(nowMs, [findCooldown(), findBudgetLimit()]);
          if (limit !== undefined) return { kind: 'rateLimited', ...limit };
          lastMutationAtMs = nowMs;
          launch('MUTATION');
          return { kind: 'started' };
        }
      }
    },

    runNow() {
      if (lifecycle.phase !== 'IDLE') return false;
      launch('SCHEDULE');
      return true;
    },

    status() {
      const running = lifecycle.phase === 'RUNNING' ? lifecycle.run : null;
      return {
        phase: running?.phase ?? 'IDLE',
        currentRun: running === null ? null : toRunView(running),
        lastRun,
        lastSuccessAtMs,
        lastFailure,
        nextRunAtMs: lifecycle.phase === 'IDLE' ? (lifecycle.plan?.atMs ?? null) : null,
        budgets: budgets(),
      };
    },

    async stop() {
      const before = lifecycle;
      switch (before.phase) {
        case 'IDLE':
          lifecycle = { phase: 'STOPPED' };
          before.timer.abort();
          break;
        case 'RUNNING':
          lifecycle = { phase: 'STOPPED' };
          record(before.run, 'CANCELLED', null, createCancelledError());
          before.run.abort.abort(createCancelledError());
          break;
        case 'STOPPED':
          break;
      }
      await jobSettled;
    },

    [Symbol.asyncDispose]: () => refresher.stop(),
  };
  return refresher;

  /** Goes idle until the planned run. */
  function follow(plan: PlannedRun | null): void {
    const timer = new AbortController();
    lifecycle = { phase: 'IDLE', plan, timer };
    if (plan === null) return;
    clock.sleep(plan.atMs - clock.now(), timer.signal).then(
      () => {
        // A wait that ended in the same turn as it was given up must not start anything.
        if (lifecycle.phase === 'IDLE' && lifecycle.timer === timer) launch(plan.trigger);
      },
      () => {},
    );
  }

  function launch(trigger: RefreshTrigger): void {
    invariant(lifecycle.phase === 'IDLE', 'A run must not start beside another.');
    const { timer } = lifecycle;
    runCount += 1;
    const run = createActiveRun(trigger, clock.now(), runCount);
    lifecycle = { phase: 'RUNNING', run };
    timer.abort();
    events.onStarted(toRunView(run));
    jobSettled = execute(run);
  }

  /** Never rejects. */
  async function execute(run: ActiveRun): Promise<void> {
    try {
      const result = await job.run({
        runId: run.runId,
        previous: served,
        signal: run.abort.signal,
        onProgress: (progress) => applyProgress(run, progress, clock.now()),
      });
      if (!isCurrent(run)) events.onDropped(run.runId, result);
      else await apply(run, result);
    } catch (error) {
      if (isCurrent(run)) fail(run, toGatewayError(error));
    }
  }

  function isCurrent(run: ActiveRun): boolean {
    return lifecycle.phase === 'RUNNING' && lifecycle.run === run;
  }

  /** Without other threads to wait for, all of it is done when it returns. */
  async function apply(run: ActiveRun, result: RefreshResult): Promise<void> {
    if (result.outcome === 'UNCHANGED') {
      succeed(run, 'UNCHANGED', result, null);
    } else if (served !== null && result.snapshot.manifest.revision <= served.revision) {
      events.onDropped(run.runId, result);
      succeed(run, 'UNCHANGED', result, null);
    } else {
      applyProgress(run, { phase: 'PUBLISHING' }, clock.now());
      const everywhere = publish(result.snapshot);
      served = toServedSnapshot(result.snapshot.manifest);
      if (everywhere !== undefined) await everywhere;
      if (isCurrent(run)) succeed(run, 'PUBLISHED', result, result.storeFailure);
    }
  }

  function succeed(
    run: ActiveRun,
    outcome: 'PUBLISHED' | 'UNCHANGED',
    result: RefreshResult,
    storeFailure: GatewayError | null,
  ): void {
    failureCount = 0;
    lastFailure = null;
    lastSuccessAtMs = clock.now();
    follow(planNextRun(lastSuccessAtMs, settings, random));
    record(run, outcome, result, storeFailure);
  }

  function fail(run: ActiveRun, error: GatewayError): void {
    const nowMs = clock.now();
    failureCount += 1;
    lastFailure = toRefreshFailure(error, nowMs);
    follow(planAfterFailure(error, failureCount, nowMs, settings, random));
    record(run, isRejection(error) ? 'REJECTED' : 'FAILED', null, error);
  }

  function record(
    run: ActiveRun,
    outcome: RefreshOutcome,
    result: RefreshResult | null,
    error: GatewayError | null,
  ): void {
    const nowMs = clock.now();
    const failure = error === null ? null : toRefreshFailure(error, nowMs);
    endPhase(run, nowMs);
    lastRun = toFinishedRunView(run, nowMs, outcome, failure);
    events.onFinished(lastRun, { result, error, phaseDurationsMs: run.phaseDurationsMs });
  }

  function findCooldown(): { readonly retryAtMs: number; readonly reason: RefreshLimit } | undefined {
    if (lastMutationAtMs === null) return undefined;
    return { retryAtMs: lastMutationAtMs + settings.cooldownMs, reason: 'COOLDOWN' };
  }
}

/** The one that holds longest among those that still hold: whoever comes back then is not refused again. */
function findLatestLimit<Limit extends { readonly retryAtMs: number }>(
  nowMs: number,
  limits: readonly (Limit | undefined)[],
): Limit | undefined {
  return limits
    .filter((limit) => limit !== undefined)
    .filter(({ retryAtMs }) => retryAtMs > nowMs)
    .toSorted((a, b) => b.retryAtMs - a.retryAtMs)[0];
}

function requireSettings({ intervalMs, cooldownMs, jitter }: RefreshSettings): void {
  invariant(intervalMs >= 0, `intervalMs must be 0 or more, but got: ${intervalMs}.`);
  invariant(cooldownMs >= 0, `cooldownMs must be 0 or more, but got: ${cooldownMs}.`);
  invariant(jitter >= 0 && jitter <= 0.5, `jitter must be from 0 to 0.5, but got: ${jitter}.`);
}
