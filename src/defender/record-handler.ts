/** What whoever cuts a stream of bytes into records hands them to, and how long a record may be. */

/** Takes one record: `bytes[start, end)`, valid until the handler returns. */
export type RecordHandler = (bytes: Buffer, start: number, end: number) => void;

export interface RecordLimits {
  /** Longest record that is held or handed on. */
  readonly maximumRecordBytes: number;
  /** Makes the error for a longer one. */
  readonly tooLong: () => Error;
}
