/** What a gateway serves, for comparing two of them, and how much memory the process has without any data. */

import { isDeepStrictEqual } from 'node:util';
import { type Gateway, startGateway } from './gateway.ts';
import { PAGE_QUERY } from './page-query.ts';
import { createStoreFolder } from './store-folder.ts';
import { startTenant } from './tenant.ts';

export interface ServedFacts {
  readonly snapshot: {
    readonly id: string;
    readonly installationCount: number;
    readonly certificateCount: number;
  };
  /** The first page, with its cursor. */
  readonly page: unknown;
}

export async function readServed(gateway: Gateway): Promise<ServedFacts> {
  const { snapshot } = await gateway.ask<Pick<ServedFacts, 'snapshot'>>(
    '{ snapshot { id installationCount certificateCount } }',
  );
  return { snapshot, page: await gateway.ask(PAGE_QUERY) };
}

/** @throws Error unless both serve the same snapshot and the same page */
export function assertSameServed(found: ServedFacts, expected: ServedFacts): void {
  if (!isDeepStrictEqual(found, expected)) {
    throw new Error(`The gateway serves ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}.`);
  }
}

/** Resident set of a gateway that restored the snapshot of a single device and answered a page. */
export async function measureEmptyGateway(): Promise<number> {
  await using tenant = await startTenant(1);
  await using store = await createStoreFolder();
  const options = { environment: tenant.environment, dataDir: store.path };
  {
    await using first = await startGateway(options);
    await first.nextRefresh();
  }
  await using gateway = await startGateway(options);
  await readServed(gateway);
  await gateway.read();
  return gateway.residentBytes();
}
