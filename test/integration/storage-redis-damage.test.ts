/** Entries in Redis that somebody else has altered: an error once, then missing; never a value that was not stored. */

import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { createClient } from '@redis/client';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createSnapshotRepository } from '../../src/storage/snapshot-repository.ts';
import { openStore } from '../../src/storage/store.ts';
import { collect } from '../support/collect.ts';
import { API_URL, createEncodedSnapshot, TENANT_ID } from '../support/encoded-snapshots.ts';
import { findOptionalProgram } from '../support/optional-programs.ts';
import { startRedisServer } from '../support/redis-server.ts';
import { assertSame } from '../support/repository-contract.ts';

const { path, skip } = findOptionalProgram('redis-server');

const DAMAGED = ['', 'garbage', '{"value":{"current":"', '[]', '7', '"text"'];

describe('a damaged entry in Redis', { skip }, () => {
  async function setUp(t: TestContext) {
    const resources = new AsyncDisposableStack();
    t.after(() => resources.disposeAsync());
    const server = resources.use(await startRedisServer(path));
    const store = resources.use(
      await openStore({ dataDir: '/nowhere', cacheUrl: server.url, clock: systemClock, log: silentLogger }),
    );
    const raw = createClient({ url: server.url });
    await raw.connect();
    resources.defer(() => raw.destroy());
    return { store, raw };
  }

  it('is an error once, however it is read, and a miss after', async (t) => {
    const { store, raw } = await setUp(t);
    const keyv = store.keyValue('tokens');
    const key = 'defender-certificate-gateway:tokens::key';
    const reads: readonly (() => Promise<unknown>)[] = [
      () => keyv.get('key'),
      () => keyv.getMany(['other', 'key']),
      () => collect(keyv.iterator!(undefined)),
    ];
    for (const text of DAMAGED) {
      for (const read of reads) {
        await raw.set(key, text);
        await assert.rejects(read, { code: 'STORE_CORRUPT', retryable: true }, `${text} ${read}`);
        assert.equal(await keyv.get('key'), undefined);
      }
    }
    await keyv.set('key', 'value');
    assert.equal(await keyv.get('key'), 'value');
  });

  it('is an error each time on a replica, where it cannot be removed', async (t) => {
    const { store, raw } = await setUp(t);
    await raw.set('defender-certificate-gateway:tokens::key', 'garbage');
    await raw.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    for (let attempt = 0; attempt < 2; attempt += 1)
      await assert.rejects(store.keyValue('tokens').get('key'), { code: 'STORE_CORRUPT' });
  });

  it('that is the pointer ends neither a restore nor a save', async (t) => {
    const { store, raw } = await setUp(t);
    const repository = createSnapshotRepository({
      store,
      tenantId: TENANT_ID,
      apiUrl: API_URL,
      clock: systemClock,
      log: silentLogger,
    });
    for (const text of DAMAGED) {
      await repository.save(createEncodedSnapshot(1));
      const [key = ''] = await raw.keys('*:snapshots::*');
      await raw.set(key, text);
      assert.equal(await repository.load(), undefined);
      await raw.set(key, text);
      await repository.save(createEncodedSnapshot(2));
      await repository.prune();
      assertSame(await repository.load(), createEncodedSnapshot(2));
    }
  });
});
