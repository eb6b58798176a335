import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { SetCache } from '../../../src/snapshot/set-cache.ts';
import { done, finish, type Work } from '../../../src/snapshot/work.ts';

/** Bytes that an entry of this content takes, with what is charged for each. */
const CONTENT_BYTES = 1_000;
const ENTRY_BYTES = 1_300;

function createCounted(limitBytes: number) {
  const cache = new SetCache(limitBytes);
  const started: string[] = [];
  const work = function* (key: string, pieces = 3): Work<string> {
    started.push(key);
    for (let piece = 0; piece < pieces; piece += 1) yield;
    return `result of ${key}`;
  };
  const share = (key: string, pieces?: number): Work<string> =>
    cache.share(
      key,
      () => work(key, pieces),
      () => CONTENT_BYTES,
    );
  return { cache, started, share };
}

describe('the cache of sets', () => {
  test('does the same work once', () => {
    const { started, share } = createCounted(100_000);
    assert.equal(finish(share('a')), 'result of a');
    assert.equal(finish(share('a')), 'result of a');
    assert.equal(finish(share('b')), 'result of b');
    assert.deepEqual(started, ['a', 'b']);
  });

  test('keeps what it says it can keep, under a key of usual length', () => {
    const key = 'k'.repeat(120);
    for (const limitBytes of [0, 2_000, 4_000, 40_000]) {
      for (let bytes = 0; bytes < 12_000; bytes += 100) {
        const cache = new SetCache(limitBytes);
        finish(
          cache.share(
            key,
            () => done('result'),
            () => bytes,
          ),
        );
        if (cache.canKeep(bytes)) assert.ok(cache.has(key), `${bytes} of ${limitBytes}`);
        else assert.ok(bytes + 1_000 > limitBytes / 4, `${bytes} of ${limitBytes}`);
      }
    }
  });

  test('shares work under way between all who drive it, each piece done once', () => {
    const { started, share } = createCounted(100_000);
    const drivers = [share('a', 10), share('a', 10)];
    let steps = 0;
    const results = new Set<string>();
    while (results.size < 1 || steps < 11) {
      for (const driver of drivers) {
        const step = driver.next();
        steps += 1;
        if (step.done === true && step.value !== undefined) results.add(step.value);
      }
    }
    assert.deepEqual(started, ['a']);
    assert.deepEqual([...results], ['result of a']);
    assert.ok(steps <= 14, `${steps} steps for eleven pieces`);
  });

  test('goes on for the others when one of them gives up, and stops when all have', () => {
    let isCleanedUp = false;
    const cache = new SetCache(100_000);
    const work = function* (): Work<number> {
      try {
        for (let piece = 0; piece < 10; piece += 1) yield;
        return 42;
      } finally {
        isCleanedUp = true;
      }
    };
    const share = (): Work<number> => cache.share('a', work, () => CONTENT_BYTES);
    const [first, second] = [share(), share()];
    first.next();
    second.next();
    first.return(0);
    assert.equal(isCleanedUp, false);
    assert.equal(finish(second), 42);

    isCleanedUp = false;
    const third = cache.share('b', work, () => CONTENT_BYTES);
    third.next();
    third.return(0);
    assert.equal(isCleanedUp, true);
    assert.equal(cache.has('b'), false);
  });

  test('keeps no failure, and gives it to all who wait for it', () => {
    const cache = new SetCache(100_000);
    let attempts = 0;
    const failing = function* (): Work<number> {
      attempts += 1;
      yield;
      yield;
      throw new Error('broken');
    };
    const share = (): Work<number> => cache.share('a', failing, () => CONTENT_BYTES);
    const [first, second] = [share(), share()];
    first.next();
    second.next();
    assert.throws(() => finish(first), /broken/);
    assert.throws(() => finish(second), /broken/);
    assert.throws(() => finish(share()), /broken/);
    assert.equal(attempts, 2);
  });

  test('stays within its bytes, and drops first what was asked for longest ago', () => {
    const { cache, started, share } = createCounted(8 * ENTRY_BYTES);
    for (let index = 0; index < 50; index += 1) {
      finish(share(`k${index}`));
      assert.ok(cache.bytes <= 8 * ENTRY_BYTES);
    }
    assert.equal(cache.has('k49'), true);
    assert.equal(cache.has('k0'), false);
    assert.equal(started.length, 50);
  });

  test('keeps what is asked for again through a flood of what is not', () => {
    const { cache, share } = createCounted(8 * ENTRY_BYTES);
    finish(share('often'));
    finish(share('often'));
    for (let index = 0; index < 100; index += 1) finish(share(`instant ${index}`));
    assert.equal(cache.has('often'), true);
  });

  test('gives way when other things are asked for again', () => {
    const { cache, share } = createCounted(8 * ENTRY_BYTES);
    for (let index = 0; index < 20; index += 1) {
      finish(share(`k${index}`));
      finish(share(`k${index}`));
      assert.ok(cache.bytes <= 8 * ENTRY_BYTES);
    }
    assert.equal(cache.has('k0'), false);
    assert.equal(cache.has('k19'), true);
  });

  test('does not keep what would take more than a quarter of it', () => {
    const { cache, started, share } = createCounted(3 * ENTRY_BYTES);
    finish(share('a'));
    finish(share('a'));
    assert.deepEqual(started, ['a', 'a']);
    assert.equal(cache.bytes, 0);
  });
});
