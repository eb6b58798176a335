import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ANONYMOUS_CALLER } from '../../../src/core/caller.ts';
import { createRequestAccount } from '../../../src/graphql/request-account.ts';
import { createRequestDeadline } from '../../../src/graphql/request-deadline.ts';
import { type RequestFacts, runWork } from '../../../src/graphql/request-facts.ts';
import { createSliceRunner } from '../../../src/graphql/slices.ts';
import type { Work } from '../../../src/snapshot/work.ts';
import { openSmallInventory } from '../../support/small-inventory.ts';

function createRequest(limitMs = 100) {
  let nowMs = 5_000;
  let isGone = false;
  const watching = new Set<() => void>();
  const deadline = createRequestDeadline({
    arrivedAtMs: 5_000,
    limitMs,
    isAbandoned: () => isGone,
    watchCaller: (onChange) => {
      watching.add(onChange);
      return () => watching.delete(onChange);
    },
    monotonicNowMs: () => nowMs,
  });
  const facts: RequestFacts = {
    caller: ANONYMOUS_CALLER,
    snapshot: openSmallInventory(),
    nowMs: 0,
    slices: createSliceRunner({ turnMs: 0, monotonicNowMs: () => nowMs }),
    deadline,
    account: createRequestAccount(),
  };
  return {
    deadline,
    facts,
    pass: (durationMs: number) => {
      nowMs += durationMs;
    },
    leave: () => {
      isGone = true;
      for (const onChange of watching) onChange();
    },
    countWatching: () => watching.size,
  };
}

describe('the deadline of a request', () => {
  test('is over when its time is up, and not before, and says which limit it was', () => {
    const { deadline, pass } = createRequest();
    pass(99);
    assert.equal(deadline.findEnd(), undefined);
    pass(1);
    const end = deadline.findEnd();
    assert.equal(end?.code, 'DEADLINE_EXCEEDED');
    assert.match(end?.message ?? '', /within 100 ms/);
    assert.equal(end?.rule, 'be there within 100 ms');
  });

  test('is over when its caller is gone, which is another message', () => {
    const { deadline, leave } = createRequest();
    leave();
    assert.match(deadline.findEnd()?.message ?? '', /connection was closed/);
  });

  test('stays over, with one and the same error', () => {
    const { deadline, pass, leave } = createRequest();
    pass(100);
    const end = deadline.findEnd();
    leave();
    pass(-1_000);
    assert.equal(deadline.findEnd(), end);
    assert.equal(deadline.glance(), end);
  });

  test('never comes when there is no limit', () => {
    const { deadline, pass } = createRequest(0);
    pass(1e12);
    assert.equal(deadline.findEnd(), undefined);
  });

  test('is found by 64 glances, and by each one after that', () => {
    const { deadline, pass } = createRequest();
    for (let call = 0; call < 1_000; call += 1) assert.equal(deadline.glance(), undefined);
    pass(100);
    let calls = 0;
    while (deadline.glance() === undefined) calls += 1;
    assert.ok(calls < 64, `${calls} calls`);
    assert.match(deadline.glance()?.message ?? '', /within 100 ms/);
  });

  test('is told to who waits, once, whether it is there already or comes', async () => {
    const { deadline, leave, countWatching } = createRequest();
    const told: string[] = [];
    deadline.watch(({ message }) => told.push(message));
    deadline.watch(() => told.push('too many'))();
    leave();
    leave();
    assert.equal(told.length, 1);
    assert.match(told[0]!, /connection was closed/);
    assert.equal(countWatching(), 0);
    deadline.watch(({ message }) => told.push(message));
    assert.deepEqual(told, [told[0], told[0]]);
  });

  test('is told when the time is up, to who waits for nothing else', async () => {
    const deadline = createRequestDeadline({
      arrivedAtMs: performance.now(),
      limitMs: 5,
      isAbandoned: () => false,
      watchCaller: () => () => undefined,
      monotonicNowMs: () => performance.now(),
    });
    const end = await new Promise<Error>((resolve) => deadline.watch(resolve));
    assert.match(end.message, /within 5 ms/);
    assert.ok(deadline.elapsedMs() >= 5);
  });

  test('ends work between two pieces, and begins none', async () => {
    const { facts, pass } = createRequest();
    let pieces = 0;
    let piecesAfter = 0;
    const work = function* (): Work<string> {
      for (;;) {
        pieces += 1;
        if (pieces > 10) piecesAfter += 1;
        if (pieces === 10) pass(100);
        yield;
      }
    };
    await assert.rejects(async () => runWork(facts, work()), /within 100 ms/);
    assert.deepEqual([pieces, piecesAfter], [10, 0]);
    await assert.rejects(async () => runWork(facts, work()), /within 100 ms/);
    assert.equal(pieces, 10);
  });
});
