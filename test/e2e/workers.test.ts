/** Several serving threads on one port, over one snapshot: what a client, an operator and a stop see of them. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { type AddressInfo, connect, createServer } from 'node:net';
import { describe, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import pino from 'pino';
import { spawnServingWorker } from '../../src/compose-serving-pool.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { type GatewayOptions, startGateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { startProcess } from '../support/gateway-process.ts';
import { sendRaw } from '../support/raw-http.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const HOUR_MS = 3_600_000;
const SIZE = { devices: 4, recordsPerDevice: 10, seed: 91 };
const CONNECTIONS = 400;
const PREFLIGHT = { 'apollo-require-preflight': '1' };

type Tenant = GatewayOptions['tenant'];

/** Two threads in this process: which requests the main one answered, and the other one in the test's hands. */
async function setUp(tenant: Tenant, start = startGatewayWithSnapshot) {
  const workers: Worker[] = [];
  const answeredByMain = new Set<unknown>();
  const write = (line: string) => {
    const { msg, requestId } = JSON.parse(line);
    if (msg === 'request answered') answeredByMain.add(requestId);
  };
  const gateway = await start({
    tenant,
    settings: { WORKERS: '2' },
    overrides: {
      log: pino({ level: 'info' }, { write }),
      spawnServingWorker: (data) => {
        const worker = spawnServingWorker(data);
        workers.push(worker);
        return worker;
      },
    },
  });

  async function get(path: string, agent: Agent, headers: Readonly<Record<string, string>> = PREFLIGHT) {
    const { status, body } = await sendRaw(`${gateway.url}${path}`, headers, agent);
    return { status, text: body.toString() };
  }

  /** A connection of each thread, kept open. */
  async function connectToBoth(t: { after(fn: () => void): void }) {
    const agents: Partial<Record<'main' | 'further', Agent>> = {};
    for (let attempt = 0; attempt < CONNECTIONS && Object.keys(agents).length < 2; attempt += 1) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      t.after(() => agent.destroy());
      const requestId = `attempt-${attempt}`;
      await get(ask('{ __typename }'), agent, { ...PREFLIGHT, 'x-request-id': requestId });
      // A thread logs a request in the turn in which it answers; the answer takes another one to arrive.
      agents[answeredByMain.has(requestId) ? 'main' : 'further'] ??= agent;
    }
    const { main, further } = agents;
    assert.ok(main !== undefined && further !== undefined, `only ${Object.keys(agents)} answered`);
    return { main, further };
  }

  return { gateway, workers, get, connectToBoth };
}

function ask(query: string): string {
  return `/graphql?query=${encodeURIComponent(query)}`;
}

/** Each sample by its name and labels, without the common prefix. */
function parseMetrics(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => {
      const cut = line.lastIndexOf(' ');
      return [line.slice('defender_certificate_gateway_'.length, cut), Number(line.slice(cut + 1))];
    }),
  );
}

