import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import { createVerifiedQueryCache } from '../../../src/graphql/verified-query-cache.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';

const query = '{ __typename }';
const key = `apq:${createHash('sha256').update(query).digest('hex')}`;

/** Over a store that gives back what it likes. */
function open(stored: unknown) {
  const log = createRecordingLogger();
  const kept: string[] = [];
  const store = {
    get: async () => stored as string,
    set: async (_key: string, text: string) => void kept.push(text),
    delete: async () => true,
  };
  let nowMs = 0;
  return {
    log,
    kept,
    pass: (ms: number) => {
      nowMs += ms;
    },
    cache: createVerifiedQueryCache(store, log, () => nowMs),
  };
}

it('gives back the text of the hash', async () => {
  assert.equal(await open(query).cache.get(key), query);
});

it('takes anything else for a miss, and says so', async () => {
  for (const stored of ['{ refresh { phase } }', '', 7, {}, [query]]) {
    const { cache, log } = open(stored);
    assert.equal(await cache.get(key), undefined);
    assert.deepEqual(
      log.lines.map(({ fields }) => fields),
      [{ code: 'STORE_CORRUPT' }],
    );
  }
});

it('says nothing of what is not there', async () => {
  for (const stored of [undefined, null]) {
    const { cache, log } = open(stored);
    assert.equal(await cache.get(key), undefined);
    assert.deepEqual(log.lines, []);
  }
});

it('keeps no text that is longer than a client needs', async () => {
  const { cache, kept } = open(undefined);
  await cache.set('long', 'x'.repeat(16_385));
  await cache.set('longest', 'x'.repeat(16_384));
  assert.deepEqual(
    kept.map(({ length }) => length),
    [16_384],
  );
});

it('keeps a thousand texts an hour, and says once that it keeps no more', async () => {
  const { cache, kept, log, pass } = open(undefined);
  for (let index = 0; index < 1_500; index += 1) await cache.set(`${index}`, query);
  assert.equal(kept.length, 1_000);
  pass(3_599_999);
  await cache.set('late', query);
  assert.equal(kept.length, 1_000);
  assert.deepEqual(
    log.lines.map(({ fields }) => fields.event),
    ['persisted_queries_full'],
  );
  pass(1);
  await cache.set('next hour', query);
  assert.equal(kept.length, 1_001);
});
