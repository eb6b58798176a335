/**
 * Determinism through the whole pipeline: the same tenant gives the same data segments, byte for byte, through
 * either endpoint, in any spelling, cut into files and pages of any size.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { WIRE_SPELLINGS } from '../../src/simulator/inventory/spelling.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import type { SnapshotManifest } from '../../src/snapshot/format.ts';
import { createSnapshotRepository } from '../../src/storage/snapshot-repository.ts';
import { openStore } from '../../src/storage/store.ts';
import { startGatewayWithSnapshot } from '../support/gateway.ts';

const TENANT: SimulatorOptions = {
  devices: 30,
  recordsPerDevice: 40,
  seed: 41,
  // One instant for all builds: dates in the data are relative to its day.
  startAt: Date.now(),
  quirks: 'all',
};

interface Build {
  readonly manifest: SnapshotManifest;
  /** What each segment is, without when and from where it came. */
  readonly segments: readonly string[];
  /** Successful calls to the two endpoints and the blob store. */
  readonly calls: Readonly<Record<'export' | 'paged' | 'blob', number>>;
}

/** Starts the gateway over a tenant, and reads from its folder what it has stored. */
async function build(options: SimulatorOptions, settings: Readonly<Record<string, string>>): Promise<Build> {
  const dataDir = await mkdtemp(join(tmpdir(), 'gateway-test-'));
  await using tenant = await createSimulator({ ...TENANT, ...options });
  {
    await using _gateway = await startGatewayWithSnapshot({ tenant, dataDir, settings });
  }
  const { AZURE_TENANT_ID: tenantId = '', DEFENDER_API_URL: apiUrl = '' } = tenant.environment;
  const tools = { clock: systemClock, log: silentLogger };
  await using store = await openStore({ dataDir, cacheUrl: undefined, ...tools });
  const stored = await createSnapshotRepository({ store, tenantId, apiUrl, ...tools }).load();
  await rm(dataDir, { recursive: true });
  assert.ok(stored);
  const count = (endpoint: string) =>
    tenant.calls.filter((call) => call.endpoint === endpoint && call.status === 200).length;
  return {
    manifest: stored.manifest,
    segments: stored.manifest.segments.map(
      ({ name, byteLength, sha256 }) => `${name} ${byteLength} ${sha256}`,
    ),
    calls: { export: count('export'), paged: count('paged'), blob: count('blob') },
  };
}

let reference: Build;
before(async () => {
  reference = await build({}, { REFRESH_SOURCE: 'export' });
});
after(() => {
  assert.ok(reference.segments.length > 2);
});

describe('the data segments', { concurrency: 2 }, () => {
  test('pages give the bytes of files, however small they are', async () => {
    const paged = await build({}, { REFRESH_SOURCE: 'paged', PAGE_SIZE: '97' });
    assert.deepEqual(paged.segments, reference.segments);
    assert.equal(reference.manifest.source, 'EXPORT');
    assert.equal(paged.manifest.source, 'PAGED');
    assert.equal(paged.manifest.quality.recordsRead, reference.manifest.quality.recordsRead);
    assert.equal(paged.manifest.quality.conflictingRecords, reference.manifest.quality.conflictingRecords);
    assert.deepEqual(reference.calls, { export: 1, paged: 0, blob: reference.calls.blob });
    const pages = Math.ceil(reference.manifest.quality.recordsRead / 97);
    assert.deepEqual(paged.calls, { export: 0, paged: pages, blob: 0 });
    assert.ok(pages > 5);
  });

  test('many small files, read in three threads, give the bytes of few large ones', async () => {
    const split = await build({ recordsPerFile: 60 }, { REFRESH_SOURCE: 'export', REFRESH_THREADS: '3' });
    assert.deepEqual(split.segments, reference.segments);
    assert.ok(split.calls.blob > reference.calls.blob + 5);
  });

  for (const spelling of WIRE_SPELLINGS) {
    test(`the ${spelling} spelling gives the same bytes in files and in pages`, async () => {
      const options = { spelling: { export: spelling, paged: spelling } };
      const files = await build(options, { REFRESH_SOURCE: 'export' });
      const pages = await build(options, { REFRESH_SOURCE: 'paged', PAGE_SIZE: '500' });
      assert.deepEqual(files.segments, reference.segments);
      assert.deepEqual(pages.segments, reference.segments);
    });
  }

  test('another tenant gives other bytes', async () => {
    const other = await build({ seed: 42 }, { REFRESH_SOURCE: 'export' });
    assert.notDeepEqual(other.segments, reference.segments);
  });
});
