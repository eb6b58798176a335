import assert from 'node:assert/strict';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { silentLogger } from '../../../src/core/logger.ts';
import { openStore } from '../../../src/storage/store.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const clock = createManualClock(Date.UTC(2026, 0, 15));

it('creates its folders for their owner alone', async (t) => {
  const dataDir = join(createTemporaryFolder(t), 'data');
  await using store = await openStore({ dataDir, cacheUrl: undefined, clock, log: silentLogger });
  assert.equal(store.isShared, false);
  for (const folder of [dataDir, join(dataDir, 'cache'), join(dataDir, 'chunks')]) {
    assert.equal(statSync(folder).mode & 0o777, 0o700, folder);
  }
});

it('gives one Keyv a namespace, each in a folder of its own', async (t) => {
  const dataDir = createTemporaryFolder(t);
  await using store = await openStore({ dataDir, cacheUrl: undefined, clock, log: silentLogger });
  assert.equal(store.keyValue('tokens'), store.keyValue('tokens'));
  await store.keyValue('tokens').set('key', 'value');
  await store.keyValue('persisted-queries').set('key', 'value');
  assert.deepEqual(readdirSync(join(dataDir, 'cache')).sort(), ['persisted-queries', 'tokens']);
});

it('keeps what was stored for the next process', async (t) => {
  const options = { dataDir: createTemporaryFolder(t), cacheUrl: undefined, clock, log: silentLogger };
  {
    await using store = await openStore(options);
    await store.keyValue('tokens').set('key', 'value');
  }
  await using store = await openStore(options);
  assert.equal(await store.keyValue('tokens').get('key'), 'value');
});

it('sweeps every namespace there is, also those that another thread has opened', async (t) => {
  const dataDir = createTemporaryFolder(t);
  await using store = await openStore({ dataDir, cacheUrl: undefined, clock, log: silentLogger });
  await store.keyValue('one').set('key', 'value', 1_000);
  await store.keyValue('two').set('key', 'value', 1_000);
  await store.keyValue('two').set('kept', 'value');
  await clock.advance(1_001);
  await using other = await openStore({ dataDir, cacheUrl: undefined, clock, log: silentLogger });
  assert.equal(await other.removeLeftovers(), 2);
  assert.equal(await store.keyValue('two').get('kept'), 'value');
});

it('removes the temporary files that it found when it was opened, and leaves younger ones alone', async (t) => {
  const dataDir = createTemporaryFolder(t);
  const options = { dataDir, cacheUrl: undefined, clock, log: silentLogger };
  await using before = await openStore(options);
  await before.keyValue('tokens').set('key', 'value');
  for (const folder of ['chunks', 'cache/tokens']) writeFileSync(join(dataDir, folder, 'dead.tmp'), 'half');
  await using store = await openStore(options);
  writeFileSync(join(dataDir, 'chunks', 'alive.tmp'), 'half');
  assert.equal(await store.removeLeftovers(), 2);
  assert.deepEqual(readdirSync(join(dataDir, 'chunks')), ['alive.tmp']);
  assert.equal(readdirSync(join(dataDir, 'cache/tokens')).length, 1);
  assert.equal(await store.removeLeftovers(), 0);
});

it('refuses a namespace that is no plain name', async (t) => {
  const dataDir = createTemporaryFolder(t);
  await using store = await openStore({ dataDir, cacheUrl: undefined, clock, log: silentLogger });
  assert.throws(() => store.keyValue('../tokens'), { code: 'INVARIANT_VIOLATED' });
});

it('does not open where a file stands in the way, and says so', async (t) => {
  const dataDir = join(createTemporaryFolder(t), 'file');
  writeFileSync(dataDir, '');
  await assert.rejects(openStore({ dataDir, cacheUrl: undefined, clock, log: silentLogger }), {
    code: 'STORE_UNAVAILABLE',
    message: /DATA_DIR .*A file stands where a folder must be/,
  });
});
