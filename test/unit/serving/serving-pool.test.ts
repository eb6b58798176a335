import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import { createFakeSnapshot } from '../../support/refresh-fixtures.ts';
import { ADDRESS, settle, setUpPool } from '../../support/serving-pool-harness.ts';

const FIRST = createFakeSnapshot({ revision: 1 });
const SECOND = createFakeSnapshot({ revision: 2 });
const POLICY = { grants: [], issuers: [] };

/** A pool whose threads all listen. */
async function startPool(names: readonly string[], overrides: Parameters<typeof setUpPool>[1] = {}) {
  const context = setUpPool(names, overrides);
  const started = context.pool.start(FIRST, ADDRESS);
  for (const thread of context.spawned) thread.listen();
  await started;
  return context;
}

test('without names it has no thread, and is started, published to and stopped at once', async () => {
  const { pool, spawned } = setUpPool([]);
  await pool.start(null, ADDRESS);
  await pool.publish(FIRST);
  assert.deepEqual(await pool.gather(), []);
  await pool.stop({ graceMs: 1_000 });
  assert.deepEqual(spawned, []);
});

test('starts a thread for each name, tells it what to serve and where, and resolves when all listen', async () => {
  const { pool, spawned, events } = setUpPool(['serving-2', 'serving-3']);
  let isStarted = false;
  const started = pool.start(FIRST, ADDRESS).then(() => {
    isStarted = true;
  });
  assert.deepEqual(
    spawned.map(({ name }) => name),
    ['serving-2', 'serving-3'],
  );
  assert.deepEqual(spawned[0]!.told, [], 'a thread that boots is not told anything yet');
  spawned[0]!.listen();
  assert.deepEqual(spawned[0]!.told, [{ type: 'serve', snapshot: FIRST, address: ADDRESS, policy: null }]);
  await settle();
  assert.deepEqual([isStarted, pool.countListening()], [false, 1]);
  spawned[1]!.listen();
  await started;
  assert.equal(pool.countListening(), 2);
  assert.deepEqual(events, ['serving-2 listens', 'serving-3 listens']);
});

test('has published when every thread has switched, and not before', async () => {
  const { pool, spawned } = await startPool(['serving-2', 'serving-3']);
  let isPublished = false;
  const published = pool.publish(SECOND).then(() => {
    isPublished = true;
  });
  for (const thread of spawned) assert.equal(thread.findTold('publish')?.snapshot, SECOND);
  spawned[0]!.done('publish');
  await settle();
  assert.equal(isPublished, false);
  spawned[1]!.done('publish');
  await published;
});

test('does not wait for a thread that ends while it switches', async () => {
  const { pool, spawned } = await startPool(['serving-2', 'serving-3']);
  const published = pool.publish(SECOND);
  spawned[0]!.done('publish');
  spawned[1]!.die(new Error('gone'));
  await published;
});

test('gives a thread that starts while a publication goes on the newest snapshot, and does not wait for it', async () => {
  const { pool, spawned } = await startPool(['serving-2']);
  spawned[0]!.die();
  await settle();
  const replacement = spawned[1]!;
  await pool.publish(SECOND);
  assert.equal(replacement.findTold('publish'), undefined);
  replacement.listen();
  assert.equal(replacement.findTold('serve')?.snapshot, SECOND);
});

test('waits for a thread that was told what to serve and does not listen yet', async () => {
  const { pool, spawned } = await startPool(['serving-2']);
  spawned[0]!.die();
  await settle();
  const replacement = spawned[1]!;
  replacement.say({ type: 'booted' });
  const published = pool.publish(SECOND);
  assert.equal(replacement.findTold('publish')?.snapshot, SECOND);
  replacement.say({ type: 'listening' });
  replacement.done('publish');
  await published;
});

test('ends a thread that does not switch within 10 s, and replaces it', async () => {
  const { pool, spawned, clock, events } = await startPool(['serving-2']);
  const published = pool.publish(SECOND);
  await clock.advance(9_999);
  assert.equal(spawned[0]!.isTerminated, false);
  await clock.advance(1);
  await published;
  assert.equal(spawned[0]!.isTerminated, true);
  assert.equal(events.at(-1), 'serving-2 UNRESPONSIVE 0');
  assert.equal(spawned.length, 2);
});

