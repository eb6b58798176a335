/**
 * A gateway on a disk that refuses: full, read-only, forbidden, failing in one place. It serves, tells what is wrong and what
 * to do, leaves nothing behind, and stores again once the disk is well.
 */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { type ChangingTenant, createChangingTenant } from '../support/changing-tenant.ts';
import {
  type BreakableDisk,
  createBreakableDisk,
  type DiskFault,
  forbiddenDisk,
  fullDisk,
  readOnlyDisk,
} from '../support/disk-faults.ts';
import { createGraphqlClient, type GraphqlClient } from '../support/gateway.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { findServedGeneration, type TrueGeneration } from '../support/generations.ts';
import { askPersistedQuery } from '../support/persisted-query.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

interface Run {
  readonly outcome: string;
  readonly failure: { readonly code: string; readonly message: string } | null;
}

interface Running extends AsyncDisposable {
  readonly gateway: GatewayProcess;
  readonly client: GraphqlClient;
  readonly url: string;
}

/** A folder on a disk that can be broken, and a tenant to fill it from. */
async function setUp(t: TestContext, seed: number) {
  const dataDir = join(createTemporaryFolder(t), 'data');
  const disk = createBreakableDisk(join(createTemporaryFolder(t), 'fault.json'));
  const tenant = await createChangingTenant(seed);
  t.after(() => tenant[Symbol.asyncDispose]());
  return { dataDir, disk, tenant };
}

/** Calls that cannot be recorded are minutes apart for the export, and seconds for pages. */
const PAGED = { REFRESH_SOURCE: 'paged' };

async function start(
  dataDir: string,
  disk: BreakableDisk,
  tenant: ChangingTenant,
  settings: Readonly<Record<string, string>> = {},
): Promise<Running> {
  // The simulated days that pass make every stored token an expired one.
  rmSync(join(dataDir, 'cache/tokens'), { recursive: true, force: true });
  const gateway = startProcess([], {
    ...tenant.simulator.environment,
    DATA_DIR: dataDir,
    PORT: '0',
    REFRESH_INTERVAL: '0',
    REFRESH_COOLDOWN: '0',
    ...disk.settings,
    ...settings,
  });
  const url = await gateway.waitForUrl();
  return {
    gateway,
    url,
    client: createGraphqlClient(url),
    [Symbol.asyncDispose]: () => gateway[Symbol.asyncDispose](),
  };
}

/** The first refresh of a gateway that has found nothing; where calls cannot be recorded, when one is allowed. */
async function startWithSnapshot(...args: Parameters<typeof start>): Promise<Running> {
  const running = await start(...args);
  let run = await waitForRun(running, 1);
  while (run.outcome !== 'PUBLISHED') run = await refresh(running);
  return running;
}

/** A refresh, and how it ended. */
async function refresh(running: Running): Promise<Run> {
  const count = running.gateway.stdout().match(/"event":"refresh_finished"/g)?.length ?? 0;
  await running.client.ask('mutation { refreshSnapshot { __typename } }');
  return await waitForRun(running, count + 1);
}

async function waitForRun({ gateway, client }: Running, count: number): Promise<Run> {
  await gateway.waitFor(new RegExp(`(?:"event":"refresh_finished"[^]*?){${count}}`));
  const { refresh } = await client.ask<{ refresh: { lastRun: Run } }>(
    '{ refresh { lastRun { outcome failure { code message } } } }',
  );
  return refresh.lastRun;
}

/** It serves this export, whole, is ready, and answers persisted queries. */
async function assertServes({ client, url }: Running, generation: TrueGeneration): Promise<void> {
  assert.equal(await findServedGeneration(client, [generation]), generation);
  assert.equal((await fetch(`${url}/health/ready`)).status, 200);
  assert.equal(await askPersistedQuery(url), 200);
}

const ENTRY_OR_CHUNK = /^(?:[0-9a-f]{64}|[0-9a-f]{64}\.entry)$/;

function listStrangeFiles(dataDir: string): readonly string[] {
  const folders = ['chunks', 'cache/snapshots', 'cache/tokens'];
  return folders
    .map((name) => join(dataDir, name))
    .flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : []))
    .filter((name) => !ENTRY_OR_CHUNK.test(name));
}

/** Where calls to Defender cannot be recorded, few are made: these leave that to others. */
const besideCalls =
  (toFault: (inPath: string) => DiskFault) =>
  (dataDir: string): DiskFault => ({ ...toFault(dataDir), notInPath: '/calls/' });

const REFUSALS: readonly (readonly [name: string, (dataDir: string) => DiskFault, says: RegExp])[] = [
  [
    'full',
    besideCalls(fullDisk),
    /ENOSPC while writing a chunk\. Free space on that disk; nothing that was stored before is lost/,
  ],
  [
    'read-only',
    besideCalls(readOnlyDisk),
    /EROFS while writing a chunk\. Let the user .* write to it, and mount it writable/,
  ],
  [
    'failing where chunks are written',
    (dataDir) => ({ code: 'EIO', steps: ['write', 'sync'], inPath: `${dataDir}/chunks` }),
    /EIO while writing a chunk\. The disk itself fails/,
  ],
  [
    'failing where the pointer is written',
    (dataDir) => ({ code: 'EIO', steps: ['rename'], inPath: `${dataDir}/cache/snapshots` }),
    /EIO while writing an entry\. The disk itself fails/,
  ],
];

