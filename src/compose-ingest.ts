/** Export files read in threads of their own, side by side; one file at a time needs none. */

import { Worker } from 'node:worker_threads';
import type { DefenderPorts } from './defender/defender.ts';
import type { ExportFile } from './defender/export-endpoint.ts';
import { createIngestLane, type IngestLane } from './refresh/ingest-lane.ts';
import type { RefreshNotice, RefreshWorkerData } from './refresh-threads.ts';
import type { SnapshotBuilder } from './snapshot/builder.ts';
import type { GatheredPart } from './snapshot/gather.ts';

/** A file to read, as it crosses between threads. */
export type ExportFileFacts = Omit<ExportFile, 'url'> & { readonly url: string };

export interface IngestOptions {
  /** Lanes side by side, 1 and up. */
  readonly threads: number;
  readonly workerData: RefreshWorkerData;
  readonly onNotice: (notice: RefreshNotice) => void;
}

type Lane = IngestLane<ExportFileFacts, GatheredPart>;

const WORKER_FILE = new URL('./ingest-worker.ts', import.meta.url);

/** The choice of lanes for `createDefender`. Its threads end with the reading of the files. */
export function composeIngest({
  threads,
  workerData,
  onNotice,
}: IngestOptions): NonNullable<DefenderPorts<SnapshotBuilder>['chooseLanes']> {
  return ({ local, waits }) =>
    (builder, files) => {
      const count = Math.min(threads, files);
      if (count < 2) return local(builder, files);
      const lanes: Lane[] = Array.from({ length: count }, () =>
        createIngestLane<ExportFileFacts, GatheredPart, RefreshNotice>({
          spawn: () => new Worker(WORKER_FILE, { workerData }),
          onNotice,
          hold: () => waits.hold(),
        }),
      );
      return {
        lanes: lanes.map((lane) => ({
          read: (file, options) => lane.read({ ...file, url: file.url.href }, options),
        })),
        get recordsUncollected() {
          return lanes.reduce((sum, { recordsRead }) => sum + recordsRead, 0);
        },
        collect: async () => {
          for (const lane of lanes) {
            builder.absorb(await lane.collect());
            await lane[Symbol.asyncDispose]();
          }
        },
        [Symbol.asyncDispose]: async () => {
          await Promise.all(lanes.map((lane) => lane[Symbol.asyncDispose]()));
        },
      };
    };
}
