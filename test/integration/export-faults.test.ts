/**
 * Export files of a simulated tenant under faults, by a clock that moves only while the upstream client waits: what was read is
 * all there is, or the refresh fails with a code, at the price of a known number of calls.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/core/units.ts';
import { createDefender } from '../../src/defender/defender.ts';
import type { SourceMode } from '../../src/defender/defender-source.ts';
import { type RunRefreshOptions, runRefresh } from '../../src/refresh/run-refresh.ts';
import { DEFAULT_VALIDATION_LIMITS } from '../../src/refresh/validation.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { Fault, FaultCall } from '../../src/simulator/tenant/faults.ts';
import { SnapshotBuilder } from '../../src/snapshot/builder.ts';
import { createTestBudget } from '../support/call-records.ts';
import { toDefenderSettings } from '../support/defender-settings.ts';
import { createMemoryStore } from '../support/entra-fixture.ts';
import { createManualClock, settle } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';
import { createEmptyStore } from '../support/refresh-fixtures.ts';

const SIZE = { devices: 6, recordsPerDevice: 20, recordsPerFile: 20, quirks: 'none' } as const;

/** One refresh; the clock of the gateway moves by itself whenever there is nothing to do but wait. */
async function refreshOnce(
  simulator: Simulator,
  options: { mode?: SourceMode; deadlineMs?: number; spentCalls?: number } = {},
) {
  const { mode = 'export', deadlineMs = HOUR_MS, spentCalls = 0 } = options;
  const { AZURE_TENANT_ID = '' } = simulator.environment;
  const clock = createManualClock(simulator.now());
  const log = createRecordingLogger();
  const budget = createTestBudget(clock);
  for (let call = 0; call < spentCalls; call += 1)
    await budget.acquire('EXPORT', new AbortController().signal);
  let lastFault: string | undefined;
  await using defender = createDefender<SnapshotBuilder>(
    toDefenderSettings(simulator, { mode, pageSize: 50 }),
    {
      budget,
      tokenCache: createMemoryStore(),
      clock,
      random: () => 0.5,
      log,
      prompt: () => {},
      onRequest: () => {},
      onRetry: ({ code }) => {
        lastFault = code;
      },
    },
  );
  const job: RunRefreshOptions<SnapshotBuilder> = {
    source: defender.source,
    createBuilder: () => new SnapshotBuilder(),
    store: createEmptyStore(),
    clock,
    previous: null,
    nextRevision: 1,
    tenantId: AZURE_TENANT_ID,
    apiUrl: simulator.url,
    limits: DEFAULT_VALIDATION_LIMITS,
    gatewayVersion: '0',
    deadlineMs,
    findLastFault: () => lastFault,
    signal: new AbortController().signal,
    onProgress: () => {},
  };
  const startMs = clock.now();
  let isDone = false;
  const running = runRefresh(job)
    .then(
      (result) => ({ result, error: undefined }),
      (error: Error & { code?: string }) => ({ result: undefined, error }),
    )
    .finally(() => {
      isDone = true;
    });
  // The deadline is one sleeper; a second one is what the upstream client waits for.
  while (!isDone) {
    if (clock.pendingCount > 1) await clock.advance(SECOND_MS);
    else await settle();
  }
  const { result, error } = await running;
  const manifest = result?.outcome === 'BUILT' ? result.snapshot.manifest : undefined;
  return {
    error,
    recordsRead: manifest?.quality.recordsRead,
    generatedAtMs: manifest?.generatedAtMs,
    waitedMs: clock.now() - startMs,
    log,
    calls: countCalls(simulator),
  };
}

