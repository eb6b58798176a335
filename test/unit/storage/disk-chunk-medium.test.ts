import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import { HOUR_MS } from '../../../src/core/units.ts';
import { createChunkStore, digestChunk } from '../../../src/storage/chunk-store.ts';
import { createDiskChunkMedium } from '../../../src/storage/disk-chunk-medium.ts';
import { testChunkContract } from '../../support/chunk-contract.ts';
import { collect } from '../../support/collect.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const clock = createManualClock(Date.UTC(2026, 0, 15));

testChunkContract('the disk', {
  open: async (t) => {
    const folder = join(createTemporaryFolder(t), 'chunks');
    return {
      chunks: createChunkStore(createDiskChunkMedium({ folder, clock })),
      readStored: async (digest) => readFileSync(join(folder, digest)),
      damage: async (digest, bytes) => {
        mkdirSync(folder, { recursive: true });
        writeFileSync(join(folder, digest), bytes);
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
  },
});

it('keeps chunks for their owner alone, and leaves no temporary file', async (t) => {
  const folder = join(createTemporaryFolder(t), 'chunks');
  const chunks = createChunkStore(createDiskChunkMedium({ folder, clock }));
  const bytes = Uint8Array.of(1, 2, 3);
  await chunks.write(digestChunk(bytes), bytes);
  assert.deepEqual(readdirSync(folder), [digestChunk(bytes)]);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, digestChunk(bytes))).mode & 0o777, 0o600);
});

it('removes the temporary files of interrupted writes, once they are nobody’s', async (t) => {
  const folder = createTemporaryFolder(t);
  const chunks = createDiskChunkMedium({ folder, clock });
  for (const [name, ageMs] of [
    ['old', HOUR_MS + 1000],
    ['young', HOUR_MS - 1000],
  ] as const) {
    const path = join(folder, `${name}.tmp`);
    writeFileSync(path, 'half');
    utimesSync(path, new Date(clock.now()), new Date(clock.now() - ageMs));
  }
  assert.deepEqual(await collect(chunks.list()), []);
  assert.equal(await chunks.removeAbandoned(), 1);
  assert.deepEqual(readdirSync(folder), ['young.tmp']);
});

it('says what the disk refused, and what to do', async (t) => {
  const file = join(createTemporaryFolder(t), 'file');
  writeFileSync(file, '');
  const chunks = createChunkStore(createDiskChunkMedium({ folder: join(file, 'chunks'), clock }));
  const bytes = Uint8Array.of(1);
  await assert.rejects(chunks.write(digestChunk(bytes), bytes), {
    code: 'STORE_UNAVAILABLE',
    retryable: true,
    message:
      'The folder DATA_DIR must be readable and writable, but the disk answered ENOTDIR while writing a chunk. A file stands where a folder must be: move it away, or set DATA_DIR to another folder.',
  });
  await assert.rejects(chunks.read(digestChunk(bytes)), { code: 'STORE_UNAVAILABLE' });
  await assert.rejects(chunks.has(digestChunk(bytes)), { code: 'STORE_UNAVAILABLE' });
  await assert.rejects(collect(chunks.list()), { code: 'STORE_UNAVAILABLE' });
});
