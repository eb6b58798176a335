/** The refresher with its thread: all that decides about data, on the main thread. */

import { Worker } from 'node:worker_threads';
import { composeRefreshEvents } from './compose-refresh-events.ts';
import type { Config } from './config/config.ts';
import type { CallBudget } from './defender/call-budget.ts';
import type { ApiEndpoint, CallLedger } from './defender/call-ledger.ts';
import type { HttpLogger } from './http/ports.ts';
import type { RefreshRunView, UpstreamBudgetView } from './refresh/refresh-status.ts';
import {
  createRefresher,
  type Refresher,
  type RefresherOptions,
  type UpstreamLimit,
} from './refresh/refresher.ts';
import { createWorkerJob, type RefreshThread } from './refresh/worker-job.ts';
import type { RefreshNotice, RefreshWorkerData } from './refresh-threads.ts';
import type { Metrics } from './telemetry/metrics.ts';
import { createUpstreamTally } from './telemetry/upstream-tally.ts';

/** Starts something that serves refresh jobs like `refresh-worker.ts`. */
export type SpawnRefreshThread = (workerData: RefreshWorkerData) => RefreshThread;

export interface RefresherParts extends Pick<RefresherOptions, 'initial' | 'publish' | 'clock' | 'random'> {
  readonly config: Config;
  /** Of the gateway, for the User-Agent. */
  readonly version: string;
  readonly log: HttpLogger;
  readonly metrics: Metrics;
  /** Starts a refresh thread; default: a thread of its own. */
  readonly spawn?: SpawnRefreshThread;
  /** What the budget counts in, for the status. */
  readonly ledger: CallLedger;
  /** Of the calls to Defender. */
  readonly budget: CallBudget;
  /** Told of every run that has ended. */
  readonly onFinished: (run: RefreshRunView) => void;
}

/** Share of the interval by which a scheduled refresh may stray, so that replicas spread. */
const SCHEDULE_JITTER = 0.1;

const WORKER_FILE = new URL('./refresh-worker.ts', import.meta.url);

/** A refresher that was not started; disposing it stops it, and ends its thread. */
export function composeRefresher(parts: RefresherParts): Refresher {
  const { config, version, initial, publish, clock, random, log, metrics, onFinished, ledger, budget } =
    parts;
  const { spawn = (workerData) => new Worker(WORKER_FILE, { workerData }) } = parts;
  const resources = new AsyncDisposableStack();
  const tally = createUpstreamTally();
  const job = resources.use(
    createWorkerJob<RefreshNotice>({
      spawn: () => spawn({ config, version }),
      budget,
      clock,
      onNotice: (notice) => {
        switch (notice.kind) {
          case 'log':
            log[notice.level]({ thread: 'refresh', ...notice.fields }, notice.message);
            break;
          case 'upstreamRequest':
            metrics.recordUpstreamRequest(notice);
            tally.countCall(notice.endpoint);
            break;
          case 'upstreamRetry':
            metrics.recordUpstreamRetry(notice);
            tally.countRetry(notice.code);
            break;
        }
      },
    }),
  );
  const refresher = resources.use(
    createRefresher({
      job,
      clock,
      random,
      settings: {
        intervalMs: config.refresh.intervalMs,
        cooldownMs: config.refresh.cooldownMs,
        jitter: SCHEDULE_JITTER,
      },
      initial,
      publish,
      events: composeRefreshEvents({ log, metrics, tally, onFinished }),
      budgets: () => [toBudgetView('EXPORT', ledger), toBudgetView('PAGED', ledger)],
      findBudgetLimit: () => findBudgetLimit(config.refresh.source === 'paged' ? 'PAGED' : 'EXPORT', ledger),
    }),
  );
  return { ...refresher, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

function toBudgetView(endpoint: ApiEndpoint, ledger: CallLedger): UpstreamBudgetView {
  return { endpoint, ...ledger.state(endpoint) };
}

function findBudgetLimit(endpoint: ApiEndpoint, ledger: CallLedger): UpstreamLimit | undefined {
  const block = ledger.findBlock(endpoint);
  if (block === undefined) return undefined;
  return { retryAtMs: block.retryAtMs, reason: block.isThrottled ? 'UPSTREAM_THROTTLED' : 'UPSTREAM_BUDGET' };
}
