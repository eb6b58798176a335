/** What changes something. */

import type { Caller } from '../../core/caller.ts';
import { toCallerFields } from '../../core/caller-fields.ts';
import type { Logger } from '../../core/logger.ts';
import type { MutationResolvers } from '../generated/resolver-types.ts';
import type { RefreshSnapshotResultHandle } from '../handles.ts';
import type { RefreshRequestOutcome, RefreshStatusView } from '../refresh-port.ts';
import { requireRight } from '../rights.ts';
import { whenKnown } from '../when-known.ts';

export const Mutation: MutationResolvers = {
  refreshSnapshot: (_root, _given, { refresh, caller, log }) => {
    requireRight(caller, 'Inventory.Refresh');
    return whenKnown(refresh.requestRefresh(), (outcome) => {
      logRequest(log, caller, outcome);
      return whenKnown(refresh.status(), (status) => toResult(outcome, status));
    });
  },
};

/** Of all that callers can do, this alone has an effect beyond its answer: the log says who asked for it. */
function logRequest(log: Logger, caller: Caller, outcome: RefreshRequestOutcome): void {
  const { kind } = outcome;
  const reason = kind === 'rateLimited' ? { reason: outcome.reason } : {};
  log.info(
    { event: 'refresh_requested', caller: toCallerFields(caller), outcome: kind, ...reason },
    'a caller has asked for a refresh',
  );
}

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
