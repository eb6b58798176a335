/**
 * Dear operations leave the thread that was asked: they are executed, and their data printed, where neither keeps anybody
 * from an answer. All that comes before and after stays here: what was asked is parsed, validated, priced and charged, and
 * the response gets its extensions, its status and its line in the log as any other does.
 *
 * What is executed elsewhere is one caller's operation over the snapshot and the instant of its request, and ends with it. A
 * mutation is never dear for what it changes, and stays.
 */

import { type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import {
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  OperationTypeNode,
} from 'graphql';
import type { Caller } from '../core/caller.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import type { GatewayContext } from './context.ts';
import type { ErrorMapping } from './error-mapping.ts';
import { PrintedData } from './printed-data.ts';
import type { RefreshStatusView } from './refresh-port.ts';
import { isDear } from './request-account.ts';
import type { RequestDeadline } from './request-deadline.ts';

/** An operation with all that its request holds on to: plain data, which crosses between threads. */
export interface DearOperation {
  readonly text: string;
  readonly operationName: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  /** The instant of the request, epoch milliseconds. */
  readonly nowMs: number;
  /** How long the request has taken until now, in milliseconds. */
  readonly elapsedMs: number;
  /** How refreshes stood when it was handed over. */
  readonly refreshStatus: RefreshStatusView;
  readonly requestId: string;
}

/** What became of it: plain data, likewise. */
export interface ExecutedOperation {
  /** The JSON text of its data, in UTF-8; `null` where there is no member `data`. */
  readonly data: Uint8Array | null;
  readonly hasRootData: boolean;
  /** As callers are told. */
  readonly errors: readonly GraphQLFormattedError[];
  /** Rows given out. */
  readonly rows: number;
}

/**
 * Executes an operation somewhere else.
 *
 * @param snapshot of the request: the whole, or the caller's part, which is made anew there; `null` where it has none
 * @throws Error when whatever executed it is gone
 */
export type ExecuteDear = (
  operation: DearOperation,
  snapshot: Snapshot | null,
  deadline: RequestDeadline,
) => Promise<ExecutedOperation>;

export function createDearOperationsPlugin(
  execute: ExecuteDear,
  errors: ErrorMapping,
): ApolloServerPlugin<GatewayContext> {
  return {
    requestDidStart: async () => ({
      responseForOperation: async ({ source, operation, operationName, request, contextValue }) => {
        const { account, snapshot, deadline } = contextValue;
        if (!isDear(account) || operation.operation !== OperationTypeNode.QUERY) return null;
        try {
          const dear = await toDear(source, operationName, request.variables, contextValue);
          const executed = await execute(dear, snapshot, deadline);
          account.rows += executed.rows;
          return toResponse(toResult(executed, contextValue));
        } catch (cause) {
          const error = new GraphQLError('the operation could not be executed', {
            originalError: cause instanceof Error ? cause : new Error(String(cause)),
          });
          errors.noteRequest([error], contextValue);
          return toResponse({ errors: [errors.formatError({ message: error.message }, error)] }, 500);
        }
      },
    }),
  };
}

async function toDear(
  text: string,
  operationName: string | null,
  variables: Readonly<Record<string, unknown>> | undefined,
  { caller, nowMs, deadline, refresh, requestId }: GatewayContext,
): Promise<DearOperation> {
  const refreshStatus = await refresh.status();
  const elapsedMs = deadline.elapsedMs();
  return {
    text,
    operationName,
    variables: variables ?? {},
    caller,
    nowMs,
    elapsedMs,
    refreshStatus,
    requestId,
  };
}

function toResult({ data, hasRootData, errors }: ExecutedOperation, { onPrinted }: GatewayContext) {
  const found = errors.length === 0 ? {} : { errors };
  if (data === null) return found;
  const printed = new PrintedData(data, hasRootData);
  onPrinted?.(printed);
  return { ...found, data: printed };
}

function toResponse(
  result: { readonly errors?: readonly GraphQLFormattedError[]; readonly data?: unknown },
  status?: number,
) {
  // The pipeline hands data on as they are; only their type is that of objects.
  const singleResult = result as FormattedExecutionResult;
  return {
    http: { headers: new HeaderMap(), ...(status === undefined ? {} : { status }) },
    body: { kind: 'single' as const, singleResult },
  };
}
