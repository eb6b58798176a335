/** A process that saves one snapshot into a folder and prunes, as a refresh does: `node saving-process.ts <folder> <revision>`. */

import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { createSnapshotRepository } from '../../src/storage/snapshot-repository.ts';
import { openStore } from '../../src/storage/store.ts';
import { API_URL, createEncodedSnapshot, TENANT_ID } from './encoded-snapshots.ts';

const [dataDir = '', revision = ''] = process.argv.slice(2);
const surroundings = { clock: systemClock, log: silentLogger };
await using store = await openStore({ dataDir, cacheUrl: undefined, ...surroundings });
const repository = createSnapshotRepository({ store, tenantId: TENANT_ID, apiUrl: API_URL, ...surroundings });
await repository.save(createEncodedSnapshot(Number(revision)));
await repository.prune();
