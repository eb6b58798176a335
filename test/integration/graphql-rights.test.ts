/** What each field takes: a caller without the right gets no answer, and learns nothing from the refusal. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildSchema } from 'graphql';
import { type Caller, RIGHTS, type Right } from '../../src/core/caller.ts';
import { encodeNodeId } from '../../src/graphql/node-id.ts';
import { createHarness, IDLE, SCHEMA_TEXT } from '../support/graphql-harness.ts';
import { LEAF, openSmallInventory, SERVER, WORKSTATION } from '../support/small-inventory.ts';

const callerWith = (...rights: Right[]): Caller => ({
  id: 'tenant:somebody',
  subject: 'somebody',
  kind: 'USER',
  rights: new Set(rights),
  rbacGroupIds: null,
});

const without = (right: Right): Caller => callerWith(...RIGHTS.filter((one) => one !== right));

/** Each root of the schema, with what it takes to be answered. */
const ROOTS: Readonly<Record<string, { readonly ask: string; readonly takes: Right | null }>> = {
  node: { ask: `node(id: "${encodeNodeId('Device', SERVER.deviceId)}") { id }`, takes: 'Inventory.Read' },
  nodes: { ask: `nodes(ids: ["${encodeNodeId('RbacGroup', '12')}"]) { id }`, takes: 'Inventory.Read' },
  certificate: { ask: `certificate(thumbprint: "${LEAF.thumbprint}") { id }`, takes: 'Inventory.Read' },
  device: { ask: `device(deviceId: "${WORKSTATION.deviceId}") { id }`, takes: 'Inventory.Read' },
  certificates: { ask: 'certificates { totalCount nodes { id } }', takes: 'Inventory.Read' },
  installations: { ask: 'installations { totalCount nodes { id } }', takes: 'Inventory.Read' },
  devices: { ask: 'devices { totalCount nodes { id } }', takes: 'Inventory.Read' },
  rbacGroups: { ask: 'rbacGroups { totalCount nodes { id } }', takes: 'Inventory.Read' },
  snapshot: { ask: 'snapshot { id certificateCount quality { recordsRead } }', takes: 'Inventory.Read' },
  refresh: { ask: 'refresh { id phase }', takes: null },
  viewer: { ask: 'viewer { kind }', takes: null },
};

const codesOf = (errors: readonly { readonly extensions?: Readonly<Record<string, unknown>> }[]) =>
  errors.map(({ extensions }) => extensions?.code);

describe('rights', () => {
  it('are settled for every root', () => {
    const roots = Object.keys(buildSchema(SCHEMA_TEXT).getQueryType()?.getFields() ?? {});
    assert.deepEqual(roots, Object.keys(ROOTS));
  });

  for (const [root, { ask, takes }] of Object.entries(ROOTS)) {
    const name =
      takes === null ? `${root} answers a caller with no right` : `${root} takes ${takes} and no more`;
    it(name, async () => {
      const snapshot = openSmallInventory();
      if (takes !== null) {
        await using refused = await createHarness({ snapshot, caller: without(takes) });
        const { data, errors } = await refused.run(`{ ${ask} }`);
        assert.deepEqual([data, codesOf(errors)], [{ [root]: null }, ['FORBIDDEN']]);
      }
      await using granted = await createHarness({
        snapshot,
        caller: takes === null ? callerWith() : callerWith(takes),
      });
      const { data, errors } = await granted.run(`{ ${ask} }`);
      assert.deepEqual(codesOf(errors), []);
      assert.notEqual(data[root], null);
    });
  }

  it('to read are refused alike for what is there and what is not, with a snapshot and without', async () => {
    const document = `query ($thumbprint: String!, $deviceId: String!, $snapshot: ID!) {
      certificate(thumbprint: $thumbprint) { id } device(deviceId: $deviceId) { id } node(id: $snapshot) { id }
    }`;
    const snapshot = openSmallInventory();
    const there = {
      thumbprint: LEAF.thumbprint,
      deviceId: SERVER.deviceId,
      snapshot: encodeNodeId('Snapshot', snapshot.manifest.id),
    };
    const nowhere = { thumbprint: '0'.repeat(40), deviceId: 'x', snapshot: encodeNodeId('Snapshot', 'x') };
    await using published = await createHarness({ snapshot, caller: without('Inventory.Read') });
    await using unpublished = await createHarness({ caller: without('Inventory.Read') });
    const answers = [
      await published.run(document, there),
      await published.run(document, nowhere),
      await unpublished.run(document, nowhere),
    ];
    assert.deepEqual(codesOf(answers[0]!.errors), ['FORBIDDEN', 'FORBIDDEN', 'FORBIDDEN']);
    for (const { data, errors, extensions } of answers) {
      assert.deepEqual({ data, errors, extensions }, { ...pick(answers[0]!) });
    }
  });

  it('to refresh are asked for before a refresh is', async () => {
    const mutation = 'mutation { refreshSnapshot { __typename } }';
    await using refused = await createHarness({ caller: without('Inventory.Refresh') });
    const { data, errors } = await refused.run(mutation);
    assert.deepEqual([data, codesOf(errors)], [{ refreshSnapshot: null }, ['FORBIDDEN']]);
    assert.equal(refused.refreshRequests(), 0);
    await using granted = await createHarness({ caller: callerWith('Inventory.Refresh') });
    assert.deepEqual(await granted.ask(mutation), { refreshSnapshot: { __typename: 'RefreshStarted' } });
  });

  it('to operate show quality and budgets, which are null without them, and no error', async () => {
    const document =
      '{ snapshot { revision quality { recordsRead } } refresh { phase budgets { endpoint } } }';
    const snapshot = openSmallInventory();
    const status = { ...IDLE, budgets: [{ ...BUDGET }] };
    await using reader = await createHarness({ snapshot, status, caller: callerWith('Inventory.Read') });
    assert.deepEqual(await reader.ask(document), {
      snapshot: { revision: 7, quality: null },
      refresh: { phase: 'IDLE', budgets: null },
    });
    const operating = callerWith('Inventory.Read', 'Inventory.Operate');
    await using operator = await createHarness({ snapshot, status, caller: operating });
    assert.deepEqual(await operator.ask(document), {
      snapshot: { revision: 7, quality: { recordsRead: 10 } },
      refresh: { phase: 'IDLE', budgets: [{ endpoint: 'EXPORT' }] },
    });
  });
});

const pick = ({
  data,
  errors,
  extensions,
}: Awaited<ReturnType<Awaited<ReturnType<typeof createHarness>>['run']>>) => ({
  data,
  errors,
  extensions,
});

const BUDGET = {
  endpoint: 'EXPORT',
  limitPerMinute: 5,
  remainingThisMinute: 5,
  limitPerHour: 20,
  remainingThisHour: 20,
  resetsAtMs: null,
} as const;
