/** What a restart keeps, and what a refresh changes: the stored snapshot, cursors, ids and revisions. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOUR_MS } from '../../src/core/units.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { mergeRecords } from '../support/simulated-truth.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const SIZE = { devices: 30, recordsPerDevice: 30, seed: 51 };

interface CertificatePage {
  readonly certificates: {
    readonly nodes: readonly { readonly id: string; readonly thumbprint: string }[];
    readonly pageInfo: { readonly endCursor: string; readonly hasNextPage: boolean };
  };
  readonly snapshot: { readonly id: string; readonly revision: number; readonly publishedAt: string };
}

const PAGE = `query ($first: Int, $after: String, $orderBy: CertificateOrder) {
  certificates(first: $first, after: $after, orderBy: $orderBy) {
    nodes { id thumbprint } pageInfo { endCursor hasNextPage }
  }
  snapshot { id revision publishedAt }
}`;

function countCalls(tenant: Simulator): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { endpoint } of tenant.calls) counts[endpoint] = (counts[endpoint] ?? 0) + 1;
  return counts;
}

/** The newest export, under the ids that its certificates had `before`. */
async function assertServes(gateway: Gateway, tenant: Simulator, before: CertificatePage): Promise<void> {
  const { certificates } = await gateway.ask<CertificatePage>(PAGE, { first: 1000 });
  const truth = mergeRecords(tenant.records());
  assert.deepEqual(
    certificates.nodes.map(({ thumbprint }) => thumbprint),
    truth.certificates.map(({ thumbprint }) => thumbprint),
  );
  const idBefore = new Map(before.certificates.nodes.map(({ thumbprint, id }) => [thumbprint, id]));
  const stayed = certificates.nodes.filter(({ thumbprint }) => idBefore.has(thumbprint));
  assert.ok(stayed.length > 50);
  for (const { thumbprint, id } of stayed) assert.equal(id, idBefore.get(thumbprint));
}

