/**
 * The ingest thread's end of the channel: reads the files it is given, and hands over what was gathered when asked. Whatever
 * a handler throws becomes a `failed` message; it never ends the thread.
 */

import { MEBIBYTE } from '../core/units.ts';
import type { FromIngestThread, ToIngestThread } from './ingest-protocol.ts';
import { toErrorFacts } from './worker-protocol.ts';

/** One end of a channel; a `MessagePort` is one. */
export interface IngestPort {
  postMessage(message: unknown, transfer: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

/** What the thread may tell the refresh thread at any time. */
export interface RefreshSide<Notice> {
  notify(notice: Notice): void;
  /** Whether the thread waits for something other than an answer. */
  reportWaiting(isWaiting: boolean): void;
}

export interface IngestHandler<File, Part> {
  /** Records gathered so far. */
  readonly recordsRead: number;
  /** Reads one file to its end. */
  read(file: File, onBytes: (sizeBytes: number) => void): Promise<void>;
  /** Gives away everything gathered, once. */
  collect(): { readonly part: Part; readonly transfer: readonly ArrayBuffer[] };
}

/** Progress is sent once for so many bytes, and at the end of a file. */
const PROGRESS_BYTES = MEBIBYTE;

/** Serves until the port is closed. */
export function serveIngest<File, Part, Notice>(
  port: IngestPort,
  createHandler: (refreshSide: RefreshSide<Notice>) => IngestHandler<File, Part>,
): void {
  const post = (message: FromIngestThread<Part, Notice>, transfer: readonly ArrayBuffer[] = []) =>
    port.postMessage(message, transfer);
  const handler = createHandler({
    notify: (notice) => post({ type: 'notice', notice }),
    reportWaiting: (isWaiting) => post({ type: 'waiting', isWaiting }),
  });

  port.on('message', (raw) => {
    const message = raw as ToIngestThread<File>;
    if (message.type === 'read') read(message.file);
    else collect();
  });

  /** Never rejects. */
  async function read(file: File): Promise<void> {
    let unreported = 0;
    const report = () => {
      post({ type: 'progress', sizeBytes: unreported, recordsRead: handler.recordsRead });
      unreported = 0;
    };
    try {
      await handler.read(file, (sizeBytes) => {
        unreported += sizeBytes;
        if (unreported >= PROGRESS_BYTES) report();
      });
      report();
      post({ type: 'done' });
    } catch (error) {
      report();
      post({ type: 'failed', error: toErrorFacts(error) });
    }
  }

  function collect(): void {
    try {
      const { part, transfer } = handler.collect();
      post({ type: 'part', part }, transfer);
    } catch (error) {
      post({ type: 'failed', error: toErrorFacts(error) });
    }
  }
}
