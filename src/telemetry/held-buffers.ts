/**
 * Counts bytes for as long as they are in memory, without keeping them there: those of the served snapshot, of older ones
 * that a request still reads, and of those that the collector has not come by yet.
 */

export interface HeldBuffers {
  /** Counts these until each has been collected. A buffer must be given once. */
  add(buffers: Iterable<SharedArrayBuffer>): void;
  sizeBytes(): number;
}

export function createHeldBuffers(): HeldBuffers {
  let heldBytes = 0;
  const registry = new FinalizationRegistry<number>((byteLength) => {
    heldBytes -= byteLength;
  });
  return {
    add: (buffers) => {
      for (const buffer of buffers) {
        heldBytes += buffer.byteLength;
        registry.register(buffer, buffer.byteLength);
      }
    },
    sizeBytes: () => heldBytes,
  };
}
