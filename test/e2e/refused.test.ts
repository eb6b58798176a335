/**
 * A snapshot that was refused, from the refusal to the publication that an operator asked for: what is served meanwhile, what
 * the commands print, and what it costs upstream.
 */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOUR_MS, MINUTE_MS } from '../../src/core/units.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { startProcess } from '../support/gateway-process.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { findOptionalProgram } from '../support/optional-programs.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const SIZE = { devices: 30, recordsPerDevice: 30, seed: 52 };
/** A run that never begins must not hang the tests. */
const BOUNDED = { timeout: 60_000 };

/** Fewer than half. */
const SMALL = { ...SIZE, devices: 9 };

const redis = findOptionalProgram('redis-server');

interface Counts {
  readonly snapshot: { readonly id: string; readonly revision: number; readonly installationCount: number };
  readonly devices: { readonly totalCount: number };
}

const COUNTS = '{ snapshot { id revision installationCount } devices { totalCount } }';

/** The same tenant at the same address, with less in it, and with a newer export. */
async function shrink(tenant: Simulator, size: typeof SIZE = SMALL): Promise<Simulator> {
  const { port } = new URL(tenant.url);
  await tenant[Symbol.asyncDispose]();
  const shrunk = await createSimulator({ ...size, port: Number(port) });
  shrunk.advance(7 * HOUR_MS);
  return shrunk;
}

const countCalls = (tenant: Simulator, endpoint: 'export' | 'blob') =>
  tenant.calls.filter((call) => call.endpoint === endpoint).length;