describe('a disk that is', { concurrency: 2 }, () => {
  for (const [index, [name, toFault, says]] of REFUSALS.entries()) {
    test(`${name}: the new export is served, what is wrong is told, and it is stored later`, async (t) => {
      const { dataDir, disk, tenant } = await setUp(t, 41 + index);
      const older = tenant.newest();
      {
        await using running = await startWithSnapshot(dataDir, disk, tenant);
        disk.refuse(toFault(dataDir));
        const newer = tenant.change();
        const { outcome, failure } = await refresh(running);
        assert.equal(outcome, 'PUBLISHED');
        assert.equal(failure?.code, 'STORE_UNAVAILABLE');
        assert.match(failure?.message ?? '', says);
        await assertServes(running, newer);
        assert.match(running.gateway.stdout(), /"event":"refresh_finished".*"code":"STORE_UNAVAILABLE"/);
        assert.match(
          await (await fetch(`${running.url}/metrics`)).text(),
          /store_failures_total\{code="STORE_UNAVAILABLE"\} 1/,
        );
      }
      {
        // What was stored before is not lost, and can be read from such a disk.
        await using running = await start(dataDir, disk, tenant);
        await assertServes(running, older);
        const { outcome } = await refresh(running);
        assert.equal(outcome, 'PUBLISHED');

        disk.heal();
        assert.equal((await refresh(running)).outcome, 'UNCHANGED');
        assert.match(running.gateway.stdout(), /"event":"snapshot_stored_late"/);
        assert.equal(running.gateway.stderr(), '');
      }
      await using running = await start(dataDir, disk, tenant);
      await assertServes(running, tenant.newest());
      assert.deepEqual(listStrangeFiles(dataDir), []);
    });
  }

  for (const [name, refuse, code] of [
    ['full', fullDisk, 'ENOSPC'],
    ['read-only', readOnlyDisk, 'EROFS'],
  ] as const) {
    test(`${name} as a whole from the start on: the last snapshot is served, and a refresh comes through in the end`, async (t) => {
      const { dataDir, disk, tenant } = await setUp(t, 50);
      const older = tenant.newest();
      {
        await using _running = await startWithSnapshot(dataDir, disk, tenant);
      }
      disk.refuse(refuse(dataDir));
      await using running = await start(dataDir, disk, tenant, PAGED);
      await assertServes(running, older);
      const newer = tenant.change();
      let run = await refresh(running);
      while (run.outcome !== 'PUBLISHED') {
        assert.equal(run.failure?.code, 'UPSTREAM_BUDGET_SPENT');
        assert.match(run.failure.message, new RegExp(`cannot be; .*${code} while recording a call`));
        run = await refresh(running);
      }
      assert.equal(run.failure?.code, 'STORE_UNAVAILABLE');
      assert.match(run.failure.message, new RegExp(`${code} while writing a chunk`));
      await assertServes(running, newer);
      assert.equal(running.gateway.stderr(), '');
    });
  }

  test('forbidden: nothing is taken for an empty inventory, it is read anew, and what is stored is found again', async (t) => {
    const { dataDir, disk, tenant } = await setUp(t, 51);
    const older = tenant.newest();
    {
      await using _running = await startWithSnapshot(dataDir, disk, tenant);
    }
    disk.refuse(forbiddenDisk(dataDir));
    const newer = tenant.change();
    {
      await using running = await startWithSnapshot(dataDir, disk, tenant, PAGED);
      assert.match(running.gateway.stdout(), /"event":"restore_failed".*"code":"STORE_UNAVAILABLE"/);
      await assertServes(running, newer);
      const { failure } = await waitForRun(running, 1);
      assert.equal(failure?.code, 'STORE_UNAVAILABLE');
      assert.match(failure.message, /EACCES.*Let the user that runs the gateway write to it/);
      assert.equal(running.gateway.stderr(), '');
    }
    disk.heal();
    await using running = await start(dataDir, disk, tenant);
    await assertServes(running, older);
  });

  test('failing at one chunk: the snapshot before it is served, and the last one again once it can be read', async (t) => {
    const { dataDir, disk, tenant } = await setUp(t, 52);
    const older = tenant.newest();
    let newer: TrueGeneration;
    let chunk: string | undefined;
    {
      await using running = await startWithSnapshot(dataDir, disk, tenant);
      const before = readdirSync(join(dataDir, 'chunks'));
      newer = tenant.change();
      assert.equal((await refresh(running)).failure, null);
      chunk = readdirSync(join(dataDir, 'chunks')).find((name) => !before.includes(name));
    }
    assert.ok(chunk);
    disk.refuse({ code: 'EIO', steps: ['read'], inPath: chunk });
    {
      await using running = await start(dataDir, disk, tenant);
      await assertServes(running, older);
      assert.match(running.gateway.stdout(), /"code":"STORE_UNAVAILABLE".*the one before it is restored/);
    }
    disk.heal();
    await using running = await start(dataDir, disk, tenant);
    await assertServes(running, newer);
  });
});
