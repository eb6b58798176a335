import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect, type Socket } from 'node:net';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createHttpFixture, PATIENT_CLOCK } from '../support/http-fixture.ts';
import { sendRaw } from '../support/raw-http.ts';

const PREFLIGHT = { 'apollo-require-preflight': '1' };

/** A field that waits until it is released, and tells when it is reached. */
function createGate() {
  const entered = Promise.withResolvers<void>();
  const released = Promise.withResolvers<string>();
  const wait = () => {
    entered.resolve();
    return released.promise;
  };
  return { wait, entered: entered.promise, release: () => released.resolve('done') };
}

async function connectTo(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  await once(socket, 'connect');
  return socket;
}

/** Connects again and again until nobody listens any more; what was accepted before must have been answered. */
async function untilRefused(url: string): Promise<void> {
  for (;;) {
    try {
      assert.equal((await sendRaw(`${url}/health/ready`)).status, 503);
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ECONNREFUSED');
      return;
    }
  }
}

/** One connection with one request: `answered`, `lost`, or why there was no connection. */
async function callOnce(host: string, port: number): Promise<string> {
  const socket = connect({ host, port });
  let outcome = 'lost';
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.syscall === 'connect') outcome = error.code ?? outcome;
  });
  socket.once('data', () => {
    outcome = 'answered';
  });
  socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  await new Promise((resolve) => socket.once('close', resolve));
  return outcome;
}

async function untilAnswered(outcomes: readonly string[], count: number): Promise<void> {
  while (outcomes.length < count) await setImmediate();
}

const readyRequest = 'GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n';

test('answers the request under way, as the last on its connection, and only then is stopped', async () => {
  const gate = createGate();
  await using fixture = await createHttpFixture({ slow: gate.wait });
  const agent = new Agent({ keepAlive: true });
  const answer = sendRaw(`${fixture.url}/graphql?query=%7Bslow%7D`, PREFLIGHT, agent);
  await gate.entered;

  let stopped = false;
  const stopping = fixture.server.stop({ graceMs: 60_000 }).then(() => {
    stopped = true;
  });
  await untilRefused(fixture.url);
  assert.equal(stopped, false);

  gate.release();
  const { status, headers, body } = await answer;
  assert.equal(status, 200);
  assert.deepEqual(JSON.parse(body.toString()).data, { slow: 'done' });
  assert.equal(headers.connection, 'close');
  await stopping;
  agent.destroy();
});

test('answers connections that the system has accepted and the server has not', async () => {
  await using fixture = await createHttpFixture();
  const { hostname, port } = new URL(fixture.url);
  const answers = Array.from({ length: 50 }, async () => {
    const socket = connect({ host: hostname, port: Number(port) });
    const texts: string[] = [];
    socket.setEncoding('utf8').on('data', (text: string) => void texts.push(text));
    socket.write(readyRequest);
    await once(socket, 'close');
    return texts.join('');
  });
  // In this turn the system has completed all of the handshakes, and nothing here has looked at one.
  await fixture.server.stop({ graceMs: 60_000 });
  for (const answer of await Promise.all(answers)) {
    assert.match(answer, /^HTTP\/1\.1 503 /);
    assert.match(answer, /\r\nconnection: close\r\n/i);
  }
});

test('loses no connection of callers who come back as soon as they are answered', async () => {
  await using fixture = await createHttpFixture();
  const { hostname, port } = new URL(fixture.url);
  const outcomes: string[] = [];
  const callers = Array.from({ length: 64 }, async () => {
    while (outcomes.at(-1) !== 'ECONNREFUSED') outcomes.push(await callOnce(hostname, Number(port)));
  });
  await untilAnswered(outcomes, 500);
  await fixture.server.stop({ graceMs: 60_000 });
  await Promise.all(callers);
  assert.deepEqual([...new Set(outcomes)].toSorted(), ['ECONNREFUSED', 'answered']);
});

test('closes connections that are idle', async () => {
  await using fixture = await createHttpFixture();
  const socket = await connectTo(fixture.url);
  socket.write(readyRequest);
  const [first] = (await once(socket, 'data')) as [Buffer];
  assert.match(first.toString(), /^HTTP\/1\.1 200 /);
  const closed = once(socket, 'close');
  await fixture.server.stop({ graceMs: 60_000 });
  await closed;
});

test('is unready at once, for a probe that is half sent when the stop begins', async () => {
  await using fixture = await createHttpFixture();
  const socket = await connectTo(fixture.url);
  // One segment: when the first answer is here, the server has begun to read the second request.
  socket.write(`${readyRequest}${readyRequest.slice(0, -2)}`);
  const [before] = (await once(socket, 'data')) as [Buffer];
  assert.match(before.toString(), /^HTTP\/1\.1 200 /);

  const stopping = fixture.server.stop({ graceMs: 60_000 });
  const after: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => after.push(chunk));
  socket.write('\r\n');
  await once(socket, 'close');
  const answer = Buffer.concat(after).toString();
  assert.match(answer, /^HTTP\/1\.1 503 /);
  assert.match(answer, /\r\nconnection: close\r\n/i);
  assert.match(answer, /"reason":"STOPPING"/);
  await stopping;
});

test('closes a connection whose answer had begun before the stop as soon as it is read', async () => {
  await using fixture = await createHttpFixture();
  const socket = await connectTo(fixture.url);
  const length = 30_000_000; // more than the buffers of both ends hold
  socket.write(
    `GET /graphql?query=%7Blong(length:${length})%7D HTTP/1.1\r\nHost: localhost\r\nApollo-Require-Preflight: 1\r\n\r\n`,
  );
  let sizeBytes = 0;
  const begun = Promise.withResolvers<string>();
  socket.on('data', (chunk: Buffer) => {
    if (sizeBytes === 0) socket.pause();
    sizeBytes += chunk.length;
    begun.resolve(chunk.toString('latin1'));
  });
  assert.doesNotMatch(await begun.promise, /connection: close/i);
  const stopping = fixture.server.stop({ graceMs: 60_000 });
  socket.resume();
  await once(socket, 'close');
  assert.ok(sizeBytes > length, `read ${sizeBytes} bytes`);
  await stopping;
});

test('cuts what is still open after the grace period', async () => {
  const gate = createGate();
  const graceOver = Promise.withResolvers<void>();
  const slept: number[] = [];
  const clock = {
    ...PATIENT_CLOCK,
    sleep: (durationMs: number) => {
      slept.push(durationMs);
      return graceOver.promise;
    },
  };
  await using fixture = await createHttpFixture({ slow: gate.wait, http: { clock } });
  const answer = assert.rejects(sendRaw(`${fixture.url}/graphql?query=%7Bslow%7D`, PREFLIGHT), {
    code: 'ECONNRESET',
  });
  await gate.entered;
  const stopping = fixture.server.stop({ graceMs: 1_234 });
  graceOver.resolve();
  await answer;
  await stopping;
  assert.deepEqual(slept, [1_234]);
  gate.release();
});

test('stops once, however often it is asked to', async () => {
  await using fixture = await createHttpFixture();
  const first = fixture.server.stop({ graceMs: 1 });
  assert.equal(fixture.server.stop({ graceMs: 1 }), first);
  await first;
});

test('stops before it ever listened', async () => {
  await using fixture = await createHttpFixture();
  await fixture.server.stop({ graceMs: 1 });
  await assert.rejects(fixture.server.listen({ host: '127.0.0.1', port: 0 }));
});
