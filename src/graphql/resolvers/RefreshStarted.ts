/** A refresh has begun. */

import type { RefreshStartedResolvers } from '../generated/resolver-types.ts';

export const RefreshStarted: RefreshStartedResolvers = {
  status: ({ status }) => ({ kind: 'RefreshStatus', status }),
};
