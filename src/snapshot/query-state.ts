/**
 * What queries over one snapshot share: their bounds, and what they have worked out. Lives and dies with the
 * snapshot; no answer depends on it.
 */

import { SetCache } from './set-cache.ts';
import { DEFAULT_QUERY_LIMITS, type QueryLimits } from './work.ts';

export interface QueryState {
  readonly limits: QueryLimits;
  readonly cache: SetCache;
}

export function createQueryState(limits: Partial<QueryLimits> = {}): QueryState {
  const all = { ...DEFAULT_QUERY_LIMITS, ...limits };
  return { limits: all, cache: new SetCache(all.cacheBytes) };
}
