/**
 * A cache of persisted queries that gives back only what belongs to the key. Whoever asks by hash gets the answer to that
 * very text or none: what a store gives back altered counts as a miss, and the client sends the text again. What callers
 * can have it keep is bounded.
 */

import { createHash } from 'node:crypto';
import type { KeyValueCache } from '@apollo/utils.keyvaluecache';
import type { Logger } from '../core/logger.ts';
import { HOUR_MS } from '../core/units.ts';

/** Longer texts are executed and not kept: whoever sends one can send it again. In characters. */
const MAXIMUM_TEXT_LENGTH = 16_384;
/** Texts kept in an hour: a client has tens of them, and what invents others is no client. */
const MAXIMUM_TEXTS_AN_HOUR = 1_000;

/**
 * @param cache keys end in the SHA-256 of their value, lower-case hex
 * @param monotonicNowMs a clock that never goes back
 */
export function createVerifiedQueryCache(
  cache: KeyValueCache<string>,
  log: Pick<Logger, 'warn'>,
  monotonicNowMs: () => number,
): KeyValueCache<string> {
  let hourBeganMs = Number.NEGATIVE_INFINITY;
  let textsThisHour = 0;

  function hasRoom(): boolean {
    const nowMs = monotonicNowMs();
    if (nowMs - hourBeganMs >= HOUR_MS) {
      hourBeganMs = nowMs;
      textsThisHour = 0;
    }
    textsThisHour += 1;
    if (textsThisHour === MAXIMUM_TEXTS_AN_HOUR + 1) {
      log.warn(
        { event: 'persisted_queries_full', limit: MAXIMUM_TEXTS_AN_HOUR },
        'so many persisted queries were registered that no more are kept this hour; they are executed all the same',
      );
    }
    return textsThisHour <= MAXIMUM_TEXTS_AN_HOUR;
  }

  return {
    get: async (key) => {
      const text: unknown = await cache.get(key);
      if (text === undefined || text === null) return undefined;
      if (typeof text === 'string' && key.endsWith(createHash('sha256').update(text).digest('hex')))
        return text;
      log.warn({ code: 'STORE_CORRUPT' }, 'a stored persisted query is not the one of its hash: not used');
      return undefined;
    },
    set: async (key, text, options) => {
      if (text.length <= MAXIMUM_TEXT_LENGTH && hasRoom()) await cache.set(key, text, options);
    },
    delete: (key) => cache.delete(key),
  };
}
