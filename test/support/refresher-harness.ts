/** A refresher under test: its clock, its job and its limits in the hands of the test. */

import { GatewayError } from '../../src/core/errors.ts';
import { HOUR_MS, MINUTE_MS } from '../../src/core/units.ts';
import type { ServedSnapshot } from '../../src/refresh/refresh-job.ts';
import type { UpstreamBudgetView } from '../../src/refresh/refresh-status.ts';
import { createRefresher, type RefresherOptions, type UpstreamLimit } from '../../src/refresh/refresher.ts';
import { createManualClock } from './manual-clock.ts';
import { createManualJob } from './refresh-fixtures.ts';

export const START_MS = Date.UTC(2026, 0, 1);
export const BUDGET: UpstreamBudgetView = {
  endpoint: 'EXPORT',
  limitPerMinute: 5,
  remainingThisMinute: 5,
  limitPerHour: 20,
  remainingThisHour: 20,
  resetsAtMs: null,
};

/** A snapshot of revision 7 that was published so long ago. */
export function restored(ageMs: number): ServedSnapshot {
  return {
    revision: 7,
    publishedAtMs: START_MS - ageMs,
    generatedAtMs: START_MS - ageMs - 1,
    certificateCount: 1,
    deviceCount: 1,
    installationCount: 1,
  };
}

/** A refresher over a manual clock and a manual job, with everything that it does noted. Chance is the middle. */
export function setUp(overrides: Partial<RefresherOptions> = {}) {
  const clock = createManualClock(START_MS);
  const job = createManualJob();
  const published: number[] = [];
  const events: string[] = [];
  const limits: { budget: UpstreamLimit | undefined } = { budget: undefined };
  const refresher = createRefresher({
    job,
    clock,
    random: () => 0.5,
    events: {
      onStarted: (run) => events.push(`started ${run.trigger}`),
      onFinished: (run, { error }) => events.push(`finished ${run.outcome} ${error?.code ?? '-'}`),
      onDropped: (runId) => events.push(`dropped ${runId}`),
    },
    settings: { intervalMs: 6 * HOUR_MS, cooldownMs: 5 * MINUTE_MS, jitter: 0.1 },
    initial: null,
    publish: (snapshot) => void published.push(snapshot.manifest.revision),
    budgets: () => [BUDGET],
    findBudgetLimit: () => limits.budget,
    ...overrides,
  });
  return { clock, job, published, events, limits, refresher };
}

/** A failure that may pass by itself. */
export function transient(): GatewayError {
  return new GatewayError('UPSTREAM_UNAVAILABLE', 'Defender is away.', { retryable: true });
}
