/**
 * Everything that an export lists, read into one sink: several files side by side, as many as there are lanes, soonest-expiring
 * first. The first failure stops the others, and then no sink is complete; but a file that is refused because its address has
 * expired, or that is gone, is looked for once more under a new address.
 */

import { type ErrorCode, findGatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { RecordSink } from '../snapshot/record.ts';
import type { ExportEndpoint, ExportFile, ExportListing } from './export-endpoint.ts';
import { createFileAddresses, ExportReplaced, type FileAddresses } from './file-addresses.ts';
import type { FileLane, OpenLanes } from './file-lanes.ts';
import type { InventoryReading, ReadInventoryOptions } from './inventory-reading.ts';
import type { WatchedClock } from './watched-clock.ts';

export interface ExportFilesReader<Sink extends RecordSink> {
  /**
   * Reads what was listed, or, when that is replaced meanwhile and cannot be had any more, what is listed then. Nothing is
   * downloaded of an export that is known. Throws `UPSTREAM_*` or the signal's reason.
   */
  read(listing: ExportListing, options: ReadInventoryOptions<Sink>): Promise<InventoryReading<Sink>>;
}

export interface ExportFilesReaderOptions<Sink extends RecordSink> {
  readonly exportEndpoint: ExportEndpoint;
  readonly openLanes: OpenLanes<Sink>;
  /** 1 to 24. */
  readonly sasValidHours: number;
  readonly clock: Pick<WatchedClock, 'now'>;
  readonly log: Logger;
}

/** Failures of a file that another address may cure, where they may pass at all. */
const REFUSALS: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_FILE_FORBIDDEN', 'UPSTREAM_NOT_FOUND']);

export function createExportFilesReader<Sink extends RecordSink>(
  options: ExportFilesReaderOptions<Sink>,
): ExportFilesReader<Sink> {
  const { exportEndpoint, openLanes, sasValidHours, clock, log } = options;

  /** @param canRenew whether the export may be listed anew: once a refresh */
  async function readFiles(
    listing: ExportListing,
    sink: Sink,
    { signal, onProgress }: Pick<ReadInventoryOptions<Sink>, 'signal' | 'onProgress'>,
    { canRenew, countBytes }: { canRenew: boolean; countBytes: (sizeBytes: number) => number },
  ): Promise<void> {
    await using opened = openLanes(sink, listing.files.length);
    const stop = new AbortController();
    const eitherSignal = AbortSignal.any([signal, stop.signal]);
    const addresses = createFileAddresses({
      listing,
      requestListing: canRenew
        ? () => exportEndpoint.requestExport({ sasValidHours, signal: eitherSignal })
        : undefined,
      signal: eitherSignal,
      log,
    });
    const queue = listing.files.values();
    let filesDone = 0;
    async function readNext(lane: FileLane): Promise<void> {
      for (const file of queue) {
        await readAddressed(file, addresses, (addressed) =>
          lane.read(addressed, {
            onBytes: (sizeBytes) => {
              const { recordsUncollected } = opened;
              onProgress({ bytesDownloaded: countBytes(sizeBytes), recordsUncollected });
            },
            signal: eitherSignal,
          }),
        );
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
  }

  /** Under its own address or, where that has expired or is refused, under a new one. */
  async function readAddressed(
    file: ExportFile,
    addresses: FileAddresses,
    read: (addressed: ExportFile) => Promise<void>,
  ): Promise<void> {
    const hasExpired = file.expiresAtMs !== null && file.expiresAtMs <= clock.now();
    // The clock of this machine may be wrong: without a new address the old one is tried all the same.
    const first = (hasExpired ? await addresses.renew(file) : undefined) ?? addresses.find(file);
    try {
      await read(first);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      const second = await addresses.renew(file);
      if (second === undefined || second === first) throw error;
      await read(second);
    }
  }

  return {
    read: async (firstListing, read) => {
      const { knownGeneratedAtMs, onProgress } = read;
      let bytesDownloaded = 0;
      const countBytes = (sizeBytes: number): number => {
        bytesDownloaded += sizeBytes;
        return bytesDownloaded;
      };
      for (let listing = firstListing; ; ) {
        const { files, generatedAtMs } = listing;
        const sink = read.createSink();
        const listed = { source: 'EXPORT', generatedAtMs, filesTotal: files.length, sink } as const;
        if (generatedAtMs !== null && knownGeneratedAtMs !== null && generatedAtMs <= knownGeneratedAtMs) {
          return { ...listed, outcome: 'UNCHANGED', bytesDownloaded };
        }
        onProgress({ phase: 'DOWNLOADING', filesTotal: files.length, filesDone: 0, bytesDownloaded });
        try {
          await readFiles(listing, sink, read, { canRenew: listing === firstListing, countBytes });
          return { ...listed, outcome: 'READ', bytesDownloaded };
        } catch (error) {
          if (!(error instanceof ExportReplaced)) throw error;
          log.warn(
            { files: error.listing.files.length },
            'the export was replaced while it was read, starting over',
          );
          listing = error.listing;
        }
      }
    },
  };
}

function isRefusal(error: unknown): boolean {
  const known = findGatewayError(error);
  return known?.retryable === true && REFUSALS.has(known.code);
}
