/**
 * A cache of persisted queries that gives back only what belongs to the key. Whoever asks by hash gets the answer to that
 * very text or none: what a store gives back altered counts as a miss, and the client sends the text again.
 */

import { createHash } from 'node:crypto';
import type { KeyValueCache } from '@apollo/utils.keyvaluecache';
import type { Logger } from '../core/logger.ts';

/** @param cache keys end in the SHA-256 of their value, lower-case hex */
export function createVerifiedQueryCache(
  cache: KeyValueCache<string>,
  log: Pick<Logger, 'warn'>,
): KeyValueCache<string> {
  return {
    get: async (key) => {
      const text: unknown = await cache.get(key);
      if (text === undefined || text === null) return undefined;
      if (typeof text === 'string' && key.endsWith(createHash('sha256').update(text).digest('hex')))
        return text;
      log.warn({ code: 'STORE_CORRUPT' }, 'a stored persisted query is not the one of its hash: not used');
      return undefined;
    },
    set: (key, text, options) => cache.set(key, text, options),
    delete: (key) => cache.delete(key),
  };
}
