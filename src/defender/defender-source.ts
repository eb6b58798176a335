/**
 * The inventory as a refresh wants it: one call that reads everything into a sink, from export files or page
 * by page. Decides between the two, and reports progress.
 *
 * Publishes nothing and keeps nothing: a sink that was filled half when an error came is the caller's to drop.
 */

import { type ErrorCode, findGatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { RecordSink } from '../snapshot/record.ts';
import type { ExportEndpoint } from './export-endpoint.ts';
import { createExportFilesReader } from './export-files.ts';
import type { OpenLanes } from './file-lanes.ts';
import type { InventoryReading, ReadInventoryOptions, SourceProgress } from './inventory-reading.ts';
import type { PagedEndpoint } from './paged-endpoint.ts';
import { createRecordDecoder } from './record-decoder.ts';
import type { WaitListener, WatchedClock } from './watched-clock.ts';

/** `REFRESH_SOURCE`. */
export type SourceMode = 'auto' | 'export' | 'paged';

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
  readonly waits: Pick<WatchedClock, 'watch' | 'now'>;
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
  const { mode, exportEndpoint, pagedEndpoint, sasValidHours, pageSize, waits, log } = options;
  const exportFiles = createExportFilesReader<Sink>({ ...options, clock: waits });

  async function readExport(read: ReadInventoryOptions<Sink>): Promise<InventoryReading<Sink>> {
    const { signal } = read;
    const listing = await orFallback(
      exportEndpoint.requestExport({ sasValidHours, signal }),
      LISTING_FALLBACKS,
    );
    return orFallback(exportFiles.read(listing, read), FILE_FALLBACKS);
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
