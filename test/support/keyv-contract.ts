/**
 * What every Keyv storage adapter must do: the cases of Keyv's own adapter suite, for node:test. Run it
 * over each adapter. Time is moved, never waited for: Keyv reads `Date.now()`, which the tests mock.
 */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import type { Keyv } from 'keyv';

export interface KeyvSubject extends AsyncDisposable {
  /** A Keyv over the adapter under test; the same namespace gives the same entries. */
  createKeyv(namespace: string): Keyv;
}

export interface KeyvContractOptions {
  /** Opens an empty store. */
  readonly open: (t: TestContext) => Promise<KeyvSubject>;
  /** Why the adapter cannot be tested here. */
  readonly skip?: string | false;
  /** The adapter's own expiry follows a clock that the test cannot move; Keyv's is tested still. */
  readonly expiresByServer?: boolean;
}

const NOW_MS = Date.UTC(2026, 0, 15);

/** Registers the suite for one adapter. */
export function testKeyvContract(name: string, options: KeyvContractOptions): void {
  const { skip = false, expiresByServer = false } = options;
  const test = (
    title: string,
    run: (keyv: Keyv, t: TestContext, subject: KeyvSubject) => Promise<void>,
  ): void => {
    it(title, async (t) => {
      t.mock.timers.enable({ apis: ['Date'], now: NOW_MS });
      await using subject = await options.open(t);
      await run(subject.createKeyv('one'), t, subject);
    });
  };

  describe(`${name} as a Keyv storage adapter`, { skip }, () => {
    describe('single keys', () => {
      test('set resolves to true and get to the value', async (keyv) => {
        assert.equal(await keyv.set('key', 'value'), true);
        assert.equal(await keyv.get('key'), 'value');
      });
      test('set replaces the value', async (keyv) => {
        await keyv.set('key', 'first');
        await keyv.set('key', 'second');
        assert.equal(await keyv.get('key'), 'second');
      });
      test('get of a missing key is undefined', async (keyv) => {
        assert.equal(await keyv.get('missing'), undefined);
      });
      test('delete tells whether the key was there', async (keyv) => {
        await keyv.set('key', 'value');
        assert.equal(await keyv.delete('key'), true);
        assert.equal(await keyv.get('key'), undefined);
        assert.equal(await keyv.delete('key'), false);
      });
      test('has tells whether the key is there', async (keyv) => {
        await keyv.set('key', 'value');
        assert.equal(await keyv.has('key'), true);
        assert.equal(await keyv.has('other'), false);
        await keyv.delete('key');
        assert.equal(await keyv.has('key'), false);
      });
      test('clear removes everything, and an empty store can be cleared', async (keyv) => {
        await keyv.set('a', 1);
        await keyv.set('b', 2);
        assert.equal(await keyv.clear(), undefined);
        assert.deepEqual(await keyv.get(['a', 'b']), [undefined, undefined]);
        assert.equal(await keyv.clear(), undefined);
      });
      test('disconnect resolves', async (keyv) => {
        assert.equal(await keyv.disconnect(), undefined);
      });
    });

    describe('many keys', () => {
      test('get gives the values in the order of the keys, undefined where there is none', async (keyv) => {
        await keyv.set('a', 1);
        await keyv.set('c', 3);
        assert.deepEqual(await keyv.get(['c', 'b', 'a']), [3, undefined, 1]);
        assert.deepEqual(await keyv.get(['x', 'y']), [undefined, undefined]);
      });
      test('setMany stores each entry with its own time to live', async (keyv, t) => {
        await keyv.setMany([
          { key: 'a', value: 1 },
          { key: 'b', value: 2, ttl: 60_000 },
        ]);
        assert.deepEqual(await keyv.getMany(['a', 'b']), [1, 2]);
        t.mock.timers.tick(60_001);
        assert.deepEqual(await keyv.getMany(['a', 'b']), [1, undefined]);
      });
      test('delete of several removes them', async (keyv) => {
        await keyv.set('a', 1);
        await keyv.set('b', 2);
        await keyv.set('c', 3);
        assert.equal(await keyv.delete(['a', 'b']), true);
        assert.deepEqual(await keyv.get(['a', 'b', 'c']), [undefined, undefined, 3]);
        assert.equal(await keyv.delete(['a', 'b']), false);
      });
      test('has of several answers for each', async (keyv) => {
        await keyv.set('a', 1);
        assert.deepEqual(await keyv.has(['a', 'b']), [true, false]);
      });
      test('none at all is no error', async (keyv) => {
        await keyv.setMany([]);
        assert.deepEqual(await keyv.getMany([]), []);
        assert.deepEqual(await keyv.hasMany([]), []);
      });
    });

    describe('time to live', () => {
      test('an entry is there until it has passed, and not after', async (keyv, t) => {
        await keyv.set('key', 'value', 60_000);
        t.mock.timers.tick(60_000);
        assert.equal(await keyv.get('key'), 'value');
        t.mock.timers.tick(1);
        assert.equal(await keyv.get('key'), undefined);
      });
      test('has follows it, unless the server alone knows the time', async (keyv, t) => {
        await keyv.set('key', 'value', 60_000);
        assert.equal(await keyv.has('key'), true);
        t.mock.timers.tick(60_001);
        assert.equal(await keyv.has('key'), expiresByServer);
      });
      test('0 and none mean for ever', async (keyv, t) => {
        await keyv.set('zero', 'value', 0);
        await keyv.set('none', 'value');
        t.mock.timers.tick(10 * 365 * 86_400_000);
        assert.deepEqual(await keyv.get(['zero', 'none']), ['value', 'value']);
      });
      test('a new value without one is not bound by the old one', async (keyv, t) => {
        await keyv.set('key', 'old', 60_000);
        await keyv.set('key', 'new');
        t.mock.timers.tick(60_001);
        assert.equal(await keyv.get('key'), 'new');
      });
    });

    describe('namespaces', () => {
      test('the same key in two of them is two entries', async (one, _t, subject) => {
        const two = subject.createKeyv('two');
        await one.set('key', 1);
        await two.set('key', 2);
        assert.deepEqual([await one.get('key'), await two.get('key')], [1, 2]);
        await one.delete('key');
        assert.deepEqual([await one.get('key'), await two.get('key')], [undefined, 2]);
      });
      test('clear keeps to its own', async (one, _t, subject) => {
        const two = subject.createKeyv('two');
        await one.set('key', 1);
        await two.set('key', 2);
        await one.clear();
        assert.deepEqual([await one.get('key'), await two.get('key')], [undefined, 2]);
      });
    });

    describe('iteration', () => {
      test('gives every key and value once', async (keyv) => {
        for (let index = 0; index < 50; index += 1) await keyv.set(`key:${index}`, index);
        const entries = await collect(keyv);
        assert.deepEqual(
          entries.sort(([, a], [, b]) => Number(a) - Number(b)),
          Array.from({ length: 50 }, (_, index) => [`key:${index}`, index]),
        );
      });
      test('of an empty store gives nothing', async (keyv) => {
        assert.deepEqual(await collect(keyv), []);
      });
      test('keeps to its own namespace', async (one, _t, subject) => {
        await subject.createKeyv('two').set('other', 2);
        await one.set('key', 1);
        assert.deepEqual(await collect(one), [['key', 1]]);
      });
      test('leaves out what has expired', async (keyv, t) => {
        await keyv.set('short', 1, 60_000);
        await keyv.set('long', 2, 120_000);
        t.mock.timers.tick(60_001);
        assert.deepEqual(await collect(keyv), [['long', 2]]);
      });
    });

    describe('values', () => {
      const values: readonly [title: string, value: unknown][] = [
        ['false', false],
        ['null', null],
        ['undefined', undefined],
        ['zero', 0],
        ['the empty text', ''],
        ['text with quotes', `"it's" \\ "`],
        ['text beyond the basic plane', 'ключ 🔑 \u0000 \ud83d'],
        ['an object', { nested: { list: [1, 'two', null] } }],
        ['a buffer', Buffer.from([0, 255, 10, 13])],
        ['an object with a buffer', { inner: Buffer.from('bytes') }],
        ['a text of a megabyte', 'x'.repeat(1_048_576)],
      ];
      for (const [title, value] of values) {
        test(`${title} comes back as it went`, async (keyv) => {
          await keyv.set('key', value);
          assert.deepEqual(await keyv.get('key'), value);
        });
      }
      test('a symbol is refused', async (keyv) => {
        await assert.rejects(keyv.set('key', Symbol('value')), /symbol cannot be serialized/);
      });
    });

    describe('keys', () => {
      const keys = [
        `'`,
        `"`,
        'a/b',
        '../../escape',
        'a:b::c',
        '*?[x]',
        'line\nbreak',
        'ключ 🔑',
        ' ',
        'k'.repeat(10_000),
      ];
      test('may be any text', async (keyv) => {
        for (const [index, key] of keys.entries()) await keyv.set(key, index);
        for (const [index, key] of keys.entries()) assert.equal(await keyv.get(key), index, key.slice(0, 20));
        assert.deepEqual((await collect(keyv)).map(([key]) => key).sort(), [...keys].sort());
      });
      test('that differ in case are two', async (keyv) => {
        await keyv.set('key', 1);
        await keyv.set('KEY', 2);
        assert.deepEqual(await keyv.get(['key', 'KEY']), [1, 2]);
      });
    });
  });
}

async function collect(keyv: Keyv): Promise<[string, unknown][]> {
  assert.ok(keyv.iterator, 'the adapter can be iterated over');
  const entries: [string, unknown][] = [];
  for await (const [key, value] of keyv.iterator(keyv.namespace)) entries.push([key, value]);
  return entries;
}
