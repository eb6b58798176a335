import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createLock, forEachConcurrently } from '../../../src/storage/concurrency.ts';

describe('forEachConcurrently', () => {
  it('runs each item once, never more than the limit at a time', async () => {
    let running = 0;
    let highest = 0;
    const seen: number[] = [];
    await forEachConcurrently(
      Array.from({ length: 20 }, (_, index) => index),
      3,
      async (item) => {
        running += 1;
        highest = Math.max(highest, running);
        await Promise.resolve();
        seen.push(item);
        running -= 1;
      },
    );
    assert.equal(highest, 3);
    assert.deepEqual(
      seen.sort((a, b) => a - b),
      Array.from({ length: 20 }, (_, index) => index),
    );
  });

  it('rejects with the first failure, starts nothing after it, and waits for what is under way', async () => {
    const started: number[] = [];
    const finished: number[] = [];
    const running = forEachConcurrently([0, 1, 2, 3, 4, 5], 2, async (item) => {
      started.push(item);
      await Promise.resolve();
      if (item === 1) throw new Error('item 1');
      await Promise.resolve();
      finished.push(item);
    });
    await assert.rejects(running, /item 1/);
    assert.deepEqual(started, [0, 1]);
    assert.deepEqual(finished, [0]);
  });

  it('is done at once with nothing to do', async () => {
    await forEachConcurrently([], 4, () => assert.fail('there is no item'));
  });
});

describe('createLock', () => {
  it('runs one after the other, in order, whatever becomes of them', async () => {
    const inTurn = createLock();
    const steps: string[] = [];
    const work = (name: string, fails: boolean) => async () => {
      steps.push(`${name} starts`);
      await Promise.resolve();
      steps.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    };
    const results = await Promise.allSettled([
      inTurn(work('a', false)),
      inTurn(work('b', true)),
      inTurn(work('c', false)),
    ]);
    assert.deepEqual(steps, ['a starts', 'a ends', 'b starts', 'b ends', 'c starts', 'c ends']);
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
  });
});
