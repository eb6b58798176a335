import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { ANONYMOUS_CALLER, type Caller } from '../../../src/core/caller.ts';
import { createRequestGate, type GatedRequest } from '../../../src/http/request-gate.ts';
import { createManualClock, settle } from '../../support/manual-clock.ts';

const MEBIBYTE = 1_048_576;
/** 16 MiB of an answer, as it is counted beforehand. */
const DEAR = (16 * MEBIBYTE) / 128;

class FakeAnswer extends EventEmitter {
  destroyed = false;
  close(): void {
    this.destroyed = true;
    this.emit('close');
  }
}

function createHarness(deadlineMs = 1_000) {
  const clock = createManualClock();
  const gate = createRequestGate({ deadlineMs, clock, monotonicNowMs: () => clock.now() });
  const open = (id: string) => {
    const answer = new FakeAnswer();
    const caller: Caller =
      id === 'anybody' ? ANONYMOUS_CALLER : { ...ANONYMOUS_CALLER, id, subject: id, kind: 'USER' };
    const request: GatedRequest = {
      caller,
      connection: {} as Socket,
      answer: answer as never,
      arrivedAtMs: clock.now(),
    };
    const gated = gate.open(request);
    const taking = (cost: number) => {
      const taken = { state: 'waiting' };
      gated.takeCost(cost).then(
        () => {
          taken.state = 'taken';
        },
        (error: { code: string }) => {
          taken.state = error.code;
        },
      );
      return taken;
    };
    return { request, answer, gated, taking };
  };
  return { clock, gate, open };
}

test('a dear operation waits while answers to its caller are expected or unread, and a cheap one or another caller does not', async () => {
  const { open } = createHarness();
  const first = open('a');
  const second = open('a');
  const third = open('a');
  const states = [first, second, third, open('b')].map(({ taking }) => taking(DEAR));
  const cheap = open('a').taking(1_000);
  await settle();
  assert.deepEqual(
    [...states, cheap].map(({ state }) => state),
    ['taken', 'taken', 'waiting', 'taken', 'taken'],
  );
  first.gated.become(20 * MEBIBYTE);
  await settle();
  assert.equal(states[2]!.state, 'waiting');
  first.answer.close();
  await settle();
  assert.equal(states[2]!.state, 'taken');
});

test('an answer that is much shorter than expected lets the next operation in before it is read', async () => {
  const { open } = createHarness();
  const requests = [open('a'), open('a'), open('a')];
  const states = requests.map(({ taking }) => taking(DEAR));
  requests[0]!.gated.become(100);
  await settle();
  assert.deepEqual(
    states.map(({ state }) => state),
    ['taken', 'taken', 'taken'],
  );
});

test('an operation that waits too long, or for nobody, is not executed', async () => {
  const { open, clock } = createHarness();
  open('a').taking(3 * DEAR);
  const late = open('a').taking(DEAR);
  const gone = open('a');
  const leaving = gone.taking(DEAR);
  await settle();
  gone.answer.close();
  await settle();
  assert.deepEqual([late.state, leaving.state], ['waiting', 'DEADLINE_EXCEEDED']);
  await clock.advance(1_000);
  assert.equal(late.state, 'DEADLINE_EXCEEDED');
  assert.equal(clock.pendingCount, 0);
});

test('requests of a caller wait while it has too much to read, until it has read it or their time is up', async () => {
  const { open, gate, clock } = createHarness();
  const unread = open('a');
  unread.gated.become(32 * MEBIBYTE);
  const outcomes: string[] = [];
  const enter = (name: string, id: string) =>
    gate.enter(open(id).request, (error) => outcomes.push(`${name}: ${error?.code ?? 'begun'}`));
  enter('late', 'a');
  await clock.advance(500);
  enter('patient', 'a');
  enter('other', 'b');
  await clock.advance(500);
  assert.deepEqual(outcomes, ['other: begun', 'late: DEADLINE_EXCEEDED']);
  unread.answer.close();
  await settle();
  assert.deepEqual(outcomes.slice(2), ['patient: begun']);
  assert.equal(clock.pendingCount, 0);
});

test('a caller of whom 200 requests wait has a further one refused, and others have none', async () => {
  const { open, gate, clock } = createHarness();
  open('a').gated.become(32 * MEBIBYTE);
  const enter = (id: string) => {
    let outcome: unknown = 'waiting';
    gate.enter(open(id).request, (error) => {
      outcome = error?.retryAtMs === undefined ? (error?.code ?? 'begun') : [error.code, error.retryAtMs];
    });
    return () => outcome;
  };
  const burst = Array.from({ length: 201 }, () => enter('a'));
  assert.deepEqual(
    burst.map((read) => read()),
    [...Array<string>(200).fill('waiting'), ['RATE_LIMITED', clock.now() + 1_000]],
  );
  const other = enter('b');
  await settle();
  assert.equal(other(), 'begun');
  await clock.advance(1_000);
  assert.equal(burst[0]!(), 'DEADLINE_EXCEEDED');
  assert.equal(enter('a')(), 'waiting', 'those whose time is up have left');
});

test('where nobody is identified a burst waits for the thread, and a thousand may', async () => {
  const { open, gate } = createHarness();
  open('anybody').gated.become(256 * MEBIBYTE);
  const outcomes: string[] = [];
  for (let count = 0; count < 1_001; count += 1)
    gate.enter(open('anybody').request, (error) => outcomes.push(error?.code ?? 'begun'));
  assert.deepEqual(outcomes, ['RATE_LIMITED']);
});
