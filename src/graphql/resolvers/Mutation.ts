/** What changes something. */

import type { MutationResolvers } from '../generated/resolver-types.ts';
import type { RefreshSnapshotResultHandle } from '../handles.ts';
import type { RefreshRequestOutcome, RefreshStatusView } from '../refresh-port.ts';
import { requireRight } from '../rights.ts';
import { whenKnown } from '../when-known.ts';

export const Mutation: MutationResolvers = {
  refreshSnapshot: (_root, _given, { refresh, caller }) => {
    requireRight(caller, 'Inventory.Refresh');
    return whenKnown(refresh.requestRefresh(), (outcome) =>
      whenKnown(refresh.status(), (status) => toResult(outcome, status)),
    );
  },
};

function toResult(outcome: RefreshRequestOutcome, status: RefreshStatusView): RefreshSnapshotResultHandle {
  switch (outcome.kind) {
    case 'started':
      return { kind: 'RefreshStarted', status };
    case 'alreadyRunning':
      return { kind: 'RefreshAlreadyRunning', status };
    case 'rateLimited':
      return { kind: 'RefreshRateLimited', status, retryAtMs: outcome.retryAtMs, reason: outcome.reason };
  }
}
