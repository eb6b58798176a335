/** Reports every operation once, when its response is ready: the port that metrics and logs listen on. */

import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import type { GatewayContext } from './context.ts';
import { hasRootData } from './root-data.ts';

/**
 * How an operation went: `success` without errors; `partial` with errors beside data; without data, `rejected` when
 * all errors are the caller's, `unavailable` when a snapshot was missing, `failed` when one is ours.
 */
export type OperationOutcome = 'success' | 'partial' | 'rejected' | 'unavailable' | 'failed';

export interface OperationReport {
  /** As the caller named it, unbounded; `null` for one without a name, or that could not be parsed. */
  readonly name: string | null;
  readonly type: 'query' | 'mutation' | 'subscription' | null;
  readonly outcome: OperationOutcome;
  /** From the text of the request to the result, before that is printed. */
  readonly durationMs: number;
  readonly requestId: string;
}

/** Must not throw. */
export type OperationObserver = (report: OperationReport) => void;

/** @param monotonicNowMs a clock that never goes back, in milliseconds with fractions */
export function createOperationPlugin(
  onOperation: OperationObserver,
  monotonicNowMs: () => number,
): ApolloServerPlugin<GatewayContext> {
  return {
    requestDidStart: async () => {
      const startMs = monotonicNowMs();
      return {
        willSendResponse: async ({ contextValue, operation, operationName, response: { body } }) => {
          if (body.kind !== 'single') return;
          const { data, errors = [] } = body.singleResult;
          onOperation({
            name: operationName ?? null,
            type: operation?.operation ?? null,
            outcome: toOutcome(data, errors),
            durationMs: monotonicNowMs() - startMs,
            requestId: contextValue.requestId,
          });
        },
      };
    },
  };
}

function toOutcome(
  data: Readonly<Record<string, unknown>> | null | undefined,
  errors: readonly GraphQLFormattedError[],
): OperationOutcome {
  if (errors.length === 0) return 'success';
  if (hasRootData(data)) return 'partial';
  const codes = new Set(errors.map(({ extensions }) => extensions?.code));
  if (codes.has('INTERNAL_SERVER_ERROR')) return 'failed';
  return codes.has('SNAPSHOT_UNAVAILABLE') ? 'unavailable' : 'rejected';
}