describe('WORKERS=2', { concurrency: 2 }, () => {
  test('both threads answer the same, from one snapshot, and are ready alike', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const { gateway, get, connectToBoth } = await setUp(tenant);
    await using _ = gateway;
    const { main, further } = await connectToBoth(t);
    const paths = [
      ask('{ certificates { totalCount nodes { id thumbprint } } snapshot { id revision } }'),
      ask(
        '{ refresh { phase lastRun { id outcome progress { recordsRead } } budgets { remainingThisHour } } }',
      ),
      '/health/ready',
      '/schema.graphql',
      '/',
    ];
    for (const path of paths) {
      const one = await get(path, main);
      assert.equal(one.status, 200, one.text);
      assert.deepEqual(await get(path, further), one);
    }
  });

  test('a run has published when every thread serves the new snapshot', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const { gateway, get, connectToBoth } = await setUp(tenant);
    await using _ = gateway;
    const { main, further } = await connectToBoth(t);
    for (let revision = 2; revision <= 3; revision += 1) {
      tenant.advance(7 * HOUR_MS);
      const { outcome } = await gateway.refresh();
      assert.equal(outcome, 'PUBLISHED');
      for (const agent of [further, main]) {
        const { text } = await get(ask('{ snapshot { revision } }'), agent);
        assert.equal(JSON.parse(text).data.snapshot.revision, revision);
      }
    }
  });

  test('a refresh asked of any thread is decided by the one refresher', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const { gateway, connectToBoth } = await setUp(tenant);
    await using _ = gateway;
    const { further } = await connectToBoth(t);
    const mutation = JSON.stringify({
      query:
        'mutation { one: refreshSnapshot { __typename status { phase } } two: refreshSnapshot { __typename } }',
    });
    const ended = gateway.app.whenRunEnds();
    const { data } = await post(gateway.url, mutation, further);
    assert.equal(data.one.__typename, 'RefreshStarted');
    assert.notEqual(data.one.status.phase, 'IDLE');
    assert.equal(data.two.__typename, 'RefreshAlreadyRunning');
    assert.equal((await ended).outcome, 'UNCHANGED');
  });

  test('metrics are those of the whole process, whichever thread is asked', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const { gateway, get, connectToBoth } = await setUp(tenant);
    await using _ = gateway;
    const { main, further } = await connectToBoth(t);
    for (const agent of [main, further, further]) await get(ask('query Counted { snapshot { id } }'), agent);
    for (const agent of [main, further]) {
      const { text } = await get('/metrics', agent);
      assert.match(text, /_graphql_operations_total\{operation="Counted",outcome="\w+"\} 3\n/);
      assert.match(text, /_serving_threads 2\n/);
      assert.match(text, /_snapshot_revision 1\n/);
      assert.match(text, /_snapshot_loaded 1\n/);
      assert.equal(text.match(/_process_resident_memory_bytes \d/g)?.length, 1);
    }
  });

  test('a thread that is killed is replaced, and the other answers all the while', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const { gateway, workers, get, connectToBoth } = await setUp(tenant);
    await using _ = gateway;
    const { main, further } = await connectToBoth(t);
    await get(ask('query Before { snapshot { id } }'), further);
    const before = parseMetrics((await get('/metrics', main)).text);
    const counted = 'graphql_operations_total{operation="Before",outcome="success"}';
    assert.equal(before.get(counted), 1, [...before.keys()].join('\n'));

    await workers[0]!.terminate();
    while (workers.length < 2) assert.equal((await get('/health/ready', main)).status, 200);
    for (;;) {
      const [message] = await once(workers[1]!, 'message');
      assert.equal((await get('/health/ready', main)).status, 200);
      if (message.type === 'listening') break;
    }
    const again = await connectToBoth(t);
    const { text } = await get(ask('{ snapshot { revision } certificates { totalCount } }'), again.further);
    assert.equal(JSON.parse(text).data.snapshot.revision, 1);
    const after = parseMetrics((await get('/metrics', main)).text);
    assert.equal(after.get('serving_threads'), 2);
    assert.equal(after.get('serving_thread_ends_total{reason="EXIT"}'), 1);
    assert.equal(after.get(counted), 1, 'what the dead thread had counted stays counted');
  });

  test('a thread that starts after a refresh serves what that published', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const { gateway, workers, get, connectToBoth } = await setUp(tenant);
    await using _ = gateway;
    const { main } = await connectToBoth(t);
    tenant.advance(7 * HOUR_MS);
    const ended = gateway.app.whenRunEnds();
    const dying = workers[0]!.terminate();
    await post(gateway.url, JSON.stringify({ query: 'mutation { refreshSnapshot { __typename } }' }), main);
    assert.equal((await ended).outcome, 'PUBLISHED');
    await dying;
    while (parseMetrics((await get('/metrics', main)).text).get('serving_threads') !== 2);
    const { further } = await connectToBoth(t);
    const { text } = await get(ask('{ snapshot { revision } }'), further);
    assert.equal(JSON.parse(text).data.snapshot.revision, 2);
  });

  test('before the first snapshot every thread says when to come back', async (t) => {
    await using tenant = await createSimulator(SIZE);
    tenant.fail({ endpoint: 'token', fault: { kind: 'hang' } });
    const { gateway, get, connectToBoth } = await setUp(tenant, startGateway);
    await using _ = gateway;
    const { main, further } = await connectToBoth(t);
    for (const agent of [main, further]) {
      assert.equal((await get('/health/ready', agent)).status, 503);
      const { status, text } = await get(ask('{ certificates { totalCount } }'), agent);
      assert.equal(status, 503);
      assert.equal(JSON.parse(text).errors[0].extensions.code, 'SNAPSHOT_UNAVAILABLE');
    }
  });
});

