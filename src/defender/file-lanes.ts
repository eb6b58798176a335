/**
 * Export files are read in lanes, side by side, one file at a time in each. Whether a lane is in this thread or in one of
 * its own is for whoever puts the upstream client together.
 */

import type { RecordSink } from '../snapshot/record.ts';
import type { ExportFile } from './export-endpoint.ts';
import type { ExportFileReader } from './export-file-reader.ts';
import { createRecordDecoder } from './record-decoder.ts';

export interface FileLane {
  /** Reads a file to its end. Throws `UPSTREAM_*` or the signal's reason; then the lane holds none of it. */
  read(file: ExportFile, options: ReadLaneOptions): Promise<void>;
}

export interface ReadLaneOptions {
  /** Told of bytes as they come over the wire. */
  readonly onBytes: (sizeBytes: number) => void;
  readonly signal: AbortSignal;
}

/** Disposing drops what was not collected. */
export interface FileLanes extends AsyncDisposable {
  readonly lanes: readonly FileLane[];
  /** Records read so far that are not in the sink yet. */
  readonly recordsUncollected: number;
  /** Once all files are read: resolves when everything is in the sink. */
  collect(): Promise<void>;
}

/** A lane decodes in its own thread while the thread pool inflates what comes next. */
export const CORES_PER_LANE = 2;

/** @param files how many there are to read */
export type OpenLanes<Sink extends RecordSink> = (sink: Sink, files: number) => FileLanes;

/** One lane in this thread, straight into the sink. */
export function createLocalLane(fileReader: ExportFileReader): OpenLanes<RecordSink> {
  return (sink) => {
    const reader = createRecordDecoder(sink);
    return {
      lanes: [{ read: (file, options) => fileReader.readRecords(file, { reader, ...options }) }],
      recordsUncollected: 0,
      collect: async () => {},
      [Symbol.asyncDispose]: async () => {},
    };
  };
}
