import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS, SECOND_MS } from '../../../src/core/units.ts';
import type { PhaseDurations } from '../../../src/refresh/refresh-run.ts';
import { settle } from '../../support/manual-clock.ts';
import { createBuiltResult, UNCHANGED } from '../../support/refresh-fixtures.ts';
import { BUDGET, restored, START_MS, setUp, transient } from '../../support/refresher-harness.ts';

test('refreshes at once at start when nothing was restored', () => {
  const { job, refresher } = setUp();
  refresher.start();
  assert.equal(job.runs.length, 1);
  assert.equal(refresher.status().currentRun?.trigger, 'STARTUP');
});

test('refreshes at once at start when what was restored is older than the interval', () => {
  const { job, refresher } = setUp({ initial: restored(6 * HOUR_MS + 1) });
  refresher.start();
  assert.equal(job.runs.length, 1);
  assert.equal(refresher.status().currentRun?.trigger, 'STARTUP');
});

test('waits until a fresh restored snapshot comes of age', async () => {
  const { clock, job, refresher } = setUp({ initial: restored(2 * HOUR_MS) });
  refresher.start();
  assert.equal(job.runs.length, 0);
  assert.equal(refresher.status().nextRunAtMs, START_MS + 4.3 * HOUR_MS);
  await clock.advance(4.3 * HOUR_MS - 1);
  assert.equal(job.runs.length, 0);
  await clock.advance(1);
  assert.equal(refresher.status().currentRun?.trigger, 'SCHEDULE');
});

test('refreshes at start without a schedule only when nothing was restored', async () => {
  const settings = { intervalMs: 0, cooldownMs: 0, jitter: 0.1 };
  const empty = setUp({ settings });
  empty.refresher.start();
  assert.equal(empty.job.runs.length, 1);

  const old = setUp({ settings, initial: restored(1_000 * HOUR_MS) });
  old.refresher.start();
  await old.clock.advance(1_000 * HOUR_MS);
  assert.equal(old.job.runs.length, 0);
  assert.equal(old.refresher.status().nextRunAtMs, null);
});

test('has no effect when it is started twice', async () => {
  const { clock, job, refresher } = setUp({ initial: restored(0) });
  refresher.start();
  refresher.start();
  assert.equal(clock.pendingCount, 1);
  await clock.advance(7 * HOUR_MS);
  refresher.start();
  assert.equal(job.runs.length, 1);
});

test('does not repeat the first run when it is started again after that one failed for good', async () => {
  const { job, refresher } = setUp({ settings: { intervalMs: 0, cooldownMs: 0, jitter: 0 } });
  refresher.start();
  job.latest.reject(new Error('broken'));
  await settle();
  refresher.start();
  assert.equal(job.runs.length, 1);
});

test('tells the job what is served, the restored snapshot first and then the published one', async () => {
  const { clock, job, refresher } = setUp({ initial: restored(7 * HOUR_MS) });
  refresher.start();
  assert.equal(job.latest.request.previous?.revision, 7);
  job.latest.resolve(createBuiltResult({ revision: 8, generatedAtMs: 88 }));
  await clock.advance(7 * HOUR_MS);
  assert.equal(job.latest.request.previous?.revision, 8);
  assert.equal(job.latest.request.previous?.generatedAtMs, 88);
});

test('publishes in one synchronous call, and is ready for the next run in the same turn', async () => {
  const phases: string[] = [];
  const context = setUp({
    publish: (snapshot) =>
      void phases.push(`${context.refresher.status().phase} ${snapshot.manifest.revision}`),
  });
  context.refresher.start();
  context.job.latest.resolve(createBuiltResult({ revision: 1 }));
  await settle();
  assert.deepEqual(phases, ['PUBLISHING 1']);
  const status = context.refresher.status();
  assert.equal(status.phase, 'IDLE');
  assert.equal(status.currentRun, null);
  assert.equal(status.lastRun?.outcome, 'PUBLISHED');
  assert.equal(status.lastSuccessAtMs, START_MS);
  assert.equal(status.nextRunAtMs, START_MS + 6 * HOUR_MS);
  assert.deepEqual(context.events, ['started STARTUP', 'finished PUBLISHED -']);
});

