/**
 * Killed while a refused snapshot is kept aside or published, at every step on a file that there is: what was current is
 * restored whole, or what was approved is; and whoever comes next ends it, once.
 */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createSnapshotRepository, type SnapshotRepository } from '../../src/storage/snapshot-repository.ts';
import { openStore } from '../../src/storage/store.ts';
import { API_URL, createGeneration, REFUSAL_REPORT, TENANT_ID } from '../support/encoded-snapshots.ts';
import type { FileStep } from '../support/file-steps.ts';
import { armKillSwitch, type KillPoint } from '../support/kill-switch.ts';
import { assertSame } from '../support/repository-contract.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const SCRIPT = fileURLToPath(new URL('../support/publishing-process.ts', import.meta.url));

const served = createGeneration(1).manifest;
const MEANWHILE = { served, revision: 2, publishedAtMs: served.publishedAtMs + 20 };

const WRITING: readonly FileStep[] = ['create', 'write', 'sync', 'rename', 'syncFolder'];
const points = (inPath: string, steps: readonly FileStep[] = WRITING): readonly KillPoint[] =>
  steps.map((step) => ({ step, inPath, nth: 1 }));

const KEEPING = [...points('/chunks'), ...points('/cache/refused-snapshots')];
const PUBLISHING = [
  ...points('/chunks'),
  ...points('/cache/snapshots'),
  ...points('/cache/snapshot-approvals', ['unlink']),
  ...points('/cache/refused-snapshots', ['unlink']),
  ...points('/chunks', ['unlink']),
];

describe('a process that is killed', { concurrency: 2 }, () => {
  for (const point of KEEPING) {
    test(`while it keeps a refused snapshot aside, at ${describePoint(point)}`, async (t) => {
      const dataDir = createTemporaryFolder(t);
      await withRepository(dataDir, (repository) => repository.save(createGeneration(1)));
      assert.equal(await run(dataDir, 'keep', point), 'SIGKILL');
      await withRepository(dataDir, async (repository) => {
        assertSame(await repository.load(), createGeneration(1));
        const kept = await repository.findRefused();
        assert.deepEqual(kept?.manifest ?? createGeneration(2).manifest, createGeneration(2).manifest);
      });
      assert.equal(await run(dataDir, 'keep'), null);
      await withRepository(dataDir, async (repository) => {
        assert.deepEqual((await repository.findRefused())?.manifest, createGeneration(2).manifest);
        assert.equal(await repository.prune(), 0);
      });
    });
  }

  for (const point of PUBLISHING) {
    test(`while it publishes one, at ${describePoint(point)}`, async (t) => {
      const dataDir = createTemporaryFolder(t);
      await withRepository(dataDir, async (repository) => {
        await repository.save(createGeneration(1));
        await repository.keepRefused(createGeneration(2), REFUSAL_REPORT);
        await repository.approveRefused((await repository.findRefused())!.digest);
      });
      assert.equal(await run(dataDir, 'publish', point), 'SIGKILL');
      await withRepository(dataDir, async (repository) => {
        const restored = await repository.load();
        const isPublished = restored?.manifest.revision === 2;
        assert.deepEqual(restored?.segments, createGeneration(isPublished ? 2 : 1).segments);
        // A run that comes next: it publishes unless that is done, and then never again.
        const published = await repository.publishApproved({
          ...MEANWHILE,
          served: restored!.manifest,
          revision: restored!.manifest.revision + 1,
        });
        assert.equal(published === undefined, isPublished);
        const current = published ?? restored;
        assertSame(await repository.load(), current!);
        assert.equal(current?.manifest.revision, 2);
        const again = { ...MEANWHILE, served: current!.manifest, revision: 3 };
        assert.equal(await repository.publishApproved(again), undefined);
        assert.equal(await repository.findRefused(), undefined);
        await repository.prune();
        assertSame(await repository.load(), current!);
      });
    });
  }
});

/** @returns the signal that ended it; `null` when it went through */
async function run(
  dataDir: string,
  action: 'keep' | 'publish',
  point?: KillPoint,
): Promise<NodeJS.Signals | null> {
  const child = spawn(process.execPath, [SCRIPT, dataDir, action], {
    env: point === undefined ? {} : armKillSwitch(point),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal] = await once(child, 'exit');
  assert.ok(code === 0 || signal !== null);
  return signal;
}

async function withRepository(
  dataDir: string,
  use: (repository: SnapshotRepository) => Promise<void>,
): Promise<void> {
  const surroundings = { clock: systemClock, log: silentLogger };
  await using store = await openStore({ dataDir, cacheUrl: undefined, ...surroundings });
  const options = { store, tenantId: TENANT_ID, apiUrl: API_URL, ...surroundings };
  await use(createSnapshotRepository(options));
}

function describePoint({ step, inPath }: KillPoint): string {
  return `${step} in ${inPath}`;
}
