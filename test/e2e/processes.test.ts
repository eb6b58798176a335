/** The commands as an operator meets them: what they print, and the code that they end with. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { createGraphqlClient } from '../support/gateway.ts';
import { startProcess } from '../support/gateway-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const SIZE = { devices: 4, recordsPerDevice: 10, seed: 81 };

describe('start', { concurrency: 2 }, () => {
  test('names every missing and malformed setting at once, and ends with 78', async (t) => {
    await using gateway = startProcess([], {
      DATA_DIR: createTemporaryFolder(t),
      PAGE_SIZE: 'many',
      REFRESH_INTERVAL: 'soon',
      HOST: '0.0.0.0',
      PORT: '70000',
      CACHE_URL: 'redis:',
      AZURE_CLIENT_CERTIFICATE_PATH: '',
    });
    assert.equal(await gateway.exit, 78);
    const named = [
      'AZURE_TENANT_ID',
      'AZURE_CLIENT_ID',
      'AZURE_CLIENT_SECRET',
      'PAGE_SIZE',
      'REFRESH_INTERVAL',
    ];
    for (const variable of [...named, 'HOST', 'PORT', 'CACHE_URL', 'AUTH_ALLOW_ANONYMOUS'])
      assert.match(gateway.stderr(), new RegExp(`\\b${variable}\\b`));
    assert.match(gateway.stderr(), /"many"/);
    assert.match(gateway.stderr(), /docs\/configuration\.md/);
    assert.match(gateway.stderr(), /npm run demo/);
    assert.equal(gateway.stdout(), '');
    assert.doesNotMatch(gateway.stderr(), /\bat .*\.ts:\d+/, 'no stack');
  });

  test('does not show a secret that stands beside a fault', async () => {
    await using gateway = startProcess([], {
      AZURE_CLIENT_SECRET: 'a-very-secret-value',
      AZURE_USE_MANAGED_IDENTITY: 'true',
      CACHE_URL: 'redis://user:another-secret-value@/',
    });
    assert.equal(await gateway.exit, 78);
    assert.match(gateway.stderr(), /AZURE_CLIENT_SECRET/);
    assert.doesNotMatch(gateway.stderr(), /secret-value/);
  });

  test('says so when the port is taken, and ends with a code that is not 0', async (t) => {
    await using tenant = await createSimulator(SIZE);
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    t.after(() => other.close());
    const { port } = other.address() as AddressInfo;
    await using gateway = startProcess([], {
      ...tenant.environment,
      DATA_DIR: createTemporaryFolder(t),
      PORT: String(port),
      LOG_LEVEL: 'silent',
    });
    assert.equal(await gateway.exit, 1);
    assert.match(
      gateway.stderr(),
      new RegExp(
        `EADDRINUSE.*127\\.0\\.0\\.1:${port}\\. Set HOST and PORT to an address of this machine that is free\\.`,
      ),
    );
    assert.doesNotMatch(gateway.stderr(), /\bat .*\.ts:\d+/, 'no stack');
    assert.deepEqual(tenant.calls, []);
  });

  test('answers the request under way at SIGTERM, and ends with 0', async (t) => {
    await using tenant = await createSimulator(SIZE);
    await using gateway = startProcess([], {
      ...tenant.environment,
      DATA_DIR: createTemporaryFolder(t),
      PORT: '0',
    });
    const url = new URL(await gateway.waitForUrl());
    await gateway.waitFor(/"event":"refresh_finished".*"outcome":"PUBLISHED"/);

    const body = JSON.stringify({ query: '{ certificates { totalCount } }' });
    const head =
      'POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n' +
      `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`;
    const socket = connect({ host: url.hostname, port: Number(url.port) });
    const answer: string[] = [];
    socket.setEncoding('utf8').on('data', (text: string) => void answer.push(text));
    socket.write(head);
    // "Go on" is the sign that the request has been taken; its body is still to come.
    await once(socket, 'data');
    gateway.kill('SIGTERM');
    await gateway.waitFor(/"event":"stopping"/);
    socket.write(body);
    await once(socket, 'close');
    assert.match(answer.join(''), /^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    assert.match(answer.join(''), /\r\nconnection: close\r\n/i);
    assert.match(answer.join(''), /"data":\{"certificates":\{"totalCount":\d+\}\}/);
    assert.equal(await gateway.exit, 0);
    assert.match(gateway.stdout(), /"event":"stopped"/);
    assert.equal(gateway.stderr(), '');
  });

  test('ends with 0 at SIGINT while a refresh hangs, which is cancelled', async (t) => {
    await using tenant = await createSimulator(SIZE);
    tenant.fail({ endpoint: 'export', fault: { kind: 'hang' } });
    await using gateway = startProcess([], {
      ...tenant.environment,
      DATA_DIR: createTemporaryFolder(t),
      PORT: '0',
    });
    await gateway.waitFor(/access token received/);
    gateway.kill('SIGINT');
    assert.equal(await gateway.exit, 0);
    assert.match(gateway.stdout(), /"event":"refresh_finished".*"outcome":"CANCELLED"/);
    assert.equal(gateway.stderr(), '');
  });

  test('an unknown command is explained, and ends with 64', async () => {
    await using gateway = startProcess(['serve'], {});
    assert.equal(await gateway.exit, 64);
    assert.match(gateway.stderr(), /There is no command serve\..*Usage: node src\/main\.ts \[demo \| check/s);
  });
});

describe('check', { concurrency: 2 }, () => {
  test('ticks each step, counts its calls, and ends with 0', async (t) => {
    await using tenant = await createSimulator(SIZE);
    await using check = startProcess(['check'], {
      ...tenant.environment,
      DATA_DIR: createTemporaryFolder(t),
    });
    assert.equal(await check.exit, 0, check.stdout() + check.stderr());
    const steps = check.stdout().match(/^✓ [^:]+/gm);
    assert.deepEqual(steps, ['✓ Token', '✓ Paged endpoint', '✓ Export listing', '✓ Export file']);
    assert.match(check.stdout(), /Vulnerability\.Read\.All/);
    assert.match(check.stdout(), /Calls used: 1 of the export budget.*, 1 of the paged budget/);
    assert.doesNotMatch(check.stdout(), /✗/);
    assert.deepEqual(
      tenant.calls.map(({ endpoint }) => endpoint),
      ['token', 'paged', 'export', 'blob'],
    );
    assert.match(tenant.calls[1]?.target ?? '', /%24top=1|\$top=1/);
  });

  test('says which permission is missing, and ends with 1', async (t) => {
    await using tenant = await createSimulator({ ...SIZE, roles: ['Machine.Read.All'] });
    await using check = startProcess(['check'], {
      ...tenant.environment,
      DATA_DIR: createTemporaryFolder(t),
    });
    assert.equal(await check.exit, 1);
    assert.match(
      check.stdout(),
      /✗ Token: .*Machine\.Read\.All.*Grant the permission Vulnerability\.Read\.All/,
    );
    assert.match(check.stdout(), /Not ready: see above/);
  });

  test('says that a licence is missing, and ends with 1', async (t) => {
    await using tenant = await createSimulator({ ...SIZE, licensed: false });
    await using check = startProcess(['check'], {
      ...tenant.environment,
      DATA_DIR: createTemporaryFolder(t),
    });
    assert.equal(await check.exit, 1);
    assert.match(check.stdout(), /✓ Token/);
    assert.match(check.stdout(), /✗ Export listing: .*Assign Microsoft Defender Vulnerability Management/);
  });

  test('says what is wrong with the secret, asks no further, and ends with 1', async (t) => {
    await using tenant = await createSimulator(SIZE);
    await using check = startProcess(['check'], {
      ...tenant.environment,
      DATA_DIR: createTemporaryFolder(t),
      AZURE_CLIENT_SECRET: 'wrong-secret',
    });
    assert.equal(await check.exit, 1);
    assert.match(check.stdout(), /✗ Token: .*AZURE_CLIENT_SECRET/);
    assert.doesNotMatch(check.stdout() + check.stderr(), /wrong-secret/);
    assert.match(check.stdout(), /Calls used: 0 of the export budget.*, 0 of the paged budget/);
    assert.deepEqual(
      tenant.calls.map(({ endpoint }) => endpoint),
      ['token'],
    );
  });

  test('names missing settings, and ends with 78', async () => {
    await using check = startProcess(['check'], {});
    assert.equal(await check.exit, 78);
    assert.match(check.stderr(), /AZURE_TENANT_ID/);
  });
});

test('the demo serves a simulated tenant, keeps its data under demo, and says where the playground is', async (t) => {
  const dataDir = createTemporaryFolder(t);
  await using demo = startProcess(['demo', '--devices', '20'], { DATA_DIR: dataDir, PORT: '0' });
  const [, url = ''] = await demo.waitFor(/Open (http:\/\/127\.0\.0\.1:\d+)\/ for the playground/);
  assert.match(demo.stdout(), /The first snapshot is served: [\d,]+ records\./);
  const page = await fetch(`${url}/`);
  assert.equal(page.status, 200);
  assert.match(page.headers.get('content-type') ?? '', /^text\/html/);
  const { devices } = await createGraphqlClient(url).ask<{ devices: { totalCount: number } }>(
    '{ devices { totalCount } }',
  );
  assert.equal(devices.totalCount, 20);
  demo.kill('SIGTERM');
  assert.equal(await demo.exit, 0);
  assert.equal(demo.stderr(), '');
  assert.deepEqual(readdirSync(dataDir), ['demo']);
  assert.ok(readdirSync(join(dataDir, 'demo')).length > 0);
});

test('check says which host cannot be reached, though nothing else keeps the process alive', async (t) => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  await using check = startProcess(['check'], {
    AZURE_TENANT_ID: '11111111-1111-4111-8111-111111111111',
    AZURE_CLIENT_ID: '22222222-2222-4222-8222-222222222222',
    AZURE_CLIENT_SECRET: 'not-a-secret',
    AZURE_AUTHORITY_HOST: `http://127.0.0.1:${port}`,
    DEFENDER_API_URL: `http://127.0.0.1:${port}`,
    DATA_DIR: createTemporaryFolder(t),
  });
  assert.equal(await check.exit, 1);
  assert.match(check.stdout(), /✗ Token: Entra ID could not be reached \(ECONNREFUSED\)/);
  assert.match(check.stdout(), /Not ready/);
  assert.equal(check.stderr(), '');
});

test('under npm, the gateway stops when the shell that started it is gone', async (t) => {
  const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
  const shell = spawn('sh', ['-c', '"$0" "$1" simulator --devices 1 & wait', process.execPath, main], {
    env: { PATH: process.env.PATH, npm_lifecycle_event: 'simulator' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => shell.kill('SIGKILL'));
  const lines = createInterface({ input: shell.stdout });
  await once(lines, 'line');
  shell.kill('SIGKILL');
  // Its standard output ends when the last process that holds it has ended.
  await once(lines, 'close');
});

test('the demo removes what an earlier one stored, and nothing else', async (t) => {
  const dataDir = createTemporaryFolder(t);
  mkdirSync(join(dataDir, 'demo/chunks'), { recursive: true });
  writeFileSync(join(dataDir, 'demo/chunks/leftover'), 'x');
  writeFileSync(join(dataDir, 'demo/thesis.txt'), 'mine');
  await using demo = startProcess(['demo', '--devices', '5'], { DATA_DIR: dataDir, PORT: '0' });
  await demo.waitFor(/Open http/);
  assert.equal(readFileSync(join(dataDir, 'demo/thesis.txt'), 'utf8'), 'mine');
  assert.ok(!readdirSync(join(dataDir, 'demo/chunks')).includes('leftover'));
});

test('a demo on the port of another one leaves the store of that one alone', async (t) => {
  const dataDir = createTemporaryFolder(t);
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  mkdirSync(join(dataDir, 'demo/chunks'), { recursive: true });
  writeFileSync(join(dataDir, 'demo/chunks/kept'), 'x');
  const { port } = other.address() as AddressInfo;
  await using demo = startProcess(['demo', '--devices', '5'], { DATA_DIR: dataDir, PORT: String(port) });
  assert.equal(await demo.exit, 1);
  assert.match(demo.stderr(), /EADDRINUSE/);
  assert.deepEqual(readdirSync(join(dataDir, 'demo/chunks')), ['kept']);
});

test('the simulator prints the settings that point a gateway at it', async (t) => {
  await using simulator = startProcess(['simulator', '--devices', '3', '--port', '0'], {});
  const [, url = ''] = await simulator.waitFor(/^Simulated Defender tenant on (\S+)$/m);
  await simulator.waitFor(/^DEFENDER_DOWNLOAD_HOSTS=.+$/m);
  const environment = Object.fromEntries(
    simulator
      .stdout()
      .matchAll(/^([A-Z_]+)=(.*)$/gm)
      .map(([, name, value]) => [name!, value!]),
  );
  assert.equal(environment.DEFENDER_API_URL, url);
  await using check = startProcess(['check'], { ...environment, DATA_DIR: createTemporaryFolder(t) });
  assert.equal(await check.exit, 0, check.stdout() + check.stderr());
  simulator.kill('SIGINT');
  assert.equal(await simulator.exit, 0);
});
