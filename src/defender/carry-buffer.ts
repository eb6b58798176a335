/**
 * The part of a record that earlier chunks ended with: grows by doubling, is reused for the next record,
 * and refuses to grow past a limit.
 */
export interface CarryBuffer {
  readonly sizeBytes: number;
  append(bytes: Buffer, start: number, end: number): void;
  /** What was appended since the last take, in a view that the next append overwrites. */
  take(): Buffer;
}

const INITIAL_BYTES = 4_096;

/** @param tooLong makes the error to throw when more than `maximumBytes` are appended */
export function createCarryBuffer(maximumBytes: number, tooLong: () => Error): CarryBuffer {
  let buffer: Buffer = Buffer.allocUnsafe(INITIAL_BYTES);
  let size = 0;

  return {
    get sizeBytes() {
      return size;
    },
    append: (bytes, start, end) => {
      const needed = size + (end - start);
      if (needed > maximumBytes) throw tooLong();
      if (needed > buffer.length) {
        const larger = Buffer.allocUnsafe(Math.max(needed, buffer.length * 2));
        buffer.copy(larger, 0, 0, size);
        buffer = larger;
      }
      bytes.copy(buffer, size, start, end);
      size = needed;
    },
    take: () => {
      const taken = buffer.subarray(0, size);
      size = 0;
      return taken;
    },
  };
}
