/**
 * Executes operations that were admitted elsewhere, and prints their data: the same pipeline, with the limits of the thread
 * that asks. It has the thread to itself, and the time that a request has left.
 */

import type { Logger } from '../core/logger.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { OperationLimits } from './admission/limits.ts';
import { createContext } from './context.ts';
import { createServer } from './create-server.ts';
import type { DearOperation, ExecutedOperation } from './dear-operations.ts';
import { PrintedData } from './printed-data.ts';
import { hasRootData } from './root-data.ts';
import { createScopes } from './scopes.ts';
import { createSliceRunner } from './slices.ts';

export interface OperationExecutor extends AsyncDisposable {
  /**
   * @param snapshot the whole inventory, of which the caller is given its part
   * @param isAbandoned whether nobody waits any more
   * @throws Error when it could not be executed at all
   */
  execute(
    operation: DearOperation,
    snapshot: Snapshot | null,
    isAbandoned: () => boolean,
  ): Promise<ExecutedOperation>;
}

export interface OperationExecutorOptions {
  /** The text of `schema.graphql`. */
  readonly typeDefs: string;
  /** For internal errors. */
  readonly log: Logger;
  readonly limits: OperationLimits;
  /** In milliseconds; 0 = as long as it takes. */
  readonly requestDeadlineMs: number;
  /** In milliseconds; 0 = never. */
  readonly snapshotExpiresAfterMs: number;
}

/** Nobody else waits for the thread: a turn is only there for the end of the request to be noticed. */
const TURN_MS = 50;

/** Starts one; whoever asked for it disposes it. */
export async function createOperationExecutor(options: OperationExecutorOptions): Promise<OperationExecutor> {
  const { typeDefs, log, limits, requestDeadlineMs, snapshotExpiresAfterMs } = options;
  const { apollo } = createServer({ typeDefs, log, limits });
  await apollo.start();
  const slices = createSliceRunner({ turnMs: TURN_MS });
  const scopes = createScopes({ slices });
  return {
    execute: async ({ text, operationName, variables, ...asked }, snapshot, isAbandoned) => {
      const { caller, nowMs, elapsedMs, refreshStatus, requestId } = asked;
      const contextValue = await createContext(
        {
          clock: { now: () => nowMs },
          findSnapshot: () => snapshot,
          refresh: { status: () => refreshStatus, requestRefresh: refuseRefresh },
          snapshotExpiresAfterMs,
          slices,
          scopes,
          requestDeadlineMs,
        },
        { caller, requestId, log, isAbandoned, arrivedAtMs: performance.now() - elapsedMs },
      );
      const { body } = await apollo.executeOperation(
        { query: text, variables: { ...variables }, ...(operationName === null ? {} : { operationName }) },
        { contextValue },
      );
      if (body.kind !== 'single') throw new Error('incremental delivery is not part of this schema');
      const { data, errors = [] } = body.singleResult;
      return {
        // An encoder's bytes are their own, and can be handed over; a small Buffer's are a part of others'.
        data: data === undefined ? null : new TextEncoder().encode(printData(data)),
        hasRootData: hasRootData(data),
        errors,
        rows: contextValue.account.rows,
      };
    },
    [Symbol.asyncDispose]: () => apollo.stop(),
  };
}

function printData(data: unknown): string {
  return data instanceof PrintedData && typeof data.text === 'string' ? data.text : JSON.stringify(data);
}

function refuseRefresh(): never {
  throw new Error('a refresh is asked for on the thread that was asked');
}
