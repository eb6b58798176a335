/**
 * The one place of the benchmarks that knows how the gateway turns pages of the paged endpoint into a snapshot: the
 * modules of a refresh, composed as the refresh worker composes them, over files on disk in place of an API.
 */

import { createReadStream } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import type { ApiClient } from '../../../src/defender/api-client.ts';
import { inflate } from '../../../src/defender/inflate.ts';
import { createPagedEndpoint } from '../../../src/defender/paged-endpoint.ts';
import { createRecordDecoder } from '../../../src/defender/record-decoder.ts';
import { createRetryPolicy } from '../../../src/defender/retry.ts';
import { SnapshotBuilder } from '../../../src/snapshot/builder.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { BENCH_FACTS, type Ingested } from './ingest-files.ts';

const CHUNK_BYTES = 1_048_576;
const PAGE_SIZE = 50_000;

/**
 * Reads the pages, each of which names the next, into a snapshot with all its orders.
 *
 * @param paths of one folder, the first page first
 */
export async function ingestPages(paths: readonly string[]): Promise<Ingested> {
  const start = performance.now();
  const builder = new SnapshotBuilder();
  const endpoint = createPagedEndpoint({
    api: createLocalPages(paths[0]!),
    apiUrl: new URL('https://bench.example/'),
    retry: createRetryPolicy({ clock: systemClock, random: Math.random, log: silentLogger }),
    clock: systemClock,
    pageHosts: { allows: () => true },
    log: silentLogger,
  });
  await endpoint.readAll({
    pageSize: PAGE_SIZE,
    reader: createRecordDecoder(builder),
    onPage: () => undefined,
    onBytes: () => undefined,
    signal: new AbortController().signal,
  });
  const readMs = performance.now();
  const encoded = builder.build(BENCH_FACTS);
  const snapshot = Snapshot.open(encoded);
  return {
    encoded,
    snapshot,
    phasesMs: { readAndDecode: readMs - start, build: performance.now() - readMs },
  };
}

/** The endpoint's own path is the first page; a next link names a file beside it. */
function createLocalPages(first: string): ApiClient {
  const folder = pathToFileURL(`${dirname(first)}/`);
  return {
    get: async ({ pathname }) => {
      const name = pathname.split('/').at(-1)!;
      const file = name.endsWith('.gz') ? new URL(name, folder) : pathToFileURL(first);
      return inflate(createReadStream(file, { highWaterMark: CHUNK_BYTES }));
    },
  };
}
