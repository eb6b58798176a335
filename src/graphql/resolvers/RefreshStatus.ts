/** How the data is kept fresh: a view that the refresher has given. */

import type { RefreshStatusResolvers } from '../generated/resolver-types.ts';
import type { RefreshRunHandle } from '../handles.ts';
import { encodeNodeId } from '../node-id.ts';
import type { RefreshRunView } from '../refresh-port.ts';
import { toEpochSeconds } from '../request-facts.ts';
import { hasRight } from '../rights.ts';

export const RefreshStatus: RefreshStatusResolvers = {
  id: ({ kind }) => encodeNodeId(kind),
  phase: ({ status }) => status.phase,
  currentRun: ({ status }) => toRun(status.currentRun),
  lastRun: ({ status }) => toRun(status.lastRun),
  lastSuccessAt: ({ status }) => toEpochSeconds(status.lastSuccessAtMs),
  lastFailure: ({ status }) => status.lastFailure,
  nextRunAt: ({ status }) => toEpochSeconds(status.nextRunAtMs),
  budgets: ({ status }, _given, { caller }) =>
    hasRight(caller, 'Inventory.Operate') ? status.budgets : null,
};

function toRun(run: RefreshRunView | null): RefreshRunHandle | null {
  return run === null ? null : { kind: 'RefreshRun', run };
}
