/** What crash after crash leaves in a data folder: no more than the last one has, and nothing once a save has gone through. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createSnapshotRepository } from '../../src/storage/snapshot-repository.ts';
import { openStore } from '../../src/storage/store.ts';
import { API_URL, createEncodedSnapshot, TENANT_ID } from '../support/encoded-snapshots.ts';
import type { FileStep } from '../support/file-steps.ts';
import { armKillSwitch, type KillPoint } from '../support/kill-switch.ts';
import { assertSame } from '../support/repository-contract.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const SCRIPT = fileURLToPath(new URL('../support/saving-process.ts', import.meta.url));
const CRASHES = 50;

/** A snapshot is three segments and a document; those of two revisions have one segment in common, or two. */
const CHUNKS = 4;
/** Chunks are written so many at a time. */
const WRITES_AT_ONCE = 4;

test('fifty crashes leave no more than one, and the next save removes that', async (t) => {
  const dataDir = createTemporaryFolder(t);
  assert.equal(await save(dataDir, 1), null);
  assert.equal(await save(dataDir, 2), null);
  const tidy = listFiles(dataDir);
  const points = fc.sample(beforeThePointerMoves, { numRuns: CRASHES, seed: 7 });
  for (const [index, point] of points.entries()) {
    assert.equal(await save(dataDir, 3 + index, point), 'SIGKILL', JSON.stringify(point));
    const { temporary, chunks } = listFiles(dataDir);
    assert.ok(temporary.length <= WRITES_AT_ONCE, `${temporary.length} temporary files after ${index + 1}`);
    assert.ok(chunks.length <= 3 * CHUNKS, `${chunks.length} chunks after ${index + 1}`);
  }
  const restored = await restore(dataDir);
  assertSame(restored, createEncodedSnapshot(2));

  assert.equal(await save(dataDir, 100), null);
  const { temporary, chunks } = listFiles(dataDir);
  assert.deepEqual(temporary, []);
  assert.equal(chunks.length, tidy.chunks.length);
});

const beforeThePointerMoves: fc.Arbitrary<KillPoint> = fc.oneof(
  fc.record({
    step: fc.constantFrom<FileStep[]>('create', 'write', 'sync', 'rename'),
    inPath: fc.constant('/chunks'),
    nth: fc.integer({ min: 1, max: 2 }),
  }),
  fc.record({
    step: fc.constantFrom<FileStep[]>('create', 'write', 'sync', 'rename'),
    inPath: fc.constant('/cache/snapshots'),
    nth: fc.constant(1),
  }),
);

/** @returns the signal that ended it; `null` when it went through */
async function save(dataDir: string, revision: number, point?: KillPoint): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [SCRIPT, dataDir, String(revision)], {
    env: point === undefined ? {} : armKillSwitch(point),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  assert.ok(code === 0 || signal !== null);
  return signal;
}

async function restore(dataDir: string) {
  const surroundings = { clock: systemClock, log: silentLogger };
  await using store = await openStore({ dataDir, cacheUrl: undefined, ...surroundings });
  return await createSnapshotRepository({
    store,
    tenantId: TENANT_ID,
    apiUrl: API_URL,
    ...surroundings,
  }).load();
}

function listFiles(dataDir: string): { temporary: readonly string[]; chunks: readonly string[] } {
  const folders = ['chunks', 'cache/snapshots'].map((name) => join(dataDir, name));
  const files = folders.filter((folder) => existsSync(folder)).flatMap((folder) => readdirSync(folder));
  return {
    temporary: files.filter((name) => name.endsWith('.tmp')),
    chunks: files.filter((name) => /^[0-9a-f]{64}$/.test(name)),
  };
}
