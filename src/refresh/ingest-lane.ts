/**
 * An ingest thread as the refresh thread sees it: something that reads one file at a time and gives what it has gathered
 * at the end.
 *
 * A thread that dies fails the read under way and every later call. A read that is aborted is left alone: the lane is
 * of no use then, and disposing it ends the thread.
 */

import { invariant } from '../core/errors.ts';
import type { FromIngestThread, ToIngestThread } from './ingest-protocol.ts';
import { createDeathError, spawnThread } from './thread-death.ts';
import type { RefreshThread } from './worker-job.ts';
import { fromErrorFacts } from './worker-protocol.ts';

export interface IngestLaneOptions<Notice> {
  /** Starts a thread that serves the other end: see `ingest-server.ts`. */
  readonly spawn: () => RefreshThread;
  readonly onNotice: (notice: Notice) => void;
  /** Called when the thread begins to wait for something other than an answer; what it returns, when that is over. */
  readonly hold: () => () => void;
}

export interface IngestLane<File, Part> extends AsyncDisposable {
  /** Records that the thread holds, as far as is known. */
  readonly recordsRead: number;
  /**
   * Rejects with what the read failed with, with the signal's reason, or with a retryable `INTERNAL_SERVER_ERROR` when the
   * thread cannot be started. One at a time.
   */
  read(file: File, options: ReadFileInLaneOptions): Promise<void>;
  /** Everything gathered; nothing can be read afterwards. */
  collect(): Promise<Part>;
}

export interface ReadFileInLaneOptions {
  readonly onBytes: (sizeBytes: number) => void;
  readonly signal: AbortSignal;
}

const SUBJECT = 'An ingest thread';

/** Starts the thread when it is first asked for something. Until then there is nothing to dispose of. */
export function createIngestLane<File, Part, Notice>(
  options: IngestLaneOptions<Notice>,
): IngestLane<File, Part> {
  const { spawn, onNotice, hold } = options;
  let thread: RefreshThread | undefined;
  let recordsRead = 0;
  let onBytes: ((sizeBytes: number) => void) | undefined;
  let pending: PromiseWithResolvers<Part | undefined> | undefined;
  let death: Error | undefined;
  let deathCause: unknown;
  let release: (() => void) | undefined;

  function openThread(): RefreshThread {
    const opened = spawnThread(SUBJECT, spawn);
    opened.on('message', (message) => receive(message as FromIngestThread<Part, Notice>));
    opened.on('error', (error) => {
      deathCause = error;
    });
    opened.on('exit', (exitCode) => {
      endWait();
      death = createDeathError(SUBJECT, exitCode, deathCause);
      pending?.reject(death);
    });
    return opened;
  }

  function endWait(): void {
    release?.();
    release = undefined;
  }

  function receive(message: FromIngestThread<Part, Notice>): void {
    switch (message.type) {
      case 'progress':
        recordsRead = message.recordsRead;
        onBytes?.(message.sizeBytes);
        return;
      case 'waiting':
        endWait();
        if (message.isWaiting) release = hold();
        return;
      case 'notice':
        onNotice(message.notice);
        return;
      case 'done':
        pending?.resolve(undefined);
        return;
      case 'failed':
        pending?.reject(fromErrorFacts(message.error));
        return;
      case 'part':
        pending?.resolve(message.part);
        return;
    }
  }

  async function ask(message: ToIngestThread<File>): Promise<Part | undefined> {
    invariant(pending === undefined, 'An ingest thread must be asked for one thing at a time.');
    if (death !== undefined) throw death;
    thread ??= openThread();
    pending = Promise.withResolvers();
    try {
      thread.postMessage(message);
      return await pending.promise;
    } finally {
      pending = undefined;
    }
  }

  return {
    get recordsRead() {
      return recordsRead;
    },
    read: async (file, options) => {
      const { signal } = options;
      signal.throwIfAborted();
      const abandon = () => pending?.reject(signal.reason);
      signal.addEventListener('abort', abandon, { once: true });
      onBytes = options.onBytes;
      try {
        await ask({ type: 'read', file });
      } finally {
        onBytes = undefined;
        signal.removeEventListener('abort', abandon);
      }
    },
    collect: async () => (await ask({ type: 'collect' })) as Part,
    [Symbol.asyncDispose]: async () => {
      endWait();
      await thread?.terminate();
    },
  };
}
