/** A body that is read whole or not at all, over several tries. */

import type { RecordReader } from './record-reader.ts';
import type { RetrySession } from './retry.ts';

/**
 * Runs `attempt` until it succeeds or its retries are used up. Whatever a failed attempt has handed on is taken back, so
 * that no record is there twice and a body that changed between two tries leaves nothing of its former self.
 *
 * @throws what the retry session throws
 */
export async function readWhole<Result>(
  attempt: () => Promise<Result>,
  { reader, retries, signal }: { reader: RecordReader; retries: RetrySession; signal: AbortSignal },
): Promise<Result> {
  const checkpoint = reader.checkpoint();
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      reader.restore(checkpoint);
      await retries.pause(error, signal);
    }
  }
}
