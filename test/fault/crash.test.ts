/**
 * The gateway killed, as by `kill -9`, at points spread over refreshes, publications and starts: what it serves after
 * each restart is one complete export, the old one or the new one. `CRASH_POINTS` says how many points (default 12; `npm
 * run crash`: 200), `CRASH_SEED` which.
 */

import assert from 'node:assert/strict';
import { cp, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ChangingTenant, createChangingTenant } from '../support/changing-tenant.ts';
import { type Crash, planCrashes } from '../support/crash-schedule.ts';
import { runCrashSeries } from '../support/crash-series.ts';
import { startGatewayWithSnapshot } from '../support/gateway.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const POINTS = Number(process.env.CRASH_POINTS ?? 12);
const SEED = Number(process.env.CRASH_SEED ?? 1);

/** Folders at work at once. */
const LANES = 2;

/**
 * How each series in its turn begins and reads. A copy of the prepared folder has used one of the calls that Defender
 * allows: five listings a minute, thirty pages.
 */
const SERIES = [
  { length: 8, settings: { REFRESH_SOURCE: 'paged' }, isPrepared: true },
  { length: 3, settings: { REFRESH_SOURCE: 'export' }, isPrepared: true },
  { length: 8, settings: { REFRESH_SOURCE: 'paged', WORKERS: '2' }, isPrepared: true },
  { length: 3, settings: { REFRESH_SOURCE: 'paged' }, isPrepared: false },
] as const;

test(`killed at ${POINTS} points, it serves after each restart the old or the new export, whole`, async (t) => {
  const root = createTemporaryFolder(t);
  const waiting = cutSeries();
  const missed: Crash[] = [];

  async function runLane(lane: number): Promise<void> {
    await using tenant = await createChangingTenant(SEED + lane);
    const prepared = join(root, `prepared-${lane}`);
    const stored = await prepare(tenant, prepared);
    const chunkCount = (await readdir(join(prepared, 'chunks'))).length;
    for (let series = waiting.shift(); series !== undefined; series = waiting.shift()) {
      const { number, crashes, settings, isPrepared } = series;
      const dataDir = join(root, `series-${number}`);
      if (isPrepared) await cp(prepared, dataDir, { recursive: true });
      const from = isPrepared ? stored : undefined;
      const results = await runCrashSeries({ tenant, dataDir, settings, stored: from }, crashes);
      missed.push(...crashes.filter((_, index) => results[index] === 'missed'));
      await assertTidy(dataDir, chunkCount);
    }
  }
  await Promise.all(Array.from({ length: LANES }, (_, lane) => runLane(lane)));

  t.diagnostic(`${missed.length} of ${POINTS} came through`);
  assert.ok(missed.length <= POINTS / 3, JSON.stringify(missed));
});

function cutSeries() {
  const crashes = [...planCrashes(POINTS, SEED)];
  const series = [];
  for (let number = 0; crashes.length > 0; number += 1) {
    const form = SERIES[number % SERIES.length]!;
    series.push({ ...form, number, crashes: crashes.splice(0, form.length) });
  }
  return series;
}

async function prepare(tenant: ChangingTenant, dataDir: string) {
  const { environment } = tenant.simulator;
  await using _gateway = await startGatewayWithSnapshot({ tenant: { environment }, dataDir });
  return tenant.newest();
}

/** The last refresh was left in peace: there are two snapshots at most, and nothing that a crash has left. */
async function assertTidy(dataDir: string, chunkCount: number): Promise<void> {
  const left = (await readdir(dataDir, { recursive: true })).filter((file) => file.endsWith('.tmp'));
  assert.deepEqual(left, []);
  const { length } = await readdir(join(dataDir, 'chunks'));
  assert.ok(length <= 2 * chunkCount, `${length} chunks, of ${chunkCount} in a snapshot`);
}
