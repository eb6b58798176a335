/** How much one caller may ask for in a minute. */

import type { LimitsConfig } from './limits.ts';
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

/** Fault: an operation that the limit lets through, and that no caller can ever pay. For where callers are counted. */
export function refuseUnpayableCost(
  { settings, faults }: SettingReader,
  { cost }: RateSettings,
  { maximumCost }: Pick<LimitsConfig, 'maximumCost'>,
): void {
  if (cost === 0 || cost >= maximumCost) return;
  faults.contradict(
    [settings.rateCostPerMinute, settings.maximumCost],
    'set together: RATE_COST_PER_MINUTE must be at least MAXIMUM_COST, or 0 for no limit, since an operation that is within the limit could otherwise never be paid for',
  );
}
