/**
 * The one place of the benchmarks that knows how the gateway turns export files into a snapshot: the modules of a
 * refresh, composed as the refresh worker composes them, over files on disk in place of a blob store.
 */

import { Worker } from 'node:worker_threads';
import { CORES_PER_LANE } from '../../../src/defender/file-lanes.ts';
import { createRecordDecoder } from '../../../src/defender/record-decoder.ts';
import { createIngestLane } from '../../../src/refresh/ingest-lane.ts';
import { SnapshotBuilder, type SnapshotFacts } from '../../../src/snapshot/builder.ts';
import type { EncodedSnapshot } from '../../../src/snapshot/format.ts';
import type { GatheredPart } from '../../../src/snapshot/gather.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { createLocalFileReader, readLocalFile } from './local-files.ts';

export interface Ingested {
  /** Opens as often as is asked for. */
  readonly encoded: EncodedSnapshot;
  readonly snapshot: Snapshot;
  readonly phasesMs: { readonly readAndDecode: number; readonly build: number };
}

const THREAD_FILE = new URL('./ingest-thread.ts', import.meta.url);

export const BENCH_FACTS: SnapshotFacts = {
  tenantId: 'bench',
  apiUrl: 'https://bench.example',
  revision: 1,
  source: 'EXPORT',
  generatedAtMs: null,
  publishedAtMs: 0,
};

/**
 * Reads the files into a snapshot with all its orders.
 *
 * @param threads how many may work at a time
 */
export async function ingestFiles(paths: readonly string[], threads: number): Promise<Ingested> {
  const start = performance.now();
  const builder = new SnapshotBuilder();
  const lanes = Math.min(Math.ceil(threads / CORES_PER_LANE), paths.length);
  if (lanes === 1) await readHere(paths, builder);
  else await readInThreads(paths, lanes, builder);
  const readMs = performance.now();
  const encoded = builder.build(BENCH_FACTS);
  const snapshot = Snapshot.open(encoded);
  return {
    encoded,
    snapshot,
    phasesMs: { readAndDecode: readMs - start, build: performance.now() - readMs },
  };
}

async function readHere(paths: readonly string[], builder: SnapshotBuilder): Promise<void> {
  const fileReader = createLocalFileReader();
  const reader = createRecordDecoder(builder);
  for (const path of paths) await readLocalFile(fileReader, path, reader);
}

/** As `src/compose-ingest.ts` and the source of a refresh do it. */
async function readInThreads(
  paths: readonly string[],
  count: number,
  builder: SnapshotBuilder,
): Promise<void> {
  const { signal } = new AbortController();
  const queue = paths.values();
  const lanes = Array.from({ length: count }, () =>
    createIngestLane<string, GatheredPart, never>({
      spawn: () => new Worker(THREAD_FILE),
      onNotice: () => undefined,
      hold: () => () => undefined,
    }),
  );
  await Promise.all(
    lanes.map(async (lane) => {
      for (const path of queue) await lane.read(path, { onBytes: () => undefined, signal });
    }),
  );
  for (const lane of lanes) {
    builder.absorb(await lane.collect());
    await lane[Symbol.asyncDispose]();
  }
}
