import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSliceRunner, type SliceRunner } from '../../../src/graphql/slices.ts';
import type { Work } from '../../../src/snapshot/work.ts';

/** A runner on a clock that only work moves, and work whose pieces take a millisecond each. */
function createManualRunner(turnMs = 10) {
  let nowMs = 0;
  const runner: SliceRunner = createSliceRunner({ turnMs, monotonicNowMs: () => nowMs });
  const work = function* <Result>(pieces: number, result: Result, done: string[] = []): Work<Result> {
    for (let piece = 0; piece < pieces; piece += 1) {
      nowMs += 1;
      yield;
    }
    done.push(String(result));
    return result;
  };
  return { runner, work, nowMs: () => nowMs };
}

describe('the slice runner', () => {
  test('gives the result of short work at once', () => {
    const { runner, work } = createManualRunner();
    assert.equal(runner.run(work(9, 'short')), 'short');
  });

  test('puts work aside that outlasts the turn, and goes on in later turns', async () => {
    const { runner, work, nowMs } = createManualRunner();
    const result = runner.run(work(45, 'long'));
    assert.ok(result instanceof Promise);
    assert.equal(nowMs(), 10);
    await nextTurn();
    assert.equal(nowMs(), 20);
    assert.equal(await result, 'long');
    assert.equal(nowMs(), 45);
  });

  test('counts all that runs at once in a turn together, and starts afresh in the next', async () => {
    const { runner, work } = createManualRunner();
    assert.equal(runner.run(work(6, 'first')), 'first');
    assert.ok(runner.run(work(6, 'second')) instanceof Promise);
    const third = runner.run(work(1, 'third'));
    assert.ok(third instanceof Promise);
    assert.equal(await third, 'third');
    assert.equal(runner.run(work(6, 'fourth')), 'fourth');
  });

  test('ends a turn with what is done in it, so that nothing is done before that was used', async () => {
    const { runner, work } = createManualRunner();
    const order: string[] = [];
    const note = (text: string) => () => void order.push(text);
    // The first takes the whole turn in which it was begun.
    for (const name of ['a', 'b', 'c', 'd'])
      void Promise.resolve(runner.run(work(name === 'a' ? 10 : 1, name))).then(note(name));
    for (let turn = 1; turn <= 4; turn += 1) {
      await nextTurn();
      assert.equal(order.length, turn);
    }
    assert.deepEqual(order, ['a', 'b', 'c', 'd']);
  });

  test('lets short work pass long work in the queue', async () => {
    const { runner, work } = createManualRunner();
    const done: string[] = [];
    const results = [work(400, 'long', done), work(13, 'short', done)].map((each) => runner.run(each));
    assert.deepEqual(await Promise.all(results), ['long', 'short']);
    assert.deepEqual(done, ['short', 'long']);
  });

  test('runs new short work at once while long work is under way', async () => {
    const { runner, work } = createManualRunner();
    const long = runner.run(work(100, 'long'));
    await nextTurn();
    assert.equal(runner.run(work(3, 'short')), 'short');
    assert.equal(await long, 'long');
  });

  test('fails as the work fails, at once or later', async () => {
    const { runner, work } = createManualRunner();
    const failing = function* (pieces: number): Work<never> {
      yield* work(pieces, '');
      throw new Error('no such thing');
    };
    assert.throws(() => runner.run(failing(1)), /no such thing/);
    await assert.rejects(async () => runner.run(failing(30)), /no such thing/);
    assert.equal(await runner.run(work(1, 'alive')), 'alive');
  });

  test('stops work that is to end, with the error that says why, and goes on with the rest', async () => {
    const { runner, work } = createManualRunner();
    const end = new Error('nobody waits');
    let isGone = false;
    let hasCleanedUp = false;
    const abandoned = function* (): Work<string> {
      try {
        return yield* work(1_000, 'never');
      } finally {
        hasCleanedUp = true;
      }
    };
    const result = runner.run(abandoned(), () => (isGone ? end : undefined));
    const other = runner.run(work(50, 'other'));
    isGone = true;
    await assert.rejects(async () => result, end);
    assert.ok(hasCleanedUp);
    assert.equal(await other, 'other');
  });

  test('never runs longer than its turn in one go, however much is asked for', async () => {
    const { runner, work, nowMs } = createManualRunner();
    const started = Array.from({ length: 50 }, (_, index) => runner.run(work(8, index)));
    assert.ok(nowMs() <= 18, `${nowMs()} ms went by in one turn`);
    assert.deepEqual(await Promise.all(started), [...started.keys()]);
  });
});