/** Runs the command to its end. */
async function runRefused(
  tenant: Simulator,
  settings: Readonly<Record<string, string>>,
  ...args: string[]
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  await using command = startProcess(['refused', ...args], { ...tenant.environment, ...settings });
  const code = await command.exit;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

/** The next run of a gateway whose clock stands still but for this. */
async function runWithin(gateway: Gateway, clock: { advance(durationMs: number): Promise<void> }) {
  const ended = gateway.app.whenRunEnds();
  await clock.advance(MINUTE_MS);
  return await ended;
}

describe('a refused snapshot', { concurrency: 2 }, () => {
  test('is inspected and published while the gateway runs, without a call upstream', BOUNDED, async (t) => {
    const DATA_DIR = createTemporaryFolder(t);
    const clock = createManualClock(Date.now());
    await using first = await createSimulator(SIZE);
    await using gateway = await startGatewayWithSnapshot({
      tenant: first,
      dataDir: DATA_DIR,
      overrides: { clock },
    });
    const before = await gateway.ask<Counts>(COUNTS);
    assert.equal((await runRefused(first, { DATA_DIR })).stdout, 'No refused snapshot is kept aside.\n');

    await using tenant = await shrink(first);
    const refusal = await gateway.refresh();
    assert.deepEqual([refusal.outcome, refusal.failure?.code], ['REJECTED', 'SNAPSHOT_SHRUNK']);
    assert.match(
      refusal.failure?.message ?? '',
      /The number of records may fall by at most 50 %.*SNAPSHOT_MAXIMUM_SHRINK.*`npm run refused -- publish`/,
    );
    assert.deepEqual(await gateway.ask<Counts>(COUNTS), before);

    const shown = await runRefused(tenant, { DATA_DIR });
    assert.deepEqual([shown.code, shown.stderr], [0, '']);
    assert.match(shown.stdout, /^A snapshot was refused at 20\d\d-.*Z, and is kept aside\.$/m);
    assert.match(shown.stdout, /^SNAPSHOT_SHRUNK: The number of records may fall by at most 50 %/m);
    const served = before.snapshot.installationCount.toLocaleString('en');
    assert.match(shown.stdout, new RegExp(`^  records +\\d+ +${served}$`, 'm'));
    assert.match(shown.stdout, /^ {2}devices +9 +30$/m);
    assert.match(shown.stdout, /npm run refused -- publish$/m);

    const approved = await runRefused(tenant, { DATA_DIR }, 'publish');
    assert.deepEqual([approved.code, approved.stderr], [0, '']);
    assert.match(
      approved.stdout,
      /\(SNAPSHOT_SHRUNK\) may be published\.\nA gateway that runs publishes it within a minute/,
    );
    assert.match((await runRefused(tenant, { DATA_DIR })).stdout, /^It was approved at 20/m);
    const calls = tenant.calls.length;
    const run = await runWithin(gateway, clock);
    assert.deepEqual([run.outcome, run.trigger, run.failure], ['PUBLISHED', 'SCHEDULE', null]);
    assert.equal(tenant.calls.length, calls, 'nothing was asked upstream');
    const after = await gateway.ask<Counts>(COUNTS);
    assert.deepEqual([after.snapshot.revision, after.devices.totalCount], [2, 9]);
    assert.equal((await runRefused(tenant, { DATA_DIR })).stdout, 'No refused snapshot is kept aside.\n');

    assert.equal((await gateway.refresh()).outcome, 'UNCHANGED');
    tenant.advance(7 * HOUR_MS);
    const next = await gateway.refresh();
    assert.equal(next.outcome, 'PUBLISHED', next.failure?.message);
    assert.equal((await gateway.ask<Counts>(COUNTS)).snapshot.revision, 3);
  });

  test('is not downloaded again while Defender offers the same export, after a restart too', async (t) => {
    const dataDir = createTemporaryFolder(t);
    await using first = await createSimulator(SIZE);
    {
      await using _gateway = await startGatewayWithSnapshot({ tenant: first, dataDir });
    }
    await using tenant = await shrink(first);
    const settings = { REFRESH_INTERVAL: '6h' };
    {
      await using gateway = await startGateway({ tenant, dataDir, settings });
      assert.equal((await gateway.refresh()).outcome, 'REJECTED');
      const files = countCalls(tenant, 'blob');
      assert.ok(files > 0);
      const listings = countCalls(tenant, 'export');
      const again = await gateway.refresh();
      assert.equal(again.failure?.code, 'SNAPSHOT_SHRUNK');
      assert.match(again.failure?.message ?? '', /Defender still offers the export of 20\d\d-/);
      assert.deepEqual([countCalls(tenant, 'export'), countCalls(tenant, 'blob')], [listings + 1, files]);
      // Nobody is asked again before the schedule says so.
      const { nextRunAtMs, lastFailure } = gateway.app.status();
      assert.equal(lastFailure?.retryable, false);
      assert.ok((nextRunAtMs ?? 0) > Date.now() + 5 * HOUR_MS);
    }
    const [listings, files] = [countCalls(tenant, 'export'), countCalls(tenant, 'blob')];
    await using gateway = await startGateway({ tenant, dataDir, settings });
    const { outcome, failure } = await gateway.refresh();
    assert.deepEqual([outcome, failure?.code], ['REJECTED', 'SNAPSHOT_SHRUNK']);
    assert.deepEqual([countCalls(tenant, 'export'), countCalls(tenant, 'blob')], [listings + 1, files]);
  });

  test('is read again, and published, where the limit is another one', async (t) => {
    const dataDir = createTemporaryFolder(t);
    await using first = await createSimulator(SIZE);
    let tenant: Simulator;
    {
      await using gateway = await startGatewayWithSnapshot({ tenant: first, dataDir });
      tenant = await shrink(first);
      assert.equal((await gateway.refresh()).outcome, 'REJECTED');
    }
    await using _tenant = tenant;
    const files = countCalls(tenant, 'blob');
    const settings = { SNAPSHOT_MAXIMUM_SHRINK: '90%' };
    await using gateway = await startGateway({ tenant, dataDir, settings });
    assert.equal((await gateway.refresh()).outcome, 'PUBLISHED');
    assert.ok(countCalls(tenant, 'blob') > files);
    assert.equal((await gateway.ask<Counts>(COUNTS)).devices.totalCount, 9);
  });

  test(
    'is published by the next start when the gateway is stopped, and then restored',
    BOUNDED,
    async (t) => {
      const DATA_DIR = createTemporaryFolder(t);
      const settings = { REFRESH_INTERVAL: '6h' };
      await using first = await createSimulator(SIZE);
      let tenant: Simulator;
      {
        await using gateway = await startGatewayWithSnapshot({ tenant: first, dataDir: DATA_DIR, settings });
        tenant = await shrink(first);
        assert.equal((await gateway.refresh()).outcome, 'REJECTED');
      }
      await using _tenant = tenant;
      assert.equal((await runRefused(tenant, { DATA_DIR }, 'publish')).code, 0);
      const calls = tenant.calls.length;
      {
        await using gateway = await startGateway({ tenant, dataDir: DATA_DIR, settings });
        assert.equal((await gateway.firstRun).outcome, 'PUBLISHED');
        const { snapshot, devices } = await gateway.ask<Counts>(COUNTS);
        assert.deepEqual([snapshot.revision, devices.totalCount], [2, 9]);
      }
      await using gateway = await startGateway({ tenant, dataDir: DATA_DIR, settings });
      assert.equal((await gateway.ask<Counts>(COUNTS)).snapshot.revision, 2);
      assert.equal(tenant.calls.length, calls);
    },
  );

  test('may be the first one of all, and empty', async (t) => {
    const DATA_DIR = createTemporaryFolder(t);
    await using tenant = await createSimulator({ ...SIZE, devices: 0 });
    {
      await using gateway = await startGateway({ tenant, dataDir: DATA_DIR });
      assert.equal((await gateway.firstRun).failure?.code, 'SNAPSHOT_EMPTY');
    }
    assert.match(
      (await runRefused(tenant, { DATA_DIR })).stdout,
      /^Nothing was served when it was refused\.$/m,
    );
    assert.equal((await runRefused(tenant, { DATA_DIR }, 'publish')).code, 0);
    const calls = tenant.calls.length;
    await using gateway = await startGateway({ tenant, dataDir: DATA_DIR });
    assert.deepEqual(
      [(await gateway.firstRun).outcome, (await gateway.firstRun).trigger],
      ['PUBLISHED', 'STARTUP'],
    );
    assert.equal(tenant.calls.length, calls);
    const { devices, snapshot } = await gateway.ask<Counts>(COUNTS);
    assert.deepEqual([devices.totalCount, snapshot.installationCount], [0, 0]);
    assert.equal((await gateway.refresh()).outcome, 'UNCHANGED');
  });

  test('none is made where the settings let it through', async () => {
    await using tenant = await createSimulator({ ...SIZE, devices: 0 });
    await using gateway = await startGateway({ tenant, settings: { SNAPSHOT_MINIMUM_RECORDS: '0' } });
    assert.equal((await gateway.firstRun).outcome, 'PUBLISHED');

    await using whole = await createSimulator(SIZE);
    const settings = { SNAPSHOT_MINIMUM_RECORDS: '100000' };
    await using demanding = await startGateway({ tenant: whole, settings });
    const { failure } = await demanding.firstRun;
    assert.equal(failure?.code, 'SNAPSHOT_EMPTY');
    assert.match(
      failure?.message ?? '',
      /at least 100000 records, but .* holds \d+.*SNAPSHOT_MINIMUM_RECORDS/,
    );
  });
});

test('gateways that share a Redis publish one and the same snapshot', {
  ...BOUNDED,
  skip: redis.skip,
}, async (t) => {
  await using server = await startRedisServer(redis.path);
  const settings = { CACHE_URL: server.url, REFRESH_INTERVAL: '6h' };
  const dataDir = createTemporaryFolder(t);
  const clock = createManualClock(Date.now());
  await using first = await createSimulator(SIZE);
  await using gateway = await startGatewayWithSnapshot({
    tenant: first,
    dataDir,
    settings,
    overrides: { clock },
  });
  await using tenant = await shrink(first);
  const otherClock = createManualClock(Date.now());
  await using other = await startGateway({ tenant, dataDir, settings, overrides: { clock: otherClock } });
  assert.equal((await gateway.refresh()).outcome, 'REJECTED');
  assert.equal((await runRefused(tenant, settings, 'publish')).code, 0);
  const calls = tenant.calls.length;
  assert.equal((await runWithin(gateway, clock)).outcome, 'PUBLISHED');
  assert.equal((await runWithin(other, otherClock)).outcome, 'PUBLISHED');
  assert.deepEqual(await other.ask<Counts>(COUNTS), await gateway.ask<Counts>(COUNTS));
  assert.equal((await gateway.ask<Counts>(COUNTS)).snapshot.revision, 2);
  assert.equal(tenant.calls.length, calls);
});

describe('the command', () => {
  test('has nothing to publish where nothing was refused, and ends with 1', async (t) => {
    await using tenant = await createSimulator(SMALL);
    const { code, stdout } = await runRefused(tenant, { DATA_DIR: createTemporaryFolder(t) }, 'publish');
    assert.deepEqual([code, stdout], [1, 'No refused snapshot is kept aside.\n']);
  });

  test('explains itself when it is asked for something else, and ends with 64', async (t) => {
    await using tenant = await createSimulator(SMALL);
    for (const args of [['discard'], ['publish', 'now']]) {
      const { code, stderr } = await runRefused(tenant, { DATA_DIR: createTemporaryFolder(t) }, ...args);
      assert.equal(code, 64);
      assert.match(stderr, /^Usage: npm run refused /);
    }
  });

  test('takes a store that is away for no empty one, and ends with 1', { skip: redis.skip }, async () => {
    await using tenant = await createSimulator(SMALL);
    await using server = await startRedisServer(redis.path);
    await server.kill();
    const { code, stdout, stderr } = await runRefused(tenant, { CACHE_URL: server.url });
    assert.deepEqual([code, stdout], [1, '']);
    assert.match(stderr, /STORE_UNAVAILABLE: /);
    assert.doesNotMatch(stderr, /\bat .*\.ts:\d+/, 'no stack');
  });

  test('names missing settings, and ends with 78', async () => {
    await using command = startProcess(['refused'], {});
    assert.equal(await command.exit, 78);
    assert.match(command.stderr(), /AZURE_TENANT_ID/);
  });
});
