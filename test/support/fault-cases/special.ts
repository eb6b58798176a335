/** Faults that need more than a table: another credential, rows that differ, a quota that is used up. */

import assert from 'node:assert/strict';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/core/units.ts';
import type { FaultFamily } from '../../../src/simulator/faults/named-fault.ts';
import { type FaultName, orderFault } from '../../../src/simulator/faults/named-faults.ts';
import type { SimulatedEndpoint } from '../../../src/simulator/tenant/faults.ts';
import { assertNoSecrets, TENANT } from '../fault-case.ts';
import { readPage, toPage } from '../served-page.ts';
import { createSimulatedWorld, type SimulatedWorld, type WorldOptions } from '../simulated-gateway.ts';
import { mergeRecords } from '../simulated-truth.ts';

export interface SpecialCase {
  readonly family: FaultFamily;
  readonly name: string;
  readonly faults: readonly FaultName[];
  /** The middle column of the matrix. */
  readonly sees: string;
  readonly todo: string;
  /** In a process of its own: MSAL keeps managed identities once for a process. */
  readonly isAlone?: boolean;
  readonly tryIt: () => Promise<void>;
}

async function inWorld(
  work: (world: SimulatedWorld) => Promise<void>,
  options?: WorldOptions,
): Promise<void> {
  await using world = await createSimulatedWorld({ ...TENANT, ...options });
  await work(world);
  assertNoSecrets(world);
}

function callsTo({ tenant }: SimulatedWorld, endpoint: SimulatedEndpoint): SimulatedWorld['tenant']['calls'] {
  return tenant.calls.filter((call) => call.endpoint === endpoint);
}

const PAGE_SIZE = 20;