async function post(url: string, body: string, agent: Agent) {
  const { hostname, port } = new URL(url);
  const sent = request({
    agent,
    hostname,
    port,
    path: '/graphql',
    method: 'POST',
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
  });
  sent.end(body);
  const [answer] = await once(sent, 'response');
  const chunks: Buffer[] = await answer.toArray();
  return JSON.parse(Buffer.concat(chunks).toString());
}

describe('a process with WORKERS=2', { concurrency: 2 }, () => {
  test('answers the requests under way on every thread at SIGTERM, and ends with 0', async (t) => {
    await using tenant = await createSimulator(SIZE);
    await using gateway = startProcess([], {
      ...tenant.environment,
      DATA_DIR: createTemporaryFolder(t),
      PORT: '0',
      WORKERS: '2',
    });
    const url = new URL(await gateway.waitForUrl());
    await gateway.waitFor(/"event":"refresh_finished".*"outcome":"PUBLISHED"/);
    const body = JSON.stringify({ query: '{ certificates { totalCount } }' });
    const head =
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`;
    const answers = await Promise.all(
      Array.from({ length: 32 }, async () => {
        const socket = connect({ host: url.hostname, port: Number(url.port) });
        const texts: string[] = [];
        socket.setEncoding('utf8').on('data', (text: string) => void texts.push(text));
        socket.write(head);
        // "Go on" is the sign that the request has been taken; its body is still to come.
        await once(socket, 'data');
        return { socket, texts };
      }),
    );
    gateway.kill('SIGTERM');
    await gateway.waitFor(/"event":"stopping"/);
    for (const { socket, texts } of answers) {
      const closed = once(socket, 'close');
      socket.write(body);
      await closed;
      assert.match(texts.join(''), /HTTP\/1\.1 200 OK\r\n/);
      assert.match(texts.join(''), /"totalCount":\d+/);
    }
    assert.equal(await gateway.exit, 0);
    for (const thread of ['serving-1', 'serving-2'])
      assert.match(gateway.stdout(), new RegExp(`"thread":"${thread}".*"request answered"`));
    assert.match(gateway.stdout(), /"event":"started".*"workers":2/);
    assert.match(gateway.stdout(), /"event":"stopped"/);
    assert.equal(gateway.stderr(), '');
  });

  test('does not share a port with another gateway', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const environment = { ...tenant.environment, WORKERS: '2', HOST: '::1' };
    await using first = startProcess([], { ...environment, DATA_DIR: createTemporaryFolder(t), PORT: '0' });
    const { port } = new URL(await first.waitForUrl());
    await using second = startProcess([], { ...environment, DATA_DIR: createTemporaryFolder(t), PORT: port });
    assert.equal(await second.exit, 1);
    assert.match(second.stderr(), /EADDRINUSE/);
  });

  test('says so when the port is taken', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const { port } = other.address() as AddressInfo;
    await using gateway = startProcess([], {
      ...tenant.environment,
      DATA_DIR: createTemporaryFolder(t),
      PORT: String(port),
      WORKERS: '2',
    });
    assert.equal(await gateway.exit, 1);
    assert.match(
      gateway.stderr(),
      /EADDRINUSE.*Set HOST and PORT to an address of this machine that is free\./,
    );
  });
});
