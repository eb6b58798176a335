/**
 * What is settled about a request before it is executed: plugins for Apollo's pipeline that find the caller's
 * mistakes which Apollo itself meets too late, and would report as its own.
 */

import type { ApolloServerPlugin } from '@apollo/server';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError } from 'graphql';
import type { GatewayContext } from './context.ts';

type GatewayPlugin = ApolloServerPlugin<GatewayContext>;

/**
 * HTTP 400 for a subscription. The schema has none, which no rule of validation looks at: executing it would fail
 * with status 200.
 */
export function createSubscriptionRefusalPlugin(): GatewayPlugin {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ operation }) => {
        if (operation?.operation !== 'subscription') return;
        throw new GraphQLError('The operation must be a query or a mutation, but got: subscription.', {
          nodes: operation,
          extensions: { code: ApolloServerErrorCode.BAD_REQUEST, http: { status: 400 } },
        });
      },
    }),
  };
}

/**
 * Takes a persisted query's hash that is no text for the hash of nothing: it is not found, or does not match. Apollo
 * makes a text of it, which fails for an object that has a `toString` of its own.
 */
export function createPersistedQueryHashPlugin(): GatewayPlugin {
  return {
    requestDidStart: async ({ request }) => {
      const { persistedQuery } = request.extensions ?? {};
      if (persistedQuery == null || typeof persistedQuery.sha256Hash === 'string') return;
      request.extensions = { ...request.extensions, persistedQuery: { ...persistedQuery, sha256Hash: '' } };
    },
  };
}
