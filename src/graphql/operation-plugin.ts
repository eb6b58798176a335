/** Reports every operation once, when its response is ready: to whoever listens to all, and to whoever asked for this one. */

import type { ApolloServerPlugin } from '@apollo/server';
import type { GraphQLFormattedError } from 'graphql';
import type { GatewayContext } from './context.ts';
import {
  type OperationObserver,
  type OperationOutcome,
  type OperationReport,
  toErrorCodes,
} from './operation-report.ts';
import { hasRootData } from './root-data.ts';

/**
 * @param onOperation told of every operation, before the observer of its own request is
 * @param monotonicNowMs a clock that never goes back, in milliseconds with fractions
 */
export function createOperationPlugin(
  onOperation: OperationObserver,
  monotonicNowMs: () => number,
): ApolloServerPlugin<GatewayContext> {
  return {
    requestDidStart: async () => {
      const startMs = monotonicNowMs();
      return {
        willSendResponse: async ({
          contextValue,
          operation,
          operationName,
          queryHash,
          response: { body },
        }) => {
          if (body.kind !== 'single') return;
          const { data, errors = [] } = body.singleResult;
          const report: OperationReport = {
            name: operationName ?? null,
            type: operation?.operation ?? null,
            hash: queryHash ?? null,
            outcome: toOutcome(data, errors),
            errorCodes: toErrorCodes(errors),
            cost: contextValue.account.cost,
            rows: contextValue.account.rows,
            durationMs: monotonicNowMs() - startMs,
            requestId: contextValue.requestId,
          };
          onOperation(report);
          contextValue.onOperation?.(report);
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
