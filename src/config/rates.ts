/** How much one caller may ask for in a minute. */

import type { SettingReader } from './reader.ts';

/** Of one caller; the amount of a minute may be used at once. 0: no limit. */
export interface RateSettings {
  /** Requests a minute, 0 to 1,000,000. */
  readonly requests: number;
  /** Cost of operations a minute, 0 to 1,000,000,000. */
  readonly cost: number;
}

export function parseRates(reader: SettingReader): RateSettings {
  return {
    requests: reader.integer('rateRequestsPerMinute', 0, 1_000_000),
    cost: reader.integer('rateCostPerMinute', 0, 1_000_000_000),
  };
}