describe('restart and refresh', { concurrency: 2 }, () => {
  test('a restart serves the stored snapshot before any call upstream, and takes the cursors of before', async (t) => {
    const dataDir = createTemporaryFolder(t);
    const settings = { REFRESH_INTERVAL: '6h' };
    await using tenant = await createSimulator(SIZE);
    const truth = mergeRecords(tenant.records());
    let before: CertificatePage;
    {
      await using gateway = await startGatewayWithSnapshot({ tenant, dataDir, settings });
      before = await gateway.ask<CertificatePage>(PAGE, { first: 20 });
    }
    const calls = tenant.calls.length;

    await using gateway = await startGateway({ tenant, dataDir, settings });
    assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200);
    const again = await gateway.ask<CertificatePage>(PAGE, { first: 20 });
    assert.deepEqual(again, before);
    assert.equal(again.snapshot.revision, 1);
    const rest = await gateway.ask<CertificatePage>(PAGE, {
      first: 1000,
      after: before.certificates.pageInfo.endCursor,
    });
    assert.deepEqual(
      [...before.certificates.nodes, ...rest.certificates.nodes].map(({ thumbprint }) => thumbprint),
      truth.certificates.map(({ thumbprint }) => thumbprint),
    );
    const { refresh } = await gateway.ask<{ refresh: Record<string, unknown> }>(
      '{ refresh { phase currentRun { id } lastRun { id } lastSuccessAt } }',
    );
    assert.deepEqual(refresh, {
      phase: 'IDLE',
      currentRun: null,
      lastRun: null,
      lastSuccessAt: before.snapshot.publishedAt,
    });
    assert.equal(tenant.calls.length, calls, 'nothing was asked upstream');
  });

  test('a restored snapshot that is older than the interval is refreshed at once, and served meanwhile', async (t) => {
    const dataDir = createTemporaryFolder(t);
    await using tenant = await createSimulator(SIZE);
    {
      await using _gateway = await startGatewayWithSnapshot({ tenant, dataDir });
    }
    tenant.advance(7 * HOUR_MS);
    tenant.fail({ endpoint: 'export', fault: { kind: 'hang' } });
    const clock = createManualClock(Date.now() + 7 * HOUR_MS);
    await using gateway = await startGateway({
      tenant,
      dataDir,
      settings: { REFRESH_INTERVAL: '6h' },
      overrides: { clock },
    });
    const { snapshot, refresh } = await gateway.ask<{
      snapshot: { revision: number };
      refresh: { currentRun: { trigger: string } };
    }>('{ snapshot { revision } refresh { currentRun { trigger } } }');
    assert.deepEqual([snapshot.revision, refresh.currentRun.trigger], [1, 'STARTUP']);
  });

  test('the snapshot of another tenant is not restored, even from the same address', async (t) => {
    const dataDir = createTemporaryFolder(t);
    await using tenant = await createSimulator(SIZE);
    {
      await using _gateway = await startGatewayWithSnapshot({ tenant, dataDir });
    }
    const settings = { AZURE_TENANT_ID: '00000000-1111-4222-8333-444444444444' };
    await using gateway = await startGateway({ tenant, dataDir, settings });
    assert.equal((await gateway.firstRun).outcome, 'FAILED', 'the simulator knows one tenant only');
    const { body } = await gateway.post('{ snapshot { revision } }');
    assert.deepEqual(body.data, { snapshot: null });
  });

  test('a newer export becomes revision 2, and the same one again is noticed and not downloaded', async () => {
    await using tenant = await createSimulator(SIZE);
    await using gateway = await startGatewayWithSnapshot({ tenant });
    const first = countCalls(tenant);
    const before = await gateway.ask<CertificatePage>(PAGE, { first: 1000 });

    const unchanged = await gateway.refresh();
    assert.equal(unchanged.outcome, 'UNCHANGED');
    assert.deepEqual(countCalls(tenant), { ...first, export: 2 });
    assert.equal((await gateway.ask<CertificatePage>(PAGE, { first: 0 })).snapshot.revision, 1);

    tenant.advance(7 * HOUR_MS);
    const { outcome, failure } = await gateway.refresh();
    assert.equal(outcome, 'PUBLISHED', failure?.message);
    const { snapshot } = await gateway.ask<CertificatePage>(PAGE, { first: 0 });
    assert.equal(snapshot.revision, 2);
    await assertServes(gateway, tenant, before);

    assert.equal((await gateway.refresh()).outcome, 'UNCHANGED');
    assert.equal((await gateway.ask<CertificatePage>(PAGE, { first: 0 })).snapshot.revision, 2);
  });

  test('after a restart too, neither the served export nor an older one is downloaded; one without a time is read', async (t) => {
    const dataDir = createTemporaryFolder(t);
    const settings = { REFRESH_SOURCE: 'export' };
    await using tenant = await createSimulator(SIZE);
    {
      await using _gateway = await startGatewayWithSnapshot({ tenant, dataDir, settings });
    }
    const before = countCalls(tenant);
    await using gateway = await startGateway({ tenant, dataDir, settings });
    assert.equal((await gateway.refresh()).outcome, 'UNCHANGED');
    const { refresh } = await gateway.ask<{ refresh: unknown }>(
      '{ refresh { lastRun { outcome failure { code } } lastFailure { code } } }',
    );
    assert.deepEqual(refresh, { lastRun: { outcome: 'UNCHANGED', failure: null }, lastFailure: null });

    // What is listed would be read as an empty inventory.
    for (const [generatedTime, outcome] of [
      ['2020-01-01T00:00:00Z', 'UNCHANGED'],
      [null, 'REJECTED'],
    ] as const) {
      const body = JSON.stringify({ exportFiles: [], generatedTime });
      tenant.fail({ endpoint: 'export', fault: { kind: 'reply', status: 200, body } });
      assert.equal((await gateway.refresh()).outcome, outcome);
    }
    const { export: listings = 0, ...others } = before;
    assert.deepEqual(countCalls(tenant), { ...others, export: listings + 3 });
    assert.equal((await gateway.ask<CertificatePage>(PAGE, { first: 0 })).snapshot.revision, 1);
  });

  test('a walk across a refresh meets every certificate that stays exactly once', async () => {
    await using tenant = await createSimulator({ ...SIZE, quirks: 'all' });
    await using gateway = await startGatewayWithSnapshot({ tenant });
    const before = mergeRecords(tenant.records());
    const orderBy = { field: 'NOT_AFTER', direction: 'DESC' };
    const met: string[] = [];
    let after: string | null = null;
    let isRefreshed = false;
    for (;;) {
      const page: CertificatePage = await gateway.ask<CertificatePage>(PAGE, { first: 13, after, orderBy });
      met.push(...page.certificates.nodes.map(({ thumbprint }) => thumbprint));
      if (!page.certificates.pageInfo.hasNextPage) break;
      after = page.certificates.pageInfo.endCursor;
      if (isRefreshed || met.length < before.certificates.length / 2) continue;
      // Long enough for certificates to be renewed and machines to be replaced.
      tenant.advance(60 * 24 * HOUR_MS);
      const { outcome, failure } = await gateway.refresh();
      assert.equal(outcome, 'PUBLISHED', failure?.message);
      isRefreshed = true;
    }
    const notAfterOf = (inventory: typeof before) =>
      new Map(inventory.certificates.map(({ thumbprint, notAfter }) => [thumbprint, notAfter]));
    const [old, renewed] = [notAfterOf(before), notAfterOf(mergeRecords(tenant.records()))];
    const stays = [...old].filter(
      ([thumbprint, notAfter]) => renewed.get(thumbprint) === notAfter && notAfter !== null,
    );
    assert.ok(
      stays.length > 50 && old.size > stays.length && [...renewed.keys()].some((key) => !old.has(key)),
    );
    assert.ok(isRefreshed);
    assert.equal(new Set(met).size, met.length, 'none twice');
    assert.deepEqual(
      stays.filter(([thumbprint]) => !met.includes(thumbprint)),
      [],
      'none left out',
    );
  });

  test('ids are the same in another store, and through the other endpoint', async () => {
    await using tenant = await createSimulator(SIZE);
    const ids = `{ certificates(first: 1000) { nodes { id } } devices(first: 1000) { nodes { id } }
    rbacGroups { nodes { id } } installations(first: 1000) { nodes { id } } }`;
    await using files = await startGatewayWithSnapshot({ tenant, settings: { REFRESH_SOURCE: 'export' } });
    await using pages = await startGatewayWithSnapshot({ tenant, settings: { REFRESH_SOURCE: 'paged' } });
    assert.deepEqual(await files.ask(ids), await pages.ask(ids));
  });
});
