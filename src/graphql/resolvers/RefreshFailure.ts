/** Why a refresh did not succeed: a view that the refresher has given. */

import type { RefreshFailureResolvers } from '../generated/resolver-types.ts';
import { toEpochSeconds } from '../request-facts.ts';

export const RefreshFailure: RefreshFailureResolvers = {
  at: ({ atMs }) => toEpochSeconds(atMs),
  code: ({ code }) => code,
  message: ({ message }) => message,
  retryable: ({ retryable }) => retryable,
};
