/**
 * Notices that an operator wants a refused snapshot published, and lets the refresher run at once: its run finds the approval
 * in the store, and publishes without a call upstream. Each approval starts one run, whatever becomes of it.
 */

import type { Clock } from './core/clock.ts';
import type { Logger } from './core/logger.ts';
import { MINUTE_MS } from './core/units.ts';
import type { Refresher } from './refresh/refresher.ts';
import type { SnapshotAge } from './storage/refused-snapshots.ts';
import type { SnapshotRepository } from './storage/snapshot-repository.ts';

/** How long an approval may wait; a look costs the reading of an entry or two. */
export const APPROVAL_INTERVAL_MS = MINUTE_MS;

export interface ApprovalWatch extends AsyncDisposable {
  /** Looks at once, and then again and again until it is disposed of. */
  start(): void;
}

export function composeApprovalWatch(options: {
  readonly repository: Pick<SnapshotRepository, 'findApproved'>;
  readonly refresher: Pick<Refresher, 'runNow'>;
  readonly findServed: () => SnapshotAge | null;
  readonly clock: Clock;
  readonly log: Logger;
}): ApprovalWatch {
  const { repository, refresher, findServed, clock, log } = options;
  const stop = new AbortController();
  let watching: Promise<void> = Promise.resolve();
  let lastApproval: string | undefined;
  let isFailing = false;

  async function look(): Promise<void> {
    try {
      const approval = await repository.findApproved(findServed());
      isFailing = false;
      if (approval === undefined || approval === lastApproval || stop.signal.aborted) return;
      // A run that is under way may have looked too early: the next look tells.
      if (!refresher.runNow()) return;
      lastApproval = approval;
    } catch (error) {
      if (!isFailing)
        log.warn({ err: error }, 'whether a refused snapshot is to be published cannot be told');
      isFailing = true;
    }
  }

  /** Never rejects. */
  async function watch(): Promise<void> {
    while (!stop.signal.aborted) {
      await look();
      await clock.sleep(APPROVAL_INTERVAL_MS, stop.signal).catch(() => undefined);
    }
  }

  return {
    start: () => {
      watching = watch();
    },
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await watching;
    },
  };
}
