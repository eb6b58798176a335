/**
 * Who counts how often callers ask, on the main thread and on every other: the store, where gateways share one; else, and
 * while that cannot be used, the main thread for all threads of the process.
 */

import type { Config } from './config/config.ts';
import type { GatewayError } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import type { RateKind, RateLimiter } from './core/rates.ts';
import { createFallbackRates } from './storage/fallback-rates.ts';
import type { Store } from './storage/store.ts';

/** What a serving thread asks the main one to take. */
export interface RateQuestion {
  readonly callerId: string;
  readonly kind: RateKind;
  readonly amount: number;
}

/** @param options.local counts for this process alone */
export async function composeRates(options: {
  readonly config: Config;
  readonly store: Pick<Store, 'openRates'>;
  readonly local: RateLimiter;
  readonly log: Logger;
  readonly onStoreFailure: (failure: GatewayError) => void;
}): Promise<RateLimiter> {
  const { config, store, local, log, onStoreFailure } = options;
  const { requests, cost } = config.rates;
  const isLimited = config.auth.mode !== 'none' && (requests > 0 || cost > 0);
  const shared = isLimited ? await store.openRates(config.rates) : null;
  if (shared === null) return local;
  return createFallbackRates({ first: shared, second: local, log, onStoreFailure });
}
