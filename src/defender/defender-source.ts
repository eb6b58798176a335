/**
 * The inventory as a refresh wants it: one call that reads everything into a sink, from export files or page
 * by page. Decides between the two, reads files side by side, and reports progress.
 *
 * Publishes nothing and keeps nothing: a sink that was filled half when an error came is the caller's to drop.
 */

import { type ErrorCode, findGatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { RecordSink } from '../snapshot/record.ts';
import type { ExportEndpoint, ExportFile } from './export-endpoint.ts';
import type { FileLane, OpenLanes } from './file-lanes.ts';
import type { PagedEndpoint } from './paged-endpoint.ts';
import { createRecordDecoder } from './record-decoder.ts';
import type { WaitListener, WatchedClock } from './watched-clock.ts';

/** `REFRESH_SOURCE`. */
export type SourceMode = 'auto' | 'export' | 'paged';

export interface SourceProgress {
  /** `WAITING` while there is a wait, even beside a file that is being read; then what it was before. */
  readonly phase?: 'REQUESTING' | 'DOWNLOADING' | 'WAITING';
  /** `null` when it cannot be known: pages. */
  readonly filesTotal?: number | null;
  /** Files or pages read to their end. */
  readonly filesDone?: number;
  /** Bytes over the wire so far, repeated ones included. */
  readonly bytesDownloaded?: number;
  /** Records read so far that are not in the sink yet. */
  readonly recordsUncollected?: number;
}

export interface ReadInventoryOptions<Sink extends RecordSink> {
  /** Makes an empty sink; called a second time when a fallback starts over. */
  readonly createSink: () => Sink;
  readonly signal: AbortSignal;
  /** When the served data was generated: the same again is not downloaded. */
  readonly knownGeneratedAtMs: number | null;
  readonly onProgress: (progress: SourceProgress) => void;
}

export interface InventoryReading<Sink extends RecordSink> {
  readonly outcome: 'READ' | 'UNCHANGED';
  readonly source: 'EXPORT' | 'PAGED';
  /** Epoch milliseconds; `null` when Defender does not say. */
  readonly generatedAtMs: number | null;
  /** Files, or pages. */
  readonly filesTotal: number;
  readonly bytesDownloaded: number;
  /** The sink that holds everything; empty when nothing changed. */
  readonly sink: Sink;
}

export interface DefenderSource<Sink extends RecordSink> {
  /** Throws `UPSTREAM_*` or the signal's reason; then no sink is complete. */
  readInventory(options: ReadInventoryOptions<Sink>): Promise<InventoryReading<Sink>>;
}

export interface DefenderSourceOptions<Sink extends RecordSink> {
  readonly mode: SourceMode;
  readonly exportEndpoint: ExportEndpoint;
  readonly pagedEndpoint: PagedEndpoint;
  readonly openLanes: OpenLanes<Sink>;
  /** 1 to 24. */
  readonly sasValidHours: number;
  /** 1 to 200,000. */
  readonly pageSize: number;
  /** The clock by which the endpoints and the file reader wait. */
  readonly waits: Pick<WatchedClock, 'watch'>;
  readonly log: Logger;
}

/**
 * Failures of the listing after which pages may still work: access or the endpoint itself is the trouble,
 * not the role, the licence, the token or the quota, which pages share.
 */
const LISTING_FALLBACKS: ReadonlySet<ErrorCode> = new Set([
  'UPSTREAM_FORBIDDEN',
  'UPSTREAM_FEATURE_DISABLED',
  'UPSTREAM_NOT_FOUND',
  'UPSTREAM_UNAVAILABLE',
]);
/** Of the files only this: the blob host is another host, which a firewall may well not let through. */
const FILE_FALLBACKS: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_UNREACHABLE']);

/** Why pages are read although files were asked for. */
class FallbackNeeded extends Error {
  override readonly name = 'FallbackNeeded';
}

export function createDefenderSource<Sink extends RecordSink>(
  options: DefenderSourceOptions<Sink>,
): DefenderSource<Sink> {
  const { mode, exportEndpoint, pagedEndpoint, openLanes, sasValidHours, pageSize, waits, log } = options;

  async function readExport(read: ReadInventoryOptions<Sink>): Promise<InventoryReading<Sink>> {
    const { signal, knownGeneratedAtMs, onProgress } = read;
    const { files, generatedAtMs } = await orFallback(
      exportEndpoint.requestExport({ sasValidHours, signal }),
      LISTING_FALLBACKS,
    );
    const listed = {
      source: 'EXPORT',
      generatedAtMs,
      filesTotal: files.length,
      sink: read.createSink(),
    } as const;
    if (generatedAtMs !== null && generatedAtMs === knownGeneratedAtMs) {
      return { ...listed, outcome: 'UNCHANGED', bytesDownloaded: 0 };
    }
    onProgress({ phase: 'DOWNLOADING', filesTotal: files.length, filesDone: 0, bytesDownloaded: 0 });
    const bytesDownloaded = await orFallback(readFiles(files, listed.sink, read), FILE_FALLBACKS);
    return { ...listed, outcome: 'READ', bytesDownloaded };
  }

  /** Several files at once, as many as there are lanes. The first failure stops the others. */
  async function readFiles(
    files: readonly ExportFile[],
    sink: Sink,
    { signal, onProgress }: Pick<ReadInventoryOptions<Sink>, 'signal' | 'onProgress'>,
  ): Promise<number> {
    await using opened = openLanes(sink, files.length);
    const stop = new AbortController();
    const eitherSignal = AbortSignal.any([signal, stop.signal]);
    const queue = files.values();
    let filesDone = 0;
    let bytesDownloaded = 0;
    async function readNext(lane: FileLane): Promise<void> {
      for (const file of queue) {
        await lane.read(file, {
          onBytes: (sizeBytes) => {
            bytesDownloaded += sizeBytes;
            onProgress({ bytesDownloaded, recordsUncollected: opened.recordsUncollected });
          },
          signal: eitherSignal,
        });
        filesDone += 1;
        onProgress({ filesDone, recordsUncollected: opened.recordsUncollected });
      }
    }
    const reading = opened.lanes.map(readNext);
    try {
      await Promise.all(reading);
    } catch (error) {
      stop.abort(error);
      await Promise.allSettled(reading);
      throw error;
    }
    await opened.collect();
    onProgress({ recordsUncollected: 0 });
    return bytesDownloaded;
  }

  async function readPages(read: ReadInventoryOptions<Sink>): Promise<InventoryReading<Sink>> {
    const { signal, onProgress } = read;
    const sink = read.createSink();
    let bytesDownloaded = 0;
    onProgress({ phase: 'DOWNLOADING', filesTotal: null, filesDone: 0, bytesDownloaded });
    const { pages } = await pagedEndpoint.readAll({
      pageSize,
      reader: createRecordDecoder(sink),
      onPage: (filesDone) => onProgress({ filesDone }),
      onBytes: (sizeBytes) => {
        bytesDownloaded += sizeBytes;
        onProgress({ bytesDownloaded });
      },
      signal,
    });
    return {
      outcome: 'READ',
      source: 'PAGED',
      generatedAtMs: null,
      filesTotal: pages,
      bytesDownloaded,
      sink,
    };
  }

  async function readByMode(read: ReadInventoryOptions<Sink>): Promise<InventoryReading<Sink>> {
    read.onProgress({ phase: 'REQUESTING' });
    if (mode === 'paged') return readPages(read);
    try {
      return await readExport(read);
    } catch (error) {
      if (!(error instanceof FallbackNeeded)) throw error;
      if (mode === 'export') throw error.cause;
      log.warn(
        { code: findGatewayError(error.cause)?.code, reason: error.message },
        'export files cannot be had, reading pages instead',
      );
      return readPages(read);
    }
  }

  return {
    readInventory: async (read) => {
      const { onProgress, onWaiting } = withWaits(read.onProgress);
      const unwatch = waits.watch(onWaiting);
      try {
        return await readByMode({ ...read, onProgress });
      } finally {
        unwatch();
      }
    },
  };
}

/** Progress that a wait interrupts: afterwards the phase is again what it would have been without. */
function withWaits(report: (progress: SourceProgress) => void): {
  readonly onProgress: (progress: SourceProgress) => void;
  readonly onWaiting: WaitListener;
} {
  let phase: NonNullable<SourceProgress['phase']> = 'REQUESTING';
  return {
    onProgress: (progress) => {
      phase = progress.phase ?? phase;
      report(progress);
    },
    onWaiting: (isWaiting) => report({ phase: isWaiting ? 'WAITING' : phase }),
  };
}

async function orFallback<Result>(attempt: Promise<Result>, codes: ReadonlySet<ErrorCode>): Promise<Result> {
  try {
    return await attempt;
  } catch (error) {
    const known = findGatewayError(error);
    if (known !== undefined && codes.has(known.code))
      throw new FallbackNeeded(known.message, { cause: error });
    throw error;
  }
}
