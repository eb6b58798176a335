/** Row scope through GraphQL: what callers get who are limited to some RBAC groups, side by side and across a refresh. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { HeaderMap } from '@apollo/server';
import { ANONYMOUS_CALLER, type Caller } from '../../src/core/caller.ts';
import type { Clock } from '../../src/core/clock.ts';
import { createContext } from '../../src/graphql/context.ts';
import { createServer } from '../../src/graphql/create-server.ts';
import { encodeNodeId } from '../../src/graphql/node-id.ts';
import type { RefreshStatusView } from '../../src/graphql/refresh-port.ts';
import { createScopes } from '../../src/graphql/scopes.ts';
import { createSliceRunner } from '../../src/graphql/slices.ts';
import type { DevicePart } from '../../src/snapshot/record.ts';
import type { Snapshot } from '../../src/snapshot/snapshot.ts';
import { IDLE, NOW_MS, SCHEMA_TEXT } from '../support/graphql-harness.ts';
import { type InventoryRecord, openRecords } from '../support/inventories.ts';
import { createRecordingLogger, type RecordingLogger } from '../support/recording-logger.ts';
import {
  EXPIRED,
  LEAF,
  NAMELESS,
  openSmallInventory,
  ROOT,
  SERVER,
  UNKNOWN,
  WORKSTATION,
} from '../support/small-inventory.ts';

const limitedTo = (...rbacGroupIds: string[]): Caller => ({ ...ANONYMOUS_CALLER, rbacGroupIds });
const WORKSTATIONS = limitedTo('12');
const SERVERS = limitedTo('0');

const installationId = ({ deviceId }: DevicePart, thumbprint: string, store: string): string =>
  encodeNodeId('Installation', deviceId, thumbprint, `LocalMachine\\${store}\\${thumbprint}`);

interface Graph extends AsyncDisposable {
  // biome-ignore lint/suspicious/noExplicitAny: answers have the shape of the query that a test wrote
  ask(caller: Caller, query: string, variables?: Record<string, unknown>): Promise<any>;
  publish(snapshot: Snapshot): void;
}

const SERVICES = {
  clock: {
    now: () => NOW_MS,
    sleep: () => Promise.reject(new Error('nothing here waits')),
  } satisfies Clock,
  refresh: { status: () => IDLE, requestRefresh: () => ({ kind: 'started' as const }) },
  snapshotExpiresAfterMs: 0,
};

async function startServer(log: RecordingLogger) {
  const { apollo } = createServer({ typeDefs: SCHEMA_TEXT, log });
  await apollo.start();
  return { apollo, [Symbol.asyncDispose]: () => apollo.stop() };
}

/** One graph for several callers, as one thread serves it. `turnMs: 0` cuts all work into slices of one piece. */
async function openGraph(
  first: Snapshot,
  { status = IDLE, turnMs = 5 }: { status?: RefreshStatusView; turnMs?: number } = {},
): Promise<Graph> {
  let snapshot = first;
  const log = createRecordingLogger();
  const server = await startServer(log);
  const slices = createSliceRunner({ turnMs });
  const services = {
    ...SERVICES,
    findSnapshot: () => snapshot,
    refresh: { ...SERVICES.refresh, status: () => status },
    slices,
    scopes: createScopes({ slices }),
  };
  return {
    publish: (next) => {
      snapshot = next;
    },
    ask: async (caller, query, variables = {}) => {
      const contextValue = await createContext(services, { caller, requestId: 'request-1', log });
      const { body } = await server.apollo.executeOperation({ query, variables }, { contextValue });
      if (body.kind !== 'single') throw new Error('an answer must come in one piece');
      const { data, errors } = JSON.parse(JSON.stringify(body.singleResult));
      assert.equal(errors, undefined);
      return data;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Everything that can be reached without knowing an id. */
const EVERYTHING = `
  fragment Identity on Certificate { thumbprint deviceCount installationCount }
  {
    snapshot { certificateCount deviceCount installationCount }
    certificates(orderBy: { field: DEVICE_COUNT, direction: DESC }) {
      totalCount
      nodes {
        ...Identity
        installations { totalCount nodes { path device { deviceId } certificate { ...Identity } } }
        devices { totalCount nodes { deviceId } }
      }
    }
    installations { totalCount nodes { path device { deviceId } certificate { ...Identity } } }
    devices {
      totalCount
      nodes {
        deviceId
        name
        installationCount
        certificateCount
        rbacGroup { rbacGroupId name deviceCount certificateCount installationCount }
        installations { totalCount nodes { path } }
        certificates { totalCount nodes { ...Identity } }
      }
    }
    rbacGroups {
      totalCount
      nodes { rbacGroupId devices { nodes { deviceId } } certificates { nodes { ...Identity } } }
    }
  }`;

const toRecords = (
  rows: readonly (readonly [DevicePart, InventoryRecord['certificate'], store: string])[],
): InventoryRecord[] =>
  rows.map(([device, certificate, store]) => ({
    device,
    certificate,
    path: `LocalMachine\\${store}\\${certificate.thumbprint}`,
  }));

const WORKSTATION_RECORDS = toRecords([
  [WORKSTATION, ROOT, 'Root'],
  [WORKSTATION, ROOT, 'AuthRoot'],
  [WORKSTATION, LEAF, 'My'],
]);
const SERVER_RECORDS = toRecords([
  [SERVER, ROOT, 'Root'],
  [SERVER, LEAF, 'WebHosting'],
  [SERVER, EXPIRED, 'My'],
]);

describe('a caller who is limited to an RBAC group', () => {
  it('gets what an inventory of its devices alone would answer, in every relation and count', async () => {
    await using graph = await openGraph(openSmallInventory());
    for (const [caller, records] of [
      [WORKSTATIONS, WORKSTATION_RECORDS],
      [SERVERS, SERVER_RECORDS],
      [limitedTo('0', '12'), [...WORKSTATION_RECORDS, ...SERVER_RECORDS]],
    ] as const) {
      await using alone = await openGraph(openRecords(records));
      assert.deepEqual(await graph.ask(caller, EVERYTHING), await alone.ask(ANONYMOUS_CALLER, EVERYTHING));
    }
  });

  it('counts, filters and quantifies over its own installations', async () => {
    await using graph = await openGraph(openSmallInventory());
    const query = `query ($filter: CertificateFilter) { certificates(filter: $filter) { totalCount nodes { thumbprint } } }`;
    const find = async (filter: object) => {
      const { certificates } = await graph.ask(WORKSTATIONS, query, { filter });
      assert.equal(certificates.totalCount, certificates.nodes.length);
      return certificates.nodes.map(({ thumbprint }: { thumbprint: string }) => thumbprint);
    };
    assert.deepEqual(await find({ deviceCount: { eq: 1 } }), [ROOT.thumbprint, LEAF.thumbprint]);
    assert.deepEqual(await find({ deviceCount: { in: [1, 7] } }), [ROOT.thumbprint, LEAF.thumbprint]);
    assert.deepEqual(await find({ deviceCount: { gt: 1 } }), []);
    assert.deepEqual(await find({ installationCount: { gte: 2 } }), [ROOT.thumbprint]);
    assert.deepEqual(await find({ installations: { some: { storeName: { eq: 'WebHosting' } } } }), []);
    assert.deepEqual(await find({ installations: { none: { storeName: { eq: 'WebHosting' } } } }), [
      ROOT.thumbprint,
      LEAF.thumbprint,
    ]);
    const onServer = { device: { name: { eq: SERVER.name } } };
    assert.deepEqual(await find({ installations: { some: onServer } }), []);
    assert.deepEqual(await find({ not: { installations: { some: onServer } } }), [
      ROOT.thumbprint,
      LEAF.thumbprint,
    ]);
    assert.deepEqual(await find({ thumbprint: { in: [EXPIRED.thumbprint, LEAF.thumbprint] } }), [
      LEAF.thumbprint,
    ]);
  });

  it('cannot tell what others have from what nobody has, by thumbprint, device id or node id', async () => {
    await using graph = await openGraph(openSmallInventory());
    const query = `query ($thumbprint: String!, $deviceId: String!, $id: ID!, $ids: [ID!]!) {
      certificate(thumbprint: $thumbprint) { id }
      device(deviceId: $deviceId) { id }
      node(id: $id) { id }
      nodes(ids: $ids) { id }
    }`;
    const ids = [
      encodeNodeId('Certificate', EXPIRED.thumbprint),
      encodeNodeId('Device', SERVER.deviceId),
      encodeNodeId('RbacGroup', '0'),
      installationId(SERVER, ROOT.thumbprint, 'Root'),
    ];
    const variables = { thumbprint: EXPIRED.thumbprint, deviceId: SERVER.deviceId, id: ids[0], ids };
    assert.deepEqual(await graph.ask(WORKSTATIONS, query, variables), {
      certificate: null,
      device: null,
      node: null,
      nodes: [null, null, null, null],
    });
    assert.deepEqual(await graph.ask(SERVERS, query, variables), {
      certificate: { id: ids[0] },
      device: { id: ids[1] },
      node: { id: ids[0] },
      nodes: ids.map((id) => ({ id })),
    });
  });

  it('goes on at the place of a cursor of another scope, without seeing its row', async () => {
    await using graph = await openGraph(openSmallInventory());
    const query = `query ($after: String, $before: String) {
      certificates(after: $after, before: $before, orderBy: { field: DEVICE_COUNT, direction: DESC }) {
        totalCount pageInfo { hasNextPage hasPreviousPage } edges { cursor node { thumbprint } }
      }
    }`;
    const { certificates: ofServers } = await graph.ask(SERVERS, query);
    assert.deepEqual(
      ofServers.edges.map(({ node }: { node: { thumbprint: string } }) => node.thumbprint),
      [EXPIRED.thumbprint, LEAF.thumbprint, ROOT.thumbprint],
    );
    const [ofExpired] = ofServers.edges;
    const { certificates: rest } = await graph.ask(WORKSTATIONS, query, { after: ofExpired.cursor });
    assert.deepEqual(
      [rest.totalCount, rest.pageInfo, rest.edges.length],
      [2, { hasNextPage: false, hasPreviousPage: false }, 2],
    );
    const { certificates: before } = await graph.ask(WORKSTATIONS, query, { before: ofExpired.cursor });
    assert.deepEqual(
      [before.totalCount, before.pageInfo, before.edges],
      [2, { hasNextPage: true, hasPreviousPage: false }, []],
    );
  });

  it('of no group, or of one that is not there, gets an empty inventory', async () => {
    await using graph = await openGraph(openSmallInventory());
    await using alone = await openGraph(openRecords([]));
    const nothing = await alone.ask(ANONYMOUS_CALLER, EVERYTHING);
    assert.deepEqual(await graph.ask(limitedTo(), EVERYTHING), nothing);
    assert.deepEqual(await graph.ask(limitedTo('no such group'), EVERYTHING), nothing);
  });

  it('does not see a device without a group, nor what is on it alone', async () => {
    await using graph = await openGraph(openSmallInventory());
    const query = `query ($thumbprint: String!, $deviceId: String!) {
      certificate(thumbprint: $thumbprint) { id } device(deviceId: $deviceId) { id }
    }`;
    const variables = { thumbprint: UNKNOWN.thumbprint, deviceId: NAMELESS.deviceId };
    assert.deepEqual(await graph.ask(limitedTo('', '0', '12', 'null'), query, variables), {
      certificate: null,
      device: null,
    });
    assert.equal((await graph.ask(ANONYMOUS_CALLER, query, variables)).device === null, false);
  });

  it('is answered apart from others who ask the same at the same time, however the work is cut', async () => {
    await using graph = await openGraph(openSmallInventory(), { turnMs: 0 });
    const callers = [WORKSTATIONS, SERVERS, ANONYMOUS_CALLER, limitedTo(), limitedTo('12', '0')];
    const expected = [];
    for (const caller of callers) {
      await using own = await openGraph(openSmallInventory());
      expected.push(await own.ask(caller, EVERYTHING));
    }
    const ask = () => Promise.all(callers.map((caller) => graph.ask(caller, EVERYTHING)));
    assert.deepEqual(await Promise.all([ask(), ask()]), [expected, expected]);
    assert.deepEqual(await ask(), expected);
  });

  it('sees its part of the next snapshot as soon as that is published', async () => {
    await using graph = await openGraph(openSmallInventory());
    const query = '{ certificates { nodes { thumbprint deviceCount } } snapshot { deviceCount } }';
    await graph.ask(SERVERS, query);
    const moved: DevicePart = { ...WORKSTATION, rbacGroupId: '0', rbacGroupName: 'Unassigned' };
    const records = toRecords([
      [moved, LEAF, 'My'],
      [SERVER, LEAF, 'My'],
    ]);
    graph.publish(openRecords(records));
    assert.deepEqual(await graph.ask(SERVERS, query), {
      certificates: { nodes: [{ thumbprint: LEAF.thumbprint, deviceCount: 2 }] },
      snapshot: { deviceCount: 2 },
    });
    assert.deepEqual(await graph.ask(WORKSTATIONS, query), {
      certificates: { nodes: [] },
      snapshot: { deviceCount: 0 },
    });
  });

  it('causes no internal error when it is gone before its part is made, which others still get', async () => {
    const log = createRecordingLogger();
    await using server = await startServer(log);
    const slices = createSliceRunner({ turnMs: 0 });
    const whole = openSmallInventory();
    const services = { ...SERVICES, findSnapshot: () => whole, slices, scopes: createScopes({ slices }) };
    const identity = { caller: SERVERS, requestId: 'request-1', log };
    const answer = server.apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: 'POST',
        headers: new HeaderMap([['content-type', 'application/json']]),
        search: '',
        body: { query: '{ snapshot { deviceCount } }' },
      },
      context: async () => createContext(services, { ...identity, isAbandoned: () => true }),
    });
    const other = createContext(services, identity);
    const { body } = await answer;
    assert.equal(body.kind, 'complete');
    const { errors } = JSON.parse(body.kind === 'complete' ? body.string : '');
    assert.equal(errors[0].extensions.code, 'DEADLINE_EXCEEDED');
    assert.deepEqual(log.lines, []);
    assert.equal((await other).snapshot?.counts.devices, 1);
  });

  it('is told of a refresh without the figures of the whole inventory', async () => {
    const failure = {
      atMs: NOW_MS,
      code: 'SNAPSHOT_SHRUNK',
      message: 'Devices fell from 40312 to 17.',
      retryable: true,
    };
    const run = {
      runId: 'run',
      trigger: 'SCHEDULE' as const,
      startedAtMs: NOW_MS,
      finishedAtMs: NOW_MS,
      progress: { filesTotal: 7, filesDone: 6, bytesDownloaded: 40_312, recordsRead: 40_312 },
      outcome: 'REJECTED' as const,
      failure,
    };
    const status: RefreshStatusView = { ...IDLE, currentRun: run, lastRun: run, lastFailure: failure };
    await using graph = await openGraph(openSmallInventory(), { status });
    const query = `
      fragment Failure on RefreshFailure { code message retryable }
      fragment Run on RefreshRun {
        outcome progress { filesTotal filesDone bytesDownloaded recordsRead } failure { ...Failure }
      }
      { refresh { lastFailure { ...Failure } currentRun { ...Run } lastRun { ...Run } } }`;
    const told = {
      code: 'SNAPSHOT_SHRUNK',
      message: 'The message is for callers of the whole inventory; its code is SNAPSHOT_SHRUNK.',
      retryable: true,
    };
    const seen = {
      outcome: 'REJECTED',
      progress: { filesTotal: null, filesDone: 0, bytesDownloaded: 0, recordsRead: 0 },
      failure: told,
    };
    assert.deepEqual(await graph.ask(WORKSTATIONS, query), {
      refresh: { lastFailure: told, currentRun: seen, lastRun: seen },
    });
    const { refresh } = await graph.ask(ANONYMOUS_CALLER, query);
    assert.equal(refresh.lastFailure.message, failure.message);
    assert.deepEqual(refresh.currentRun.progress, run.progress);
  });
});