test('hands a new policy to every thread, and has done so when each of them has switched', async () => {
  const { pool, spawned } = await startPool(['serving-2', 'serving-3']);
  let isAdopted = false;
  const adopted = pool.adoptPolicy(POLICY).then(() => {
    isAdopted = true;
  });
  for (const thread of spawned) assert.equal(thread.findTold('policy')?.policy, POLICY);
  spawned[0]!.done('policy');
  await settle();
  assert.equal(isAdopted, false);
  spawned[1]!.done('policy');
  await adopted;
});

test('gives a thread that starts later the newest policy from its beginning', async () => {
  const { pool, spawned } = await startPool(['serving-2']);
  spawned[0]!.die();
  await settle();
  await pool.adoptPolicy(POLICY);
  spawned[1]!.listen();
  assert.equal(spawned[1]!.findTold('serve')?.policy, POLICY);
  assert.equal(spawned[1]!.findTold('policy'), undefined);
});

test('ends a thread that does not take a new policy within 10 s: it would let in who may not', async () => {
  const { pool, clock, events } = await startPool(['serving-2']);
  const adopted = pool.adoptPolicy(POLICY);
  await clock.advance(10_000);
  await adopted;
  assert.equal(events.at(-1), 'serving-2 UNRESPONSIVE 0');
});

