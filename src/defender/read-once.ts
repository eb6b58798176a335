/**
 * A body that is delivered exactly once over several tries. When a try fails in the middle, the next one
 * reads the body from its beginning, checks that its first bytes are the ones already delivered, and goes
 * on behind them: no record is handed on twice, and a body that changed in between is noticed.
 *
 *     try 1   ████████████╳
 *     try 2   ▒▒▒▒▒▒▒▒▒▒▒▒█████████      ▒ compared by length and CRC-32, not delivered
 *
 * Costs a CRC of every byte (about 1 GB/s and up on one core) and holds nothing.
 */

import { crc32 } from 'node:zlib';
import type { RetrySession } from './retry.ts';

export interface ReadOnceOptions {
  /** Opens the body from its beginning. */
  readonly open: () => AsyncIterable<Buffer> | Promise<AsyncIterable<Buffer>>;
  /** Asked after each failure; throws to give up. */
  readonly retries: RetrySession;
  readonly signal: AbortSignal;
  /** Asked after a failure: forgets what was delivered, and says `true`, if nothing has come of it yet. */
  readonly restart: () => boolean;
  /** Makes the error for a body that differs from what was delivered. */
  readonly changed: () => Error;
}

/** Throws what the retry session throws, or the error that `changed` makes. */
export async function* readOnce({
  open,
  retries,
  signal,
  restart,
  changed,
}: ReadOnceOptions): AsyncGenerator<Buffer> {
  let deliveredBytes = 0;
  let deliveredCrc = 0;
  for (;;) {
    let skippedBytes = 0;
    let skippedCrc = 0;
    try {
      for await (const chunk of await open()) {
        const skip = Math.min(chunk.length, deliveredBytes - skippedBytes);
        if (skip > 0) {
          skippedCrc = crc32(chunk.subarray(0, skip), skippedCrc);
          skippedBytes += skip;
          if (skippedBytes === deliveredBytes && skippedCrc !== deliveredCrc) throw changed();
        }
        if (skip === chunk.length) continue;
        const fresh = chunk.subarray(skip);
        deliveredCrc = crc32(fresh, deliveredCrc);
        deliveredBytes += fresh.length;
        skippedBytes = deliveredBytes;
        yield fresh;
      }
      if (skippedBytes < deliveredBytes) throw changed();
      return;
    } catch (error) {
      await retries.pause(error, signal);
      if (restart()) {
        deliveredBytes = 0;
        deliveredCrc = 0;
      }
    }
  }
}
