/**
 * Why a refresh did not succeed: a view that the refresher has given. Its message has figures of the whole inventory, which
 * are nothing to callers who are limited to a part.
 */

import { seesAll } from '../../core/caller.ts';
import type { RefreshFailureResolvers } from '../generated/resolver-types.ts';
import { toEpochSeconds } from '../request-facts.ts';

export const RefreshFailure: RefreshFailureResolvers = {
  at: ({ atMs }) => toEpochSeconds(atMs),
  code: ({ code }) => code,
  message: ({ code, message }, _given, { caller }) =>
    seesAll(caller) ? message : `The message is for callers of the whole inventory; its code is ${code}.`,
  retryable: ({ retryable }) => retryable,
};