test('replaces a thread that ends: at once, then after doubling waits of a minute at most', async () => {
  const { spawned, clock, events } = await startPool(['serving-2']);
  events.length = 0;
  for (const waitMs of [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    const count = spawned.length;
    spawned.at(-1)!.die(new Error('again'));
    await settle();
    assert.equal(events.at(-1), `serving-2 ERROR ${waitMs}`);
    if (waitMs > 0) {
      await clock.advance(waitMs - 1);
      assert.equal(spawned.length, count);
      await clock.advance(1);
    }
    assert.equal(spawned.length, count + 1);
  }
});

test('takes the end of a thread that has listened for a minute for a first one', async () => {
  const { spawned, clock, events } = await startPool(['serving-2']);
  spawned[0]!.die();
  await settle();
  spawned[1]!.listen();
  await settle();
  await clock.advance(60_000);
  spawned[1]!.die();
  await settle();
  assert.equal(events.at(-1), 'serving-2 EXIT 0');
});

test('keeps the other threads while one is replaced', async () => {
  const { pool, spawned } = await startPool(['serving-2', 'serving-3']);
  spawned[0]!.die();
  await settle();
  assert.equal(pool.countListening(), 1);
  const published = pool.publish(SECOND);
  spawned[1]!.done('publish');
  await published;
  assert.equal(spawned[1]!.isTerminated, false);
});

test('tells a thread that ran out of memory from one that failed', async () => {
  const { spawned, events } = await startPool(['serving-2']);
  spawned[0]!.die(Object.assign(new Error('limit'), { code: 'ERR_WORKER_OUT_OF_MEMORY' }));
  await settle();
  assert.equal(events.at(-1), 'serving-2 OUT_OF_MEMORY 0');
});

test('cannot be started when a thread ends three times before it listens; says why, and what to do', async () => {
  const { pool, spawned, clock } = setUpPool(['serving-2']);
  const started = assert.rejects(pool.start(FIRST, ADDRESS), {
    code: 'INTERNAL_SERVER_ERROR',
    message:
      'The thread serving-2 must start to serve, but ended 3 times before it did: Error: no memory?sig=[redacted]. ' +
      'Start with WORKERS=1, or see the log for the cause and check the memory that the process may use.',
  });
  for (const waitMs of [0, 1_000, 0]) {
    spawned.at(-1)!.die(new Error('no memory?sig=abc'));
    await clock.advance(waitMs);
  }
  await started;
  await pool.stop({ graceMs: 0 });
});

test('a thread that cannot even be spawned counts like one that ended', async () => {
  const { pool, clock, events } = setUpPool(['serving-2'], {
    spawn: () => {
      throw new Error('EAGAIN');
    },
  });
  const started = assert.rejects(pool.start(FIRST, ADDRESS), /ended 3 times before it did: Error: EAGAIN/);
  await clock.advance(1_000);
  await started;
  assert.deepEqual(events, ['serving-2 ERROR 0', 'serving-2 ERROR 1000', 'serving-2 ERROR 2000']);
  await pool.stop({ graceMs: 0 });
});

test('gathers what every thread measured, and keeps the counts of those that ended', async () => {
  const { pool, spawned } = await startPool(['serving-2', 'serving-3']);
  const gathered = pool.gather();
  spawned[0]!.done('gather', [2]);
  spawned[1]!.done('gather', [3]);
  assert.deepEqual(await gathered, [[2], [3]]);

  spawned[0]!.die();
  await settle();
  const later = pool.gather();
  spawned[1]!.done('gather', [5]);
  assert.deepEqual(await later, [[5], [2]]);
});

test('takes what a busy thread said last when it does not answer within a second', async () => {
  const { pool, spawned, clock } = await startPool(['serving-2']);
  const first = pool.gather();
  await clock.advance(1_000);
  assert.deepEqual(await first, []);
  const second = pool.gather();
  spawned[0]!.done('gather', [7]);
  assert.deepEqual(await second, [[7]]);
  const third = pool.gather();
  await clock.advance(1_000);
  assert.deepEqual(await third, [[7]]);
});

test('answers the questions of its threads, refusals included', async () => {
  const { spawned } = await startPool(['serving-2'], {
    answers: {
      requestRefresh: () => {
        throw new GatewayError('REFRESH_CANCELLED', 'The gateway is stopping.');
      },
    },
  });
  const [thread] = spawned;
  thread!.say({ type: 'ask', callId: 8, question: 'status' });
  await settle();
  assert.deepEqual(thread!.findTold('answer'), { type: 'answer', callId: 8, answer: 'IDLE', refusal: null });
  thread!.say({ type: 'ask', callId: 9, question: 'requestRefresh' });
  await settle();
  assert.deepEqual(thread!.findTold('answer'), {
    type: 'answer',
    callId: 9,
    answer: null,
    refusal: { code: 'REFRESH_CANCELLED', message: 'The gateway is stopping.', causeText: null },
  });
});

test('answers a question by what it is asked with', async () => {
  const { spawned } = await startPool(['serving-2']);
  spawned[0]!.say({ type: 'ask', callId: 8, question: 'double', argument: 21 });
  await settle();
  assert.equal(spawned[0]!.findTold('answer')?.answer, 42);
});

test('masks what is not an error of the gateway, without its secrets', async () => {
  const { spawned } = await startPool(['serving-2'], {
    answers: {
      status: () => {
        throw new Error('https://blob.example/part?sig=secret');
      },
    },
  });
  spawned[0]!.say({ type: 'ask', callId: 1, question: 'status' });
  await settle();
  const refusal = spawned[0]!.findTold('answer')?.refusal;
  assert.equal(refusal?.code, 'INTERNAL_SERVER_ERROR');
  assert.doesNotMatch(JSON.stringify(refusal), /secret/);
});

test('a stop drains the threads together, and replaces none', async () => {
  const { pool, spawned, events } = await startPool(['serving-2', 'serving-3']);
  events.length = 0;
  let isStopped = false;
  const stopped = pool.stop({ graceMs: 20_000 }).then(() => {
    isStopped = true;
  });
  for (const thread of spawned) assert.equal(thread.findTold('stop')?.graceMs, 20_000);
  spawned[0]!.say({ type: 'stopped' });
  await settle();
  assert.deepEqual([isStopped, spawned[1]!.isTerminated], [false, false]);
  spawned[1]!.say({ type: 'stopped' });
  await stopped;
  assert.deepEqual([spawned.length, events], [2, []]);
});

test('a stop ends what still runs 2 s after the grace period, and what has not begun at once', async () => {
  const { pool, spawned, clock } = await startPool(['serving-2', 'serving-3']);
  spawned[1]!.die();
  await settle();
  const stopped = pool.stop({ graceMs: 5_000 });
  assert.equal(spawned[2]!.isTerminated, true, 'it boots yet');
  await clock.advance(6_999);
  assert.equal(spawned[0]!.isTerminated, false);
  await clock.advance(1);
  await stopped;
  assert.equal(spawned[0]!.isTerminated, true);
});

test('a stop ends the wait for a start, and for a publication', async () => {
  const { pool, spawned } = setUpPool(['serving-2']);
  const started = pool.start(FIRST, ADDRESS);
  spawned[0]!.say({ type: 'booted' });
  const published = pool.publish(SECOND);
  await pool.stop({ graceMs: 0 });
  await Promise.all([started, published]);
});
