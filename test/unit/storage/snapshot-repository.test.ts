import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it, type TestContext } from 'node:test';
import { silentLogger } from '../../../src/core/logger.ts';
import { createSnapshotRepository } from '../../../src/storage/snapshot-repository.ts';
import { openStore } from '../../../src/storage/store.ts';
import { API_URL, createEncodedSnapshot, TENANT_ID } from '../../support/encoded-snapshots.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';
import { testRefusedContract } from '../../support/refused-contract.ts';
import { type RepositorySubject, testRepositoryContract } from '../../support/repository-contract.ts';
import { testRepositoryDamage } from '../../support/repository-damage.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const clock = createManualClock(Date.UTC(2026, 0, 15));

async function openWithDamage(t: TestContext): Promise<RepositorySubject> {
  const dataDir = createTemporaryFolder(t);
  const store = await openStore({ dataDir, cacheUrl: undefined, clock, log: silentLogger });
  return {
    store,
    readStored: async (digest) => readFileSync(join(dataDir, 'chunks', digest)),
    damage: async (digest, bytes) => writeFileSync(join(dataDir, 'chunks', digest), bytes),
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}

testRepositoryContract('disk', { open: openWithDamage });
testRepositoryDamage('disk', { open: openWithDamage });
testRefusedContract('disk', { open: openWithDamage });

async function openOnDisk(t: TestContext) {
  const dataDir = createTemporaryFolder(t);
  const store = await openStore({ dataDir, cacheUrl: undefined, clock, log: silentLogger });
  const log = createRecordingLogger();
  const repository = createSnapshotRepository({ store, tenantId: TENANT_ID, apiUrl: API_URL, clock, log });
  return { dataDir, store, log, repository };
}

it('sets a damaged pointer aside, says so, and starts afresh', async (t) => {
  const { dataDir, log, repository } = await openOnDisk(t);
  await repository.save(createEncodedSnapshot(1));
  const folder = join(dataDir, 'cache', 'snapshots');
  writeFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'damaged');
  assert.equal(await repository.load(), undefined);
  assert.deepEqual(log.messages, ['the pointer to the stored snapshot is damaged: set aside']);
  await repository.save(createEncodedSnapshot(2));
  assert.equal((await repository.load())?.manifest.revision, 2);
});

it('prunes nothing while a pointer cannot be read', async (t) => {
  const { dataDir, repository } = await openOnDisk(t);
  await repository.save(createEncodedSnapshot(1));
  const before = readdirSync(join(dataDir, 'chunks'));
  const folder = join(dataDir, 'cache', 'snapshots');
  writeFileSync(join(folder, readdirSync(folder)[0] ?? ''), 'damaged');
  await assert.rejects(repository.prune(), { code: 'STORE_CORRUPT' });
  assert.deepEqual(readdirSync(join(dataDir, 'chunks')), before);
});

it('takes a store that cannot be read for a failure, not for an empty one', async (t) => {
  const { dataDir, repository } = await openOnDisk(t);
  writeFileSync(join(dataDir, 'cache', 'snapshots'), 'a file in the place of the folder');
  await assert.rejects(repository.load(), { code: 'STORE_UNAVAILABLE', retryable: true });
});
