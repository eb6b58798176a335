/**
 * The ledger of calls to Defender, joined with its records in the store: what the gateway and its connection check
 * use alike, so that both count for both.
 */

import type { Config } from './config/config.ts';
import type { Clock } from './core/clock.ts';
import type { GatewayError } from './core/errors.ts';
import type { Logger } from './core/logger.ts';
import { SECOND_MS } from './core/units.ts';
import { type CallBudget, createRecordedBudget } from './defender/call-budget.ts';
import { type CallLedger, createCallLedger } from './defender/call-ledger.ts';
import type { Store } from './storage/store.ts';

export interface ComposedLedger extends AsyncDisposable {
  /** What is known in this process, for whoever must not wait. */
  readonly ledger: CallLedger;
  readonly budget: CallBudget;
}

/** How often the ledger is told of the calls of other gateways, where they share a store. */
const SYNCHRONIZE_INTERVAL_MS = 30 * SECOND_MS;

/** Resolves when the ledger knows what the store knows, or has been refused the answer. */
export async function composeLedger(options: {
  readonly config: Config;
  readonly store: Pick<Store, 'callRecords' | 'isShared'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly onStoreFailure: (failure: GatewayError) => void;
}): Promise<ComposedLedger> {
  const { config, store, clock, log, onStoreFailure } = options;
  const ledger = createCallLedger({ clock });
  const records = store.callRecords(toCallScope(config));
  const budget = createRecordedBudget({ ledger, records, clock, log, onStoreFailure });
  await budget.synchronize();
  const stop = new AbortController();
  const following = store.isShared ? follow().catch(giveUp) : Promise.resolve();

  /** Ends with the abort of its wait. */
  async function follow(): Promise<void> {
    while (!stop.signal.aborted) {
      await clock.sleep(SYNCHRONIZE_INTERVAL_MS, stop.signal);
      await budget.synchronize();
    }
  }

  function giveUp(error: unknown): void {
    if (!stop.signal.aborted) log.error({ err: error }, 'the calls of other gateways are followed no more');
  }

  return {
    ledger,
    budget,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await following;
    },
  };
}

/** Whose calls Defender counts together: those of one application in one tenant, at one API. */
function toCallScope({ azure, defender }: Config): readonly string[] {
  return [azure.tenantId ?? 'managed-identity', azure.clientId ?? 'managed-identity', defender.apiUrl];
}
