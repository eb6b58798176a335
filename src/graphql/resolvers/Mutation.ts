/** What changes something. */

import type { MutationResolvers } from '../generated/resolver-types.ts';

export const Mutation: MutationResolvers = {
  refreshSnapshot: (_root, _given, { refresh }) => {
    const outcome = refresh.requestRefresh();
    const status = refresh.status();
    switch (outcome.kind) {
      case 'started':
        return { kind: 'RefreshStarted', status };
      case 'alreadyRunning':
        return { kind: 'RefreshAlreadyRunning', status };
      case 'rateLimited':
        return { kind: 'RefreshRateLimited', status, retryAtMs: outcome.retryAtMs, reason: outcome.reason };
    }
  },
};
