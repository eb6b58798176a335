/**
 * Records of calls in one place, and in another one for as long as the first cannot be used: calls need not stop because
 * a Redis is away, and a restart finds on disk what was called meanwhile. When the first can be used for the first time, it
 * learns what the second holds from before; after that whoever calls tells each of them what he knows.
 */

import { findGatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { CallRecordStore, KnownCalls } from './call-records.ts';

/** Both must count in the same windows. When both fail, the failure is that of `first`. */
export function createFallbackCallRecords(options: {
  readonly first: CallRecordStore;
  readonly second: CallRecordStore;
  readonly log: Logger;
}): CallRecordStore {
  const { first, second, log } = options;
  let isFirstUsed = true;

  async function use<Answer>(ask: (records: CallRecordStore) => Promise<Answer>): Promise<Answer> {
    let failure: unknown;
    try {
      const answer = await ask(first);
      isFirstUsed = true;
      return answer;
    } catch (error) {
      failure = error;
    }
    const answer = await ask(second).catch(() => {
      throw failure;
    });
    if (isFirstUsed) {
      const { code, message } = findGatewayError(failure) ?? { code: undefined, message: String(failure) };
      log.warn(
        { event: 'call_records_elsewhere', code, reason: message },
        'calls to Defender are recorded on disk until the store takes them again',
      );
    }
    isFirstUsed = false;
    return answer;
  }

  const told = new Set<string>();

  /** What the first is asked with: at the first time what an earlier process has recorded in the second, too. */
  async function tell(endpoint: string, known: KnownCalls): Promise<KnownCalls> {
    if (told.has(endpoint)) return known;
    const all = await second.merge(endpoint, known).catch(() => known);
    told.add(endpoint);
    return all;
  }

  return {
    record: async (endpoint, known, windows) => {
      const all = await tell(endpoint, known);
      return await use((records) => records.record(endpoint, all, windows));
    },
    merge: async (endpoint, known) => {
      const all = await tell(endpoint, known);
      return await use((records) => records.merge(endpoint, all));
    },
  };
}
