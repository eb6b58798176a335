/** What the status of a refresh says while the upstream client waits, from the sign-in to the last file. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDefender } from '../../src/defender/defender.ts';
import { createRefresher, type Refresher } from '../../src/refresh/refresher.ts';
import { runRefresh } from '../../src/refresh/run-refresh.ts';
import { DEFAULT_VALIDATION_LIMITS } from '../../src/refresh/validation.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { SnapshotBuilder } from '../../src/snapshot/builder.ts';
import { createTestBudget } from '../support/call-records.ts';
import { toDefenderSettings } from '../support/defender-settings.ts';
import { createMemoryStore } from '../support/entra-fixture.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';
import { createEmptyStore } from '../support/refresh-fixtures.ts';

/** One refresh; the phases of the status as they followed each other, and how it ended. */
async function refreshOnce(simulator: Simulator) {
  const { AZURE_TENANT_ID = '' } = simulator.environment;
  const clock = createManualClock(Date.now(), { autoAdvance: true });
  await using defender = createDefender<SnapshotBuilder>(
    toDefenderSettings(simulator, { mode: 'export', pageSize: 1_000 }),
    {
      budget: createTestBudget(clock),
      tokenCache: createMemoryStore(),
      clock,
      random: () => 0.5,
      log: createRecordingLogger(),
      prompt: () => {},
      onRequest: () => {},
    },
  );
  const phases: string[] = [];
  const finished = Promise.withResolvers<void>();
  const refresher: Refresher = createRefresher({
    job: {
      run: ({ onProgress, signal, previous }) =>
        runRefresh({
          source: defender.source,
          createBuilder: () => new SnapshotBuilder(),
          store: createEmptyStore(),
          clock,
          previous,
          nextRevision: 1,
          tenantId: AZURE_TENANT_ID,
          apiUrl: simulator.url,
          limits: DEFAULT_VALIDATION_LIMITS,
          gatewayVersion: '1.2.3',
          signal,
          onProgress: (progress) => {
            onProgress(progress);
            const { phase } = refresher.status();
            if (phase !== phases.at(-1)) phases.push(phase);
          },
        }),
    },
    clock: createManualClock(),
    random: () => 0.5,
    events: { onStarted: () => {}, onFinished: () => finished.resolve(), onDropped: () => {} },
    settings: { intervalMs: 0, cooldownMs: 0, jitter: 0 },
    initial: null,
    publish: () => {},
    budgets: () => [],
    findBudgetLimit: () => undefined,
  });
  refresher.start();
  await finished.promise;
  const { lastRun } = refresher.status();
  await refresher.stop();
  return { phases, outcome: lastRun?.outcome, failure: lastRun?.failure };
}

const QUIET = ['REQUESTING', 'DOWNLOADING', 'BUILDING', 'VALIDATING', 'PUBLISHING'];

test('a refresh that meets no obstacle never waits', async () => {
  await using simulator = await createSimulator({ devices: 3, recordsPerFile: 100_000 });
  assert.deepEqual(await refreshOnce(simulator), { phases: QUIET, outcome: 'PUBLISHED', failure: null });
});

test('the status of a refresh is WAITING in every wait, and what it was before afterwards', async () => {
  const wait503 = { kind: 'reply', status: 503 } as const;
  for (const [endpoint, fault, interrupted] of [
    ['token', wait503, 'REQUESTING'],
    ['export', wait503, 'REQUESTING'],
    ['blob', wait503, 'DOWNLOADING'],
    ['blob', { kind: 'copyPending' }, 'DOWNLOADING'],
  ] as const) {
    await using simulator = await createSimulator({ devices: 3, recordsPerFile: 100_000 });
    simulator.fail({ endpoint, fault });
    const expected = QUIET.flatMap((phase) => (phase === interrupted ? [phase, 'WAITING', phase] : phase));
    assert.deepEqual(
      await refreshOnce(simulator),
      { phases: expected, outcome: 'PUBLISHED', failure: null },
      `${endpoint} ${fault.kind}`,
    );
  }
});
