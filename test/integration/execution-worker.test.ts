/** Dear operations of a whole gateway, executed in the real thread: over HTTP, through its death and a new snapshot. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { spawnExecutionWorker } from '../../src/compose-execution.ts';
import { type ChangingTenant, createChangingTenant } from '../support/changing-tenant.ts';
import { type Gateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { mergeRecords } from '../support/simulated-truth.ts';

const CHEAP = '{ devices(first: 5) { nodes { deviceId } } snapshot { revision } }';
const DEAR = `query Dear($at: DateTime) {
  snapshot { revision }
  refresh { phase }
  devices(first: 1000) { totalCount nodes { deviceId installations { totalCount } } }
  broken: certificate(thumbprint: "x") { thumbprint }
  certificates { nodes { validity(at: $at) } }
}`;

describe('the execution thread of a gateway', () => {
  let tenant: ChangingTenant;
  let gateway: Gateway;
  const threads: Worker[] = [];

  before(async () => {
    tenant = await createChangingTenant(3);
    const spawn = (data: Parameters<typeof spawnExecutionWorker>[0]) => {
      threads.push(spawnExecutionWorker(data));
      return threads.at(-1)!;
    };
    gateway = await startGatewayWithSnapshot({
      tenant: tenant.simulator,
      overrides: { spawnExecutionWorker: spawn },
    });
  });
  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await tenant[Symbol.asyncDispose]();
  });

  test('is started by the first dear operation, whose answer is as any other', async () => {
    await gateway.ask(CHEAP);
    assert.equal(threads.length, 0);
    const { status, headers, body } = await gateway.post<{
      devices: { totalCount: number; nodes: readonly { deviceId: string; installations: object }[] };
      snapshot: { revision: number };
      refresh: { phase: string };
      certificates: { nodes: readonly { validity: string }[] };
    }>(DEAR, { at: '1971-01-01T00:00:00Z' });
    assert.equal(threads.length, 1);
    const truth = mergeRecords(tenant.simulator.records()).devices;
    assert.deepEqual(
      body.data?.devices.nodes.map(({ deviceId, installations }) => [deviceId, installations]),
      truth.map(({ deviceId, installations }) => [deviceId, { totalCount: installations.length }]),
    );
    assert.deepEqual(
      [body.data?.snapshot.revision, body.data?.refresh.phase, body.data?.certificates.nodes[0]?.validity],
      [1, 'IDLE', 'NOT_YET_VALID'],
    );
    assert.deepEqual(
      body.errors?.map(({ path, extensions }) => [path, extensions.code]),
      [[['broken'], 'BAD_USER_INPUT']],
    );
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/graphql-response+json; charset=utf-8');
    assert.ok(body.extensions.snapshot);
    assert.ok('cost' in body.extensions);
  });

  test('is started again when it has ended; what it was at has failed, and nothing else has', async () => {
    const lost = gateway.post(DEAR);
    const cheap = gateway.ask(CHEAP);
    await threads.at(-1)!.terminate();
    await cheap;
    const { status, body } = await lost;
    // It may have answered before it ended.
    if (status !== 200) {
      assert.equal(status, 500);
      assert.equal(body.errors?.[0]?.extensions.code, 'INTERNAL_SERVER_ERROR');
      assert.match(body.errors?.[0]?.message ?? '', /its log holds the cause under request id/);
    }
    const before = threads.length;
    assert.equal((await gateway.post(DEAR)).status, 200);
    assert.ok(threads.length <= before + 1);
    assert.match(
      await (await fetch(`${gateway.url}/metrics`)).text(),
      /execution_thread_ends_total\{reason="EXIT"\} 1/,
    );
  });

  test('answers from the snapshot that is served', async () => {
    for (const revision of [2, 3]) {
      tenant.change();
      assert.equal((await gateway.refresh()).outcome, 'PUBLISHED');
      const { body } = await gateway.post<{ snapshot: { revision: number } }>(DEAR);
      assert.equal(body.data?.snapshot.revision, revision);
    }
  });
});