export const SPECIAL_CASES: readonly SpecialCase[] = [
  {
    family: 17,
    name: 'more refreshes than the quota of the export endpoint allows',
    faults: [],
    sees: '`RefreshRateLimited` with `UPSTREAM_BUDGET`; no call is made',
    todo: 'nothing: the answer says when',
    tryIt: () =>
      inWorld(async (world) => {
        const { time } = world;
        const gateway = await world.startGateway({ settings: { REFRESH_SOURCE: 'export' } });
        await gateway.untilFirstRun();
        for (let count = 2; count <= 5; count++) assert.equal((await gateway.refresh()).outcome, 'UNCHANGED');
        assert.equal(await gateway.requestRefresh(), 'RefreshRateLimited');
        // As often as a minute allows, for two hours.
        const until = time.clock.now() + 2 * HOUR_MS;
        while (time.clock.now() < until) {
          await time.pass(12 * SECOND_MS);
          const ended = gateway.app.whenRunEnds();
          if ((await gateway.requestRefresh()) === 'RefreshStarted') await time.until(ended);
        }
        const calls = callsTo(world, 'export');
        assert.ok(
          calls.every(({ status }) => status !== 429),
          'Defender never has to refuse',
        );
        // 20 at once, and again each time that the hour has passed since one of them.
        assert.equal(calls.filter(({ atMs }) => atMs < until - HOUR_MS).length, 20);
        assert.equal(calls.filter(({ atMs }) => atMs >= until - HOUR_MS && atMs < until).length, 20);
        const busiest = Math.max(
          ...calls.map(
            ({ atMs }) => calls.filter((call) => call.atMs > atMs - MINUTE_MS && call.atMs <= atMs).length,
          ),
        );
        assert.equal(busiest, 5);
        assert.equal((await readPage(gateway)).revision, 1);
      }),
  },
  {
    family: 17,
    name: 'a quota of the export endpoint that is used up, while pages are free',
    faults: [],
    sees: 'published with `REFRESH_SOURCE=paged`: the two quotas are separate',
    todo: 'nothing',
    tryIt: () =>
      inWorld(async (world) => {
        const gateway = await world.startGateway({ settings: { REFRESH_SOURCE: 'export' } });
        await gateway.untilFirstRun();
        for (let count = 2; count <= 5; count++) await gateway.refresh();
        assert.equal(await gateway.requestRefresh(), 'RefreshRateLimited');
        const paged = await world.startGateway({ settings: { REFRESH_SOURCE: 'paged' } });
        assert.equal((await paged.untilFirstRun()).outcome, 'PUBLISHED');
      }),
  },
  {
    family: 22,
    name: 'a managed identity endpoint that is not there yet (404), then does not repeat the resource',
    faults: ['identity-404', 'identity-without-resource'],
    sees: 'published',
    todo: 'nothing; `npm run check` says when it stays',
    isAlone: true,
    tryIt: () =>
      inWorld(async (world) => {
        const { tenant } = world;
        const { IDENTITY_ENDPOINT, IDENTITY_HEADER, ...settings } = tenant.managedIdentityEnvironment;
        Object.assign(process.env, { IDENTITY_ENDPOINT, IDENTITY_HEADER });
        try {
          orderFault(tenant, 'identity-404', 1);
          orderFault(tenant, 'identity-without-resource');
          const gateway = await world.startGateway({
            settings: { ...settings, AZURE_CLIENT_SECRET: '', REFRESH_SOURCE: 'paged', PAGE_SIZE: '20' },
          });
          const { outcome, failure } = await gateway.untilFirstRun();
          assert.equal(outcome, 'PUBLISHED', failure?.message);
          // The one that failed, and one for all pages.
          assert.equal(callsTo(world, 'managedIdentity').length, 1 + 1);
          assert.equal(callsTo(world, 'paged').length, 3);
          assert.deepEqual((await readPage(gateway)).page, toPage(mergeRecords(tenant.records())));
        } finally {
          delete process.env.IDENTITY_ENDPOINT;
          delete process.env.IDENTITY_HEADER;
        }
      }),
  },
  {
    family: 23,
    name: 'a user who may see some RBAC groups only, after an application that sees all',
    faults: ['view-narrowed'],
    sees: 'a snapshot of these groups; what the application read is neither served nor compared with',
    todo: 'sign in as an application to see the whole fleet',
    tryIt: () =>
      inWorld(
        async (world) => {
          const { tenant } = world;
          const application = await world.startGateway({ settings: { REFRESH_SOURCE: 'export' } });
          await application.untilFirstRun();
          const all = mergeRecords(tenant.records());
          const groups = all.groups.slice(0, 2).map(({ rbacGroupId }) => Number(rbacGroupId));
          assert.ok(all.groups.length > groups.length, 'the user sees less');
          const dataDir = await application.close();
          tenant.change({ userGroups: groups });
          const user = await world.startGateway({
            dataDir,
            settings: { REFRESH_SOURCE: 'export', AZURE_CLIENT_SECRET: '', AZURE_USE_DEVICE_CODE: 'true' },
          });
          assert.equal(
            (await user.ask<{ snapshot: unknown }>('{ refresh { phase } snapshot { id } }')).snapshot,
            null,
          );
          const { outcome, failure } = await user.untilFirstRun();
          assert.equal(outcome, 'PUBLISHED', failure?.message);
          const seen = [...tenant.records()].filter(({ rbacGroupId }) =>
            groups.includes(Number(rbacGroupId)),
          );
          assert.deepEqual((await readPage(user)).page, toPage(mergeRecords(seen)));
          assert.ok(world.log.some((line) => line.includes('signed in as a user')));
          const again = await world.startGateway({ dataDir: await user.close() });
          assert.deepEqual((await readPage(again)).page, toPage(all));
        },
        { deviceCodePolls: 0 },
      ),
  },
  {
    family: 32,
    name: 'pages that lack a few rows of the files',
    faults: ['page-misses-rows'],
    sees: 'a snapshot of the pages alone, and of the files alone after the next refresh by files',
    todo: 'nothing',
    tryIt: () =>
      inWorld(async (world) => {
        const { tenant } = world;
        const first = await world.startGateway({ settings: { REFRESH_SOURCE: 'export' } });
        await first.untilFirstRun();
        orderFault(tenant, 'page-misses-rows');
        const dataDir = await first.close();
        const paged = await world.startGateway({
          dataDir,
          settings: { REFRESH_SOURCE: 'paged', PAGE_SIZE: String(PAGE_SIZE) },
        });
        assert.equal((await paged.refresh()).outcome, 'PUBLISHED');
        const walked = [...tenant.records()].filter((_, index) => index % PAGE_SIZE < PAGE_SIZE - 2);
        assert.deepEqual((await readPage(paged)).page, toPage(mergeRecords(walked)));
        const last = await world.startGateway({
          dataDir: await paged.close(),
          settings: { REFRESH_SOURCE: 'export' },
        });
        assert.equal((await last.refresh()).outcome, 'PUBLISHED');
        assert.deepEqual((await readPage(last)).page, toPage(mergeRecords(tenant.records())));
      }),
  },
  {
    family: 32,
    name: 'a file that lacks a few rows of the pages',
    faults: ['file-misses-rows'],
    sees: 'a snapshot of what the files hold',
    todo: 'nothing: the next export has them, or pages have',
    tryIt: () =>
      inWorld(async (world) => {
        const { tenant } = world;
        orderFault(tenant, 'file-misses-rows');
        const gateway = await world.startGateway({ settings: { REFRESH_SOURCE: 'export' } });
        assert.equal((await gateway.untilFirstRun()).outcome, 'PUBLISHED');
        const { page } = await readPage(gateway);
        const records = [...tenant.records()];
        // The two of some file's end.
        const candidates = records.map((_, end) =>
          JSON.stringify(toPage(mergeRecords(records.toSpliced(end - 1, 2)))),
        );
        assert.ok(candidates.slice(1).includes(JSON.stringify(page)));
      }),
  },
];
