/** Requests of several callers at one time, on the wire. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ANONYMOUS_CALLER, type Caller } from '../../src/core/caller.ts';
import { createHttpFixture, type HttpFixture } from '../support/http-fixture.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { openRawConnection } from '../support/raw-connection.ts';

function toCaller(id: string): Caller {
  return { ...ANONYMOUS_CALLER, id, subject: id, kind: 'USER' };
}

/** Names callers by their header, and holds them all until it has seen so many. */
function identifyTogether(count: number) {
  const all = Promise.withResolvers<void>();
  let seen = 0;
  return async (authorization: string | undefined): Promise<Caller> => {
    seen += 1;
    if (seen === count) all.resolve();
    await all.promise;
    return toCaller(authorization!);
  };
}

/** A clock by which a turn of the event loop has time for one request. */
function createHurriedClock(): () => number {
  let nowMs = 0;
  return () => {
    nowMs += 10;
    return nowMs;
  };
}

test('a burst of one caller does not go before the others: each has its turn', async () => {
  const burst = 30;
  await using fixture = await createHttpFixture({
    http: { identify: identifyTogether(burst + 2), monotonicNowMs: createHurriedClock() },
  });
  const ask = (authorization: string) => fixture.post('{ greeting }', { authorization });
  const asked = Array.from({ length: burst }, () => ask('burst'));
  while (fixture.calls.length > 0) await nextTurn();
  asked.push(ask('other'), ask('third'));
  for (const response of await Promise.all(asked)) assert.equal(response.status, 200);
  const order = fixture.calls.map(({ caller }) => caller.id);
  assert.equal(order.length, burst + 2);
  for (const id of ['other', 'third'])
    assert.ok(order.indexOf(id) <= 3, `${id} came as ${order.indexOf(id)}`);
});

async function untilHeld(fixture: HttpFixture, calls: number): Promise<void> {
  while (fixture.calls.length < calls) await nextTurn();
}

const LIMITS = { callerBytes: 1_000_000, threadBytes: 1_000_000_000 };
const LONG = 32_000_000;

function toRequest(id: string, query: string): string {
  const search = encodeURIComponent(query);
  return `GET /graphql?query=${search} HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${id}\r\nApollo-Require-Preflight: 1\r\n\r\n`;
}

test('a caller who does not read has its next request wait until it does, and other callers do not', async () => {
  await using fixture = await createHttpFixture({
    http: { identify: (header) => toCaller(header!), unreadLimits: LIMITS },
  });
  using reader = await openRawConnection(fixture.url);
  reader.socket.write(toRequest('slow', `{ long(length: ${LONG}) }`));
  await untilHeld(fixture, 1);
  // Answered after the long answer was made, which is in the same turn.
  assert.equal((await fixture.post('{ greeting }', { authorization: 'other' })).status, 200);
  const next = fixture.post('{ greeting }', { authorization: 'slow' });
  assert.equal((await fixture.post('{ greeting }', { authorization: 'other' })).status, 200);
  assert.deepEqual(
    fixture.calls.map(({ caller }) => caller.id),
    ['slow', 'other', 'other'],
  );
  reader.socket.resume();
  assert.equal((await next).status, 200);
});

test('a request that waits until its time is up is answered 503: its body was never parsed, its mutation never executed', async () => {
  const clock = createManualClock();
  await using fixture = await createHttpFixture({
    http: {
      identify: (header) => toCaller(header!),
      unreadLimits: LIMITS,
      requestDeadlineMs: 1_000,
      clock,
      monotonicNowMs: () => clock.now(),
    },
  });
  using reader = await openRawConnection(fixture.url);
  reader.socket.write(toRequest('slow', `{ long(length: ${LONG}) }`));
  await untilHeld(fixture, 1);
  assert.equal((await fixture.post('{ greeting }', { authorization: 'other' })).status, 200);
  const late = ['{"query":"mutation { count }"}', 'no JSON'].map((body) =>
    fetch(`${fixture.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'slow' },
      body,
    }),
  );
  while (clock.pendingCount < 2) await nextTurn();
  await clock.advance(1_000);
  for (const response of await Promise.all(late)) {
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    assert.deepEqual([response.status, errors[0]!.extensions.code], [503, 'DEADLINE_EXCEEDED']);
  }
  assert.equal(fixture.mutationCount(), 0);
});