test('spreads scheduled runs by the jitter in both directions', async () => {
  for (const [chance, expectedMs] of [
    [0, 5.4 * HOUR_MS],
    [0.5, 6 * HOUR_MS],
    [1, 6.6 * HOUR_MS],
  ] as const) {
    const { job, refresher } = setUp({ random: () => chance });
    refresher.start();
    job.latest.resolve(UNCHANGED);
    await settle();
    assert.equal(refresher.status().nextRunAtMs, START_MS + expectedMs);
  }
});

test('shows phase and progress of the run under way, and keeps what a report leaves out', () => {
  const { job, refresher } = setUp();
  refresher.start();
  assert.equal(refresher.status().phase, 'REQUESTING');
  const before = refresher.status();
  job.latest.request.onProgress({ phase: 'DOWNLOADING', filesTotal: 9 });
  job.latest.request.onProgress({ filesDone: 2, bytesDownloaded: 300, recordsRead: 40 });
  const status = refresher.status();
  assert.equal(status.phase, 'DOWNLOADING');
  assert.deepEqual(status.currentRun?.progress, {
    filesTotal: 9,
    filesDone: 2,
    bytesDownloaded: 300,
    recordsRead: 40,
  });
  assert.equal(before.currentRun?.progress.filesTotal, null);
  job.latest.request.onProgress({ phase: 'WAITING' });
  assert.equal(refresher.status().phase, 'WAITING');
});

test('names the budgets in its status', () => {
  assert.deepEqual(setUp().refresher.status().budgets, [BUDGET]);
});

test('takes the publication of the restored snapshot for its last success', () => {
  assert.equal(setUp({ initial: restored(HOUR_MS) }).refresher.status().lastSuccessAtMs, START_MS - HOUR_MS);
  assert.equal(setUp().refresher.status().lastSuccessAtMs, null);
});

test('publishes nothing and counts a success when Defender has nothing newer', async () => {
  const { job, published, refresher } = setUp({ initial: restored(7 * HOUR_MS) });
  refresher.start();
  job.latest.resolve(UNCHANGED);
  await settle();
  assert.deepEqual(published, []);
  assert.equal(refresher.status().lastRun?.outcome, 'UNCHANGED');
  assert.equal(refresher.status().lastSuccessAtMs, START_MS);
});

test('cancels the run under way when it is stopped, and drops its late result', async () => {
  const { job, published, events, refresher } = setUp();
  refresher.start();
  const stopped = refresher.stop();
  assert.equal(job.latest.request.signal.aborted, true);
  assert.equal(refresher.status().lastRun?.outcome, 'CANCELLED');
  assert.equal(refresher.status().phase, 'IDLE');
  job.latest.request.onProgress({ recordsRead: 5 });
  job.latest.resolve(createBuiltResult());
  await stopped;
  assert.deepEqual(published, []);
  assert.equal(refresher.status().lastFailure, null);
  assert.deepEqual(events, [
    'started STARTUP',
    'finished CANCELLED REFRESH_CANCELLED',
    `dropped ${job.latest.request.runId}`,
  ]);
});

test('resolves a stop only when the job has let go', async () => {
  const { job, refresher } = setUp();
  refresher.start();
  let hasStopped = false;
  const stopped = refresher.stop().then(() => {
    hasStopped = true;
  });
  await settle();
  assert.equal(hasStopped, false);
  job.latest.reject(new Error('aborted'));
  await stopped;
  assert.equal(refresher.status().lastFailure, null);
});

