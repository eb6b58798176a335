/**
 * What the refresh thread and an ingest thread say to each other: one file at a time is read in the ingest thread, and what
 * was gathered goes back in one message at the end, moved and not copied.
 *
 *   refresh thread (ingest-lane.ts)                    ingest thread (ingest-server.ts)
 *     read, collect  ─────>
 *     <─────  progress, waiting, notice, done | failed, part
 */

import type { ErrorFacts } from './worker-protocol.ts';

/** @template File what is to be read; plain data */
export type ToIngestThread<File> =
  | { readonly type: 'read'; readonly file: File }
  | { readonly type: 'collect' };

/**
 * @template Part what was gathered; plain data
 * @template Notice log lines and metrics; plain data
 */
export type FromIngestThread<Part, Notice> =
  | {
      readonly type: 'progress';
      /** Over the wire since the last report. */
      readonly sizeBytes: number;
      /** Held by the thread. */
      readonly recordsRead: number;
    }
  | { readonly type: 'waiting'; readonly isWaiting: boolean }
  | { readonly type: 'notice'; readonly notice: Notice }
  | { readonly type: 'done' }
  | { readonly type: 'failed'; readonly error: ErrorFacts }
  | { readonly type: 'part'; readonly part: Part };