/** How often each endpoint answered with each status. */
function countCalls(simulator: Simulator): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { endpoint, status } of simulator.calls) {
    const key = `${endpoint} ${status}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return counts;
}

const countRecords = (simulator: Simulator) => [...simulator.records()].length;
const toContainer = ({ url }: FaultCall) => url.pathname.split('/')[1];

/** Lets time pass for the tenant once so many files were asked for. */
function passTime(simulator: Simulator, durationMs: number, afterFiles: number): void {
  simulator.fail({
    endpoint: 'blob',
    after: afterFiles - 1,
    fault: {
      kind: 'change',
      change: (reply) => {
        simulator.advance(durationMs);
        return reply;
      },
    },
  });
}

describe('addresses that expire in the middle of the list', () => {
  it('are renewed once, and what was read stays', async () => {
    await using simulator = await createSimulator(SIZE);
    const { files } = await simulator.prepare();
    passTime(simulator, 4 * HOUR_MS, 2);
    const { error, recordsRead, calls, log } = await refreshOnce(simulator);
    assert.deepEqual([error, recordsRead], [undefined, countRecords(simulator)]);
    assert.deepEqual(
      [calls['export 200'], calls['blob 200'], calls['blob 403'], calls['blob 206']],
      [2, files, 1, undefined],
    );
    assert.ok(log.messages.includes('export files have new addresses, what was read stays'));
    assert.doesNotMatch(JSON.stringify(log.lines), /sig=(?!\[)/);
  });

  it('lead to the new export when there is one', async () => {
    await using simulator = await createSimulator(SIZE);
    passTime(simulator, 7 * HOUR_MS, 2);
    const { error, recordsRead, generatedAtMs, calls } = await refreshOnce(simulator);
    assert.deepEqual([error, recordsRead], [undefined, countRecords(simulator)]);
    assert.equal(simulator.generation(), 1);
    assert.ok(
      generatedAtMs !== undefined && generatedAtMs !== null && generatedAtMs > simulator.now() - 6 * HOUR_MS,
    );
    assert.equal(calls['export 200'], 2);
  });

  it('fail the refresh when the budget allows no further listing', async () => {
    await using simulator = await createSimulator(SIZE);
    passTime(simulator, 4 * HOUR_MS, 2);
    const { error, calls } = await refreshOnce(simulator, { spentCalls: 4 });
    assert.deepEqual([error?.code, calls['export 200']], ['UPSTREAM_FILE_FORBIDDEN', 1]);
  });

  it('fail the refresh when they expire again, for a second listing is the last', async () => {
    await using simulator = await createSimulator({ ...SIZE, exportIntervalMs: 240 * HOUR_MS });
    passTime(simulator, 4 * HOUR_MS, 2);
    passTime(simulator, 4 * HOUR_MS, 4);
    const { error, calls } = await refreshOnce(simulator);
    assert.deepEqual([error?.code, calls['export 200']], ['UPSTREAM_FILE_FORBIDDEN', 2]);
    assert.match(error?.message ?? '', /Key expiry \[.*EXPORT_SAS_VALID_HOURS/);
  });
});

it('a container that is cleaned up is listed anew, and what was read stays', async () => {
  await using simulator = await createSimulator(SIZE);
  const { files } = await simulator.prepare();
  let first: string | undefined;
  simulator.fail({
    endpoint: 'blob',
    after: 2,
    times: Number.POSITIVE_INFINITY,
    when: (call) => {
      first ??= toContainer(call);
      return toContainer(call) === first;
    },
    fault: { kind: 'reply', status: 404, body: '<Error><Code>ContainerNotFound</Code></Error>' },
  });
  const { error, recordsRead, calls } = await refreshOnce(simulator);
  assert.deepEqual([error, recordsRead], [undefined, countRecords(simulator)]);
  assert.deepEqual([calls['export 200'], calls['blob 200'], calls['blob 404']], [2, files, 1]);
});

it('an address that is not valid yet by the clock of the store is waited for, without another listing', async () => {
  await using simulator = await createSimulator(SIZE);
  const detail =
    'Signature not valid in the specified key time frame: Key start [Mon, 23 Nov 2026 12:01:30 GMT] - Key expiry [Mon, 23 Nov 2026 13:00:00 GMT] - Current [Mon, 23 Nov 2026 12:00:00 GMT]';
  const body = `<Error><Code>AuthenticationFailed</Code><AuthenticationErrorDetail>${detail}</AuthenticationErrorDetail></Error>`;
  simulator.fail({ endpoint: 'blob', after: 1, fault: { kind: 'reply', status: 403, body } });
  const { error, recordsRead, calls, waitedMs } = await refreshOnce(simulator);
  assert.deepEqual([error, recordsRead], [undefined, countRecords(simulator)]);
  assert.deepEqual([calls['export 200'], calls['blob 403'], waitedMs], [1, 1, 90_000]);
});

describe('a file that is never copied to its place', () => {
  it('is waited for until the deadline, with the other files', async () => {
    await using simulator = await createSimulator({ ...SIZE, recordsPerFile: 100_000 });
    simulator.fail({ endpoint: 'blob', times: Number.POSITIVE_INFINITY, fault: { kind: 'copyPending' } });
    const { error, waitedMs, calls } = await refreshOnce(simulator, { deadlineMs: 10 * MINUTE_MS });
    assert.deepEqual([error?.code, waitedMs], ['REFRESH_TIMED_OUT', 10 * MINUTE_MS]);
    assert.match(
      error?.message ?? '',
      /: 0 of \d+ files were read; what last made it wait was UPSTREAM_FILE_NOT_READY,/,
    );
    // At 0, 1, 3, 7, 15 s, then every ten seconds.
    assert.deepEqual([calls['export 200'], calls['blob 200']], [1, 5 + 58]);
  });
});

it('the deadline ends a wait between two pages', async () => {
  await using simulator = await createSimulator(SIZE);
  const throttled = { status: 429, headers: { 'retry-after': '300' } };
  simulator.fail({ endpoint: 'paged', after: 1, fault: { kind: 'reply', ...throttled } });
  const { error, waitedMs } = await refreshOnce(simulator, { mode: 'paged', deadlineMs: MINUTE_MS });
  assert.deepEqual([error?.code, waitedMs], ['REFRESH_TIMED_OUT', MINUTE_MS]);
  assert.match(error?.message ?? '', /: 1 pages were read;/);
});

describe('a file that comes damaged', () => {
  const damage = (change: (body: Buffer) => Buffer): Fault => ({
    kind: 'change',
    change: ({ body, ...reply }) => ({ ...reply, body: change(Buffer.from(body)) }),
  });
  const flip = (body: Buffer): Buffer => {
    const flipped = Buffer.from(body);
    flipped[flipped.length - 6] = (flipped.at(-6) as number) ^ 0xff;
    return flipped;
  };
  for (const [name, fault] of [
    ['cut off', { kind: 'truncate', afterBytes: 300 }],
    ['with another checksum', damage(flip)],
    ['with garbage behind it', damage((body) => Buffer.concat([body, Buffer.from('garbage')]))],
    ['empty', damage(() => Buffer.alloc(0))],
    ['in pieces', { kind: 'reset', afterBytes: 300 }],
    ['behind a 503', { kind: 'reply', status: 503, headers: { 'retry-after': '7' } }],
    [
      'behind a copy that is locked',
      { kind: 'reply', status: 409, body: '<Error><Code>PendingCopyOperation</Code></Error>' },
    ],
  ] as const) {
    it(`${name} is read anew, and nothing of it is lost or there twice`, async () => {
      await using simulator = await createSimulator(SIZE);
      simulator.fail({ endpoint: 'blob', after: 1, times: 2, fault });
      const { error, recordsRead, calls } = await refreshOnce(simulator);
      assert.deepEqual([error, recordsRead, calls['export 200']], [undefined, countRecords(simulator), 1]);
    });
  }

  it('three times fails the refresh', async () => {
    await using simulator = await createSimulator(SIZE);
    simulator.fail({ endpoint: 'blob', after: 1, times: 3, fault: { kind: 'truncate', afterBytes: 300 } });
    const { error, calls } = await refreshOnce(simulator);
    assert.deepEqual([error?.code, calls['export 200'], calls['blob 200']], ['UPSTREAM_FILE_CORRUPT', 1, 4]);
  });
});