test('starts nothing after a stop, neither by time nor by request', async () => {
  const { clock, job, refresher } = setUp({ initial: restored(0) });
  refresher.start();
  await refresher.stop();
  await refresher.stop();
  assert.equal(clock.pendingCount, 0);
  await clock.advance(24 * HOUR_MS);
  assert.equal(job.runs.length, 0);
  assert.throws(() => refresher.requestRefresh(), { code: 'REFRESH_CANCELLED' });
  assert.throws(() => refresher.start(), { code: 'INVARIANT_VIOLATED' });
  assert.equal(refresher.status().nextRunAtMs, null);
});

test('stops when it is disposed', async () => {
  const context = setUp({ initial: restored(0) });
  {
    await using refresher = context.refresher;
    refresher.start();
  }
  assert.equal(context.clock.pendingCount, 0);
});

test('gives every run its own id, even within one millisecond', async () => {
  const { job, refresher } = setUp({ settings: { intervalMs: 0, cooldownMs: 0, jitter: 0 } });
  refresher.start();
  job.latest.resolve(UNCHANGED);
  await settle();
  refresher.requestRefresh();
  const [first, second] = job.runs;
  assert.notEqual(first?.request.runId, second?.request.runId);
});

test('refuses settings out of range at construction', () => {
  const settings = { intervalMs: 1, cooldownMs: 1, jitter: 0 };
  assert.throws(() => setUp({ settings: { ...settings, intervalMs: -1 } }), {
    message: 'intervalMs must be 0 or more, but got: -1.',
  });
  assert.throws(() => setUp({ settings: { ...settings, cooldownMs: -1 } }), {
    message: 'cooldownMs must be 0 or more, but got: -1.',
  });
  assert.throws(() => setUp({ settings: { ...settings, jitter: 0.6 } }), {
    message: 'jitter must be from 0 to 0.5, but got: 0.6.',
  });
});

test('has published when all that serve have swapped, and serves the new one meanwhile', async () => {
  const everywhere = Promise.withResolvers<void>();
  const { job, events, refresher } = setUp({ publish: () => everywhere.promise });
  refresher.start();
  job.latest.resolve(createBuiltResult({ revision: 1 }));
  await settle();
  assert.equal(refresher.status().phase, 'PUBLISHING');
  assert.deepEqual(refresher.requestRefresh(), { kind: 'alreadyRunning' });
  everywhere.resolve();
  await settle();
  assert.equal(refresher.status().phase, 'IDLE');
  assert.deepEqual(events, ['started STARTUP', 'finished PUBLISHED -']);
});

test('a stop while others swap cancels the run, and waits for them', async () => {
  const everywhere = Promise.withResolvers<void>();
  const { job, events, refresher } = setUp({ publish: () => everywhere.promise });
  refresher.start();
  job.latest.resolve(createBuiltResult({ revision: 1 }));
  await settle();
  let isStopped = false;
  const stopped = refresher.stop().then(() => {
    isStopped = true;
  });
  await settle();
  assert.equal(isStopped, false);
  everywhere.resolve();
  await stopped;
  assert.deepEqual(events, ['started STARTUP', 'finished CANCELLED REFRESH_CANCELLED']);
});

test('tells how long each phase took, the waits in all', async () => {
  const durations: PhaseDurations[] = [];
  const { clock, job, refresher } = setUp({
    events: {
      onStarted() {},
      onDropped() {},
      onFinished: (_run, { phaseDurationsMs }) => void durations.push(phaseDurationsMs),
    },
  });
  refresher.start();
  for (const phase of ['WAITING', 'REQUESTING', 'WAITING', 'DOWNLOADING'] as const) {
    await clock.advance(SECOND_MS);
    job.latest.request.onProgress({ phase });
    await clock.advance(SECOND_MS);
    job.latest.request.onProgress({ phase, recordsRead: 1 });
  }
  job.latest.reject(transient());
  await settle();
  // A phase lasts until the next one is told, and the last one until the end.
  assert.deepEqual(durations, [{ REQUESTING: 3_000, WAITING: 4_000, DOWNLOADING: 1_000 }]);
});
