/** What whoever cuts a stream of bytes into records hands them to, and how long a record may be. */

import type { RecordSink } from '../snapshot/record.ts';

/** `checkpoint` and `restore` are those of the sink behind it. */
export interface RecordReader extends Pick<RecordSink, 'checkpoint' | 'restore'> {
  /** Takes one record: `bytes[start, end)`, valid until this returns. */
  decode(bytes: Buffer, start: number, end: number): void;
  /**
   * The end of a record that begins at `start` and that is like earlier ones, found without looking for it; -1 for any
   * other. What follows is not looked at. Hands nothing on: call {@link accept} for that, before anything else.
   */
  recognize(bytes: Buffer, start: number): number;
  /** Takes the record that was recognised last. */
  accept(): void;
}

export interface RecordLimits {
  /** Longest record that is held or handed on. */
  readonly maximumRecordBytes: number;
  /** Makes the error for a longer one. */
  readonly tooLong: () => Error;
}

/** A reader that keeps nothing and counts. */
export function createRecordCounter(): RecordReader & { readonly records: number } {
  let records = 0;
  return {
    get records() {
      return records;
    },
    decode: () => {
      records += 1;
    },
    recognize: () => -1,
    accept: () => {},
    checkpoint: () => ({ recordsAdded: records, rejections: [], unknownColumns: [] }),
    restore: ({ recordsAdded }) => {
      records = recordsAdded;
    },
  };
}
