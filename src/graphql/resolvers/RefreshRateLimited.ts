/** No refresh may start now. */

import { SECOND_MS } from '../../core/units.ts';
import type { RefreshRateLimitedResolvers } from '../generated/resolver-types.ts';
import { toEpochSeconds } from '../request-facts.ts';

export const RefreshRateLimited: RefreshRateLimitedResolvers = {
  status: ({ status }) => ({ kind: 'RefreshStatus', status }),
  // Rounded up, so that whoever comes at that second is not turned away again.
  retryAt: ({ retryAtMs }) => toEpochSeconds(retryAtMs + SECOND_MS - 1),
  retryAfterSeconds: ({ retryAtMs }, _given, { nowMs }) =>
    Math.max(1, Math.ceil((retryAtMs - nowMs) / SECOND_MS)),
  reason: ({ reason }) => reason,
};
