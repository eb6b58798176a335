/**
 * A process that does with a refused snapshot what a refresh thread does: `node publishing-process.ts <folder> keep` keeps
 * one aside, `… publish` publishes it when it is approved, and prunes.
 */

import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createSnapshotRepository } from '../../src/storage/snapshot-repository.ts';
import { openStore } from '../../src/storage/store.ts';
import { API_URL, createGeneration, REFUSAL_REPORT, TENANT_ID } from './encoded-snapshots.ts';

const [dataDir = '', action] = process.argv.slice(2);
const surroundings = { clock: systemClock, log: silentLogger };
await using store = await openStore({ dataDir, cacheUrl: undefined, ...surroundings });
const repository = createSnapshotRepository({ store, tenantId: TENANT_ID, apiUrl: API_URL, ...surroundings });
if (action === 'keep') await repository.keepRefused(createGeneration(2), REFUSAL_REPORT);
else {
  const served = createGeneration(1).manifest;
  await repository.publishApproved({ served, revision: 2, publishedAtMs: served.publishedAtMs + 10 });
  await repository.prune();
}
