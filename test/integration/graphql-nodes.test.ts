import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodeNodeId } from '../../src/graphql/node-id.ts';
import type { RefreshRunView } from '../../src/graphql/refresh-port.ts';
import { createHarness, IDLE, NOW_MS } from '../support/graphql-harness.ts';
import { openSmallInventory } from '../support/small-inventory.ts';

const NODES = `query ($ids: [ID!]!) {
  nodes(ids: $ids) { id __typename ... on Certificate { thumbprint } ... on Device { deviceId } }
}`;

const RUN: RefreshRunView = {
  runId: 'current',
  trigger: 'STARTUP',
  startedAtMs: NOW_MS,
  finishedAtMs: null,
  progress: { filesTotal: null, filesDone: 0, bytesDownloaded: 0, recordsRead: 0 },
  outcome: null,
  failure: null,
};
const STATUS = { ...IDLE, currentRun: RUN, lastRun: { ...RUN, runId: 'last' } };

const ALL_IDS = `{
  certificates { nodes { id } }
  installations { nodes { id } }
  devices { nodes { id } }
  rbacGroups { nodes { id } }
  snapshot { id }
  refresh { id currentRun { id } lastRun { id } }
}`;

/** Every `id` in an answer, in order. */
function collectIds(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) =>
    key === 'id' ? [String(inner)] : collectIds(inner),
  );
}

describe('node and nodes', () => {
  it('give back whatever has an id', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory(), status: STATUS });
    const ids = collectIds(await harness.ask(ALL_IDS));
    assert.equal(ids.length, 4 + 7 + 3 + 2 + 1 + 3);
    assert.equal(new Set(ids).size, ids.length);
    const { nodes } = await harness.ask(NODES, { ids });
    assert.deepEqual(
      nodes.map(({ id }: { id: string }) => id),
      ids,
    );
    for (const id of ids) {
      assert.deepEqual(await harness.ask('query ($id: ID!) { node(id: $id) { id } }', { id }), {
        node: { id },
      });
    }
  });

  it('keep the order asked for and duplicates, with null where there is nothing', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const device = encodeNodeId('Device', 'b2'.repeat(20));
    const nobody = encodeNodeId('Device', 'nobody');
    const certificate = encodeNodeId('Certificate', 'AA'.repeat(20));
    const { nodes } = await harness.ask(NODES, { ids: [device, nobody, certificate, device] });
    assert.deepEqual(
      nodes.map((node: { id: string } | null) => node?.id ?? null),
      [device, null, certificate, device],
    );
    assert.equal(nodes[3].deviceId, 'b2'.repeat(20));
    assert.deepEqual(await harness.ask(NODES, { ids: [] }), { nodes: [] });
  });

  it('look each distinct id up once, all of them in one batch', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const ids = ['AA', 'BB', 'AA', 'EE'].map((byte) => encodeNodeId('Certificate', byte.repeat(20)));
    await harness.ask(
      `query ($ids: [ID!]!, $id: ID!) { nodes(ids: $ids) { id } again: node(id: $id) { id } }`,
      {
        ids,
        id: ids[1],
      },
    );
    assert.deepEqual(harness.batches, [['node', 3]]);
  });

  it('give null for everything well formed that is not there', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory(), status: STATUS });
    const ids = [
      encodeNodeId('Certificate', 'EE'.repeat(20)),
      encodeNodeId('Installation', 'a1'.repeat(20), 'AA'.repeat(20), 'elsewhere'),
      encodeNodeId('RbacGroup', 'nobody'),
      encodeNodeId('Snapshot', 'another'),
      encodeNodeId('RefreshRun', 'long ago'),
    ];
    assert.deepEqual(await harness.ask(NODES, { ids }), { nodes: ids.map(() => null) });
  });

  it('refuse an id that was not issued here, and leave the other roots standing', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { data, errors, status } = await harness.run(
      '{ node(id: "x") { id } devices(first: 0) { totalCount } }',
    );
    assert.deepEqual(data, { node: null, devices: { totalCount: 3 } });
    assert.equal(status, undefined);
    assert.deepEqual(
      errors.map(({ message, path, extensions }) => [message, path, extensions?.code]),
      [['id must be an id that this API has issued, but got: "x".', ['node'], 'BAD_USER_INPUT']],
    );
  });

  it('refuse each of several ids that was not issued here in its place, and find the others', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const group = encodeNodeId('RbacGroup', '0');
    const device = encodeNodeId('Device', 'b2'.repeat(20));
    const { data, errors, status } = await harness.run('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [group, 'y', device, ''],
    });
    assert.deepEqual(data, { nodes: [{ id: group }, null, { id: device }, null] });
    assert.equal(status, undefined);
    const rule = 'be an id that this API has issued';
    assert.deepEqual(
      errors.map(({ message, path, extensions }) => [message, path, extensions]),
      [
        [
          `ids.1 must ${rule}, but got: "y".`,
          ['nodes', 1],
          { code: 'BAD_USER_INPUT', argument: 'ids.1', rule, value: '"y"' },
        ],
        [
          `ids.3 must ${rule}, but got: "".`,
          ['nodes', 3],
          { code: 'BAD_USER_INPUT', argument: 'ids.3', rule, value: '""' },
        ],
      ],
    );
    assert.deepEqual(harness.batches, [['node', 2]]);
    assert.deepEqual(harness.log.lines, []);
  });

  it('are null as a whole without a snapshot, malformed ids among them or not', async () => {
    await using harness = await createHarness();
    const ids = ['y', encodeNodeId('RbacGroup', '0')];
    const { data, errors, status } = await harness.run(NODES, { ids });
    assert.deepEqual([data, status], [{ nodes: null }, 503]);
    assert.deepEqual(
      errors.map(({ path, extensions }) => [path, extensions?.code]),
      [[['nodes'], 'SNAPSHOT_UNAVAILABLE']],
    );
  });

  it('take a thousand ids and not one more', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const ids = new Array<string>(1_001).fill(encodeNodeId('RbacGroup', '0'));
    const { nodes } = await harness.ask(NODES, { ids: ids.slice(1) });
    assert.equal(nodes.length, 1_000);
    const { data, errors } = await harness.run(NODES, { ids });
    assert.deepEqual(data, { nodes: null });
    assert.deepEqual(
      errors.map(({ message, path }) => [message, path]),
      [['ids must have at most 1000 entries, but got: 1001.', ['nodes']]],
    );
  });
});
