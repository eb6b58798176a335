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
  const store = {
    get: async () => stored as string,
    set: async () => {},
    delete: async () => true,
  };
  return { log, cache: createVerifiedQueryCache(store, log) };
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
