/**
 * Records of calls in one place, and in another one for as long as the first cannot be used: calls need not stop because
 * a Redis is away, and a restart finds on disk what was called meanwhile. It does not carry records from one place to the
 * other; whoever calls tells both what he knows.
 */

import { findGatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { CallRecordStore } from './call-records.ts';

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

  return {
    record: (endpoint, known, windows) => use((records) => records.record(endpoint, known, windows)),
    merge: (endpoint, known) => use((records) => records.merge(endpoint, known)),
  };
}
