/**
 * MSAL's token cache behind a narrow store. What is stored are access tokens, and for a user also refresh
 * tokens, in clear text: the store must be readable by nobody else.
 *
 * A store that fails is logged and taken for a miss: a token can always be had anew.
 */

import type { ICachePlugin } from '@azure/msal-node';
import type { Logger } from '../core/logger.ts';

/** Keeps one text for one identity. Both may fail; neither failure reaches a caller. */
export interface TokenCacheStore {
  load(): Promise<string | undefined>;
  save(serialized: string): Promise<void>;
}

export function createCachePlugin(store: TokenCacheStore, log: Logger): ICachePlugin {
  return {
    beforeCacheAccess: async ({ tokenCache }) => {
      try {
        const serialized = await store.load();
        if (serialized !== undefined) tokenCache.deserialize(serialized);
      } catch (error) {
        log.warn({ reason: nameOf(error) }, 'token cache could not be read, asking for a new token');
      }
    },
    afterCacheAccess: async ({ cacheHasChanged, tokenCache }) => {
      if (!cacheHasChanged) return;
      try {
        await store.save(tokenCache.serialize());
      } catch (error) {
        log.warn({ reason: nameOf(error) }, 'token cache could not be written, the token is kept in memory');
      }
    },
  };
}

/** A parser's message would quote the cache, tokens included. */
function nameOf(error: unknown): string {
  return error instanceof Error ? ((error as { code?: string }).code ?? error.name) : 'unknown';
}
