/** One reading of the inventory: what it is given, what it tells on the way, and what comes of it. */

import type { RecordSink } from '../snapshot/record.ts';

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
  /** Makes an empty sink; called again when a fallback, or an export that was replaced, starts over. */
  readonly createSink: () => Sink;
  readonly signal: AbortSignal;
  /** When the newest known data was generated: that and anything older is not downloaded. */
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
