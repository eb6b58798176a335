import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { MessageChannel } from 'node:worker_threads';
import { GatewayError } from '../../../src/core/errors.ts';
import { connectMainThread, type ServingHandlers } from '../../../src/serving/main-thread.ts';
import { toRefusal } from '../../../src/serving/serving-protocol.ts';
import { createFakeSnapshot } from '../../support/refresh-fixtures.ts';
import { ADDRESS, type FakeAnswers, settle } from '../../support/serving-pool-harness.ts';

class FakePort extends EventEmitter {
  readonly posted: unknown[] = [];
  postMessage(message: unknown): void {
    this.posted.push(message);
  }
}

function setUp(overrides: Partial<ServingHandlers<string>> = {}) {
  const port = new FakePort();
  const mainThread = connectMainThread<FakeAnswers, string>(port);
  const calls: unknown[] = [];
  mainThread.follow({
    serve: async (snapshot, address, policy) =>
      void calls.push(['serve', snapshot?.manifest.revision, address, policy]),
    publish: (snapshot) => void calls.push(['publish', snapshot.manifest.revision]),
    adoptPolicy: (policy) => void calls.push(['policy', policy]),
    gather: async () => 'measured',
    stop: async (grace) => void calls.push(['stop', grace]),
    ...overrides,
  });
  return { port, mainThread, calls };
}

test('says that it is ready, and then does what it is told', async () => {
  const { port, calls } = setUp();
  const policy = { grants: [], issuers: [] };
  port.emit('message', {
    type: 'serve',
    snapshot: createFakeSnapshot({ revision: 1 }),
    address: ADDRESS,
    policy: null,
  });
  await settle();
  port.emit('message', { type: 'publish', callId: 1, snapshot: createFakeSnapshot({ revision: 2 }) });
  port.emit('message', { type: 'policy', callId: 2, policy });
  port.emit('message', { type: 'gather', callId: 3 });
  await settle();
  port.emit('message', { type: 'stop', graceMs: 5 });
  await settle();
  assert.deepEqual(calls, [
    ['serve', 1, ADDRESS, null],
    ['publish', 2],
    ['policy', policy],
    ['stop', { graceMs: 5 }],
  ]);
  assert.deepEqual(port.posted, [
    { type: 'booted' },
    { type: 'listening' },
    { type: 'done', callId: 1, measurements: null },
    { type: 'done', callId: 2, measurements: null },
    { type: 'done', callId: 3, measurements: 'measured' },
    { type: 'stopped' },
  ]);
});

test('acknowledges a snapshot in the same turn, after it has switched', () => {
  const order: string[] = [];
  const { port } = setUp({ publish: () => void order.push('switched') });
  port.postMessage = () => void order.push('acknowledged');
  port.emit('message', { type: 'publish', callId: 1, snapshot: createFakeSnapshot() });
  assert.deepEqual(order, ['switched', 'acknowledged']);
});

test('says that it listens when it does', async () => {
  const listening = Promise.withResolvers<void>();
  const { port } = setUp({ serve: () => listening.promise });
  port.emit('message', { type: 'serve', snapshot: null, address: ADDRESS });
  await settle();
  assert.deepEqual(port.posted, [{ type: 'booted' }]);
  listening.resolve();
  await settle();
  assert.deepEqual(port.posted, [{ type: 'booted' }, { type: 'listening' }]);
});

test('gives each question its own answer, in whatever order they come', async () => {
  const { port, mainThread } = setUp();
  const status = mainThread.ask('status');
  const refresh = assert.rejects(mainThread.ask('requestRefresh'), {
    code: 'REFRESH_CANCELLED',
    message: 'The gateway is stopping.',
  });
  assert.deepEqual(port.posted.slice(1), [
    { type: 'ask', callId: 1, question: 'status' },
    { type: 'ask', callId: 2, question: 'requestRefresh' },
  ]);
  const refusal = toRefusal(new GatewayError('REFRESH_CANCELLED', 'The gateway is stopping.'));
  port.emit('message', { type: 'answer', callId: 2, answer: null, refusal });
  port.emit('message', { type: 'answer', callId: 1, answer: 'IDLE', refusal: null });
  await refresh;
  assert.equal(await status, 'IDLE');
});

test('asks with what the main thread needs to know', async () => {
  const { port, mainThread } = setUp();
  const doubled = mainThread.ask('double', 21);
  assert.deepEqual(port.posted.slice(1), [{ type: 'ask', callId: 1, question: 'double', argument: 21 }]);
  port.emit('message', { type: 'answer', callId: 1, answer: 42, refusal: null });
  assert.equal(await doubled, 42);
});

test('a snapshot crosses a real channel without being copied', async (t) => {
  const { port1, port2 } = new MessageChannel();
  t.after(() => port1.close());
  const crossed = Promise.withResolvers<SharedArrayBuffer>();
  connectMainThread<FakeAnswers, string>(port2).follow({
    serve: async () => {},
    publish: ({ segments }) => crossed.resolve(segments.get('data')!),
    adoptPolicy: () => {},
    gather: async () => '',
    stop: async () => {},
  });
  const snapshot = createFakeSnapshot({ revision: 2 });
  port1.postMessage({ type: 'publish', callId: 1, snapshot });
  const segment = await crossed.promise;
  new Uint8Array(segment)[0] = 42;
  assert.equal(new Uint8Array(snapshot.segments.get('data')!)[0], 42);
  await once(port1, 'message');
});
