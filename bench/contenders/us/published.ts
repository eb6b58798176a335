/** The snapshot that a gateway has published, as it stands in its store: what the peers serve too. */

import { composeRepository } from '../../../src/compose-repository.ts';
import { parseConfig } from '../../../src/config/config.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { openStore } from '../../../src/storage/store.ts';

/** Where it is; plain data. */
export interface PublishedTask {
  /** Of the tenant that it was read from. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dataDir: string;
}

/** Reads the store and changes nothing in it. @throws Error when there is none */
export async function openPublished({ environment, dataDir }: PublishedTask): Promise<Snapshot> {
  const parts = { clock: systemClock, log: silentLogger };
  const config = parseConfig({ ...environment, DATA_DIR: dataDir });
  await using store = await openStore({ ...config.storage, ...parts });
  const encoded = await composeRepository(config, { store, ...parts }).load();
  if (encoded === undefined) throw new Error(`There is no snapshot in ${dataDir}.`);
  return Snapshot.open(encoded);
}
