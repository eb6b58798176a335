/** One attempt to read the inventory anew: a view that the refresher has given. */

import type { RefreshRunResolvers } from '../generated/resolver-types.ts';
import { encodeNodeId } from '../node-id.ts';
import { toEpochSeconds } from '../request-facts.ts';

export const RefreshRun: RefreshRunResolvers = {
  id: ({ kind, run }) => encodeNodeId(kind, run.runId),
  trigger: ({ run }) => run.trigger,
  startedAt: ({ run }) => toEpochSeconds(run.startedAtMs),
  finishedAt: ({ run }) => toEpochSeconds(run.finishedAtMs),
  progress: ({ run }) => run.progress,
  outcome: ({ run }) => run.outcome,
  failure: ({ run }) => run.failure,
};
