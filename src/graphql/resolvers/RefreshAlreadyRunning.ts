/** A refresh was under way already. */

import type { RefreshAlreadyRunningResolvers } from '../generated/resolver-types.ts';

export const RefreshAlreadyRunning: RefreshAlreadyRunningResolvers = {
  status: ({ status }) => ({ kind: 'RefreshStatus', status }),
};
