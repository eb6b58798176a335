/** The port through which a refresh reads the inventory. Whoever talks to Defender satisfies it. */

import type { SnapshotSource } from '../snapshot/format.ts';
import type { RecordSink } from '../snapshot/record.ts';

/** What has changed since the last report: absolute values, absent ones are as before. */
export interface SourceProgress {
  readonly phase?: 'REQUESTING' | 'DOWNLOADING' | 'WAITING';
  readonly filesTotal?: number | null;
  readonly filesDone?: number;
  readonly bytesDownloaded?: number;
  /** Records read so far that are not in the sink yet. */
  readonly recordsUncollected?: number;
}

export interface ReadInventoryOptions<Sink extends RecordSink> {
  /** A fresh sink: one for each attempt, so that nothing of a failed attempt is left in the next. */
  createSink(): Sink;
  readonly signal: AbortSignal;
  /** When the newest known data was generated; that and anything older is not downloaded. `null` = read whatever there is. */
  readonly knownGeneratedAtMs: number | null;
  onProgress(progress: SourceProgress): void;
}

export interface ReadInventory<Sink extends RecordSink> {
  readonly outcome: 'READ' | 'UNCHANGED';
  /** The sink that holds what was read; with `READ` only. */
  readonly sink?: Sink;
  readonly source: SnapshotSource;
  /** Epoch milliseconds; `null` when Defender did not say. */
  readonly generatedAtMs: number | null;
  readonly filesTotal: number;
  readonly bytesDownloaded: number;
}

export interface RefreshSource<Sink extends RecordSink> {
  /** Rejects with a `GatewayError` unless everything that was listed was read to its end. */
  readInventory(options: ReadInventoryOptions<Sink>): Promise<ReadInventory<Sink>>;
}
