/**
 * Apollo Server over the schema: every option that would otherwise depend on the environment is set here, and
 * every plugin that Apollo would install by itself is decided on. Starts nothing, listens on nothing, and
 * reports to nobody; `start()` it, hand it HTTP requests, `stop()` it.
 */

import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ErrorsAreMissesCache, InMemoryLRUCache, type KeyValueCache } from '@apollo/utils.keyvaluecache';
import type { Logger } from '../core/logger.ts';
import type { GatewayContext } from './context.ts';
import { createErrorMapping } from './error-mapping.ts';
import { createOperationPlugin, type OperationObserver } from './operation-plugin.ts';
import { createPersistedQueryHashPlugin, createSubscriptionRefusalPlugin } from './request-plugins.ts';
import {
  createErrorRequestPlugin,
  createRateLimitedPlugin,
  createSnapshotExtensionPlugin,
  createUnavailablePlugin,
} from './response-plugins.ts';
import { createSchema } from './schema.ts';
import type { TrustedDocuments } from './trusted-documents.ts';
import { createUntrustedOperationPlugin } from './untrusted-operation-plugin.ts';
import { createVerifiedQueryCache } from './verified-query-cache.ts';

export interface ServerOptions {
  /** The text of `schema.graphql`. */
  readonly typeDefs: string;
  /** For internal errors, and for what Apollo has to say. */
  readonly log: Logger;
  /** Told of every operation. */
  readonly onOperation?: OperationObserver;
  /**
   * Where automatic persisted queries are kept, so that they outlive a restart; default: in memory, bounded. One that
   * fails to answer, or answers with another text than asked for, is logged and counts as a miss.
   */
  readonly persistedQueryCache?: KeyValueCache<string>;
  /** Those that `OPERATIONS=enforce` would let run; others are logged. Default: none is expected, and none is logged. */
  readonly expectedDocuments?: TrustedDocuments;
  /** A clock that never goes back, in milliseconds; default: the machine's. */
  readonly monotonicNowMs?: () => number;
}

/** Tokens in one document, far beyond what people write: a cheap end to documents made to be slow. */
const MAXIMUM_TOKENS = 10_000;
/** Validation errors reported at most: the rest of a document made of mistakes is not worth looking at. */
const MAXIMUM_VALIDATION_ERRORS = 20;
/** Errors in variables reported at most. */
const MAXIMUM_COERCION_ERRORS = 20;
/** A persisted query not asked for in this time is forgotten. */
const PERSISTED_QUERY_TTL_SECONDS = 30 * 86_400;

/**
 * A server that is not started yet.
 *
 * @throws when `typeDefs` does not fit the resolvers
 */
export function createServer(options: ServerOptions): ApolloServer<GatewayContext> {
  const { typeDefs, log, onOperation, expectedDocuments, monotonicNowMs = () => performance.now() } = options;
  const errorMapping = createErrorMapping(log);
  const logger = toApolloLogger(log);
  return new ApolloServer<GatewayContext>({
    schema: createSchema(typeDefs),
    formatError: errorMapping.formatError,
    logger,
    nodeEnv: 'production',
    introspection: true,
    // People explore this graph; "did you mean" tells nothing that introspection does not.
    hideSchemaDetailsFromClientErrors: false,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    cache: new InMemoryLRUCache(),
    persistedQueries: {
      cache: new ErrorsAreMissesCache(
        createVerifiedQueryCache(options.persistedQueryCache ?? new InMemoryLRUCache(), log),
        logger,
      ),
      ttl: PERSISTED_QUERY_TTL_SECONDS,
    },
    parseOptions: { maxTokens: MAXIMUM_TOKENS },
    validationOptions: { maxErrors: MAXIMUM_VALIDATION_ERRORS },
    executionOptions: { maxCoercionErrors: MAXIMUM_COERCION_ERRORS },
    plugins: [
      // This one alone would wrap every resolver of the schema.
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      // These two would talk to Apollo's cloud as soon as somebody sets APOLLO_KEY.
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      createPersistedQueryHashPlugin(),
      createSubscriptionRefusalPlugin(),
      createErrorRequestPlugin(errorMapping),
      createSnapshotExtensionPlugin(),
      createUnavailablePlugin(),
      createRateLimitedPlugin(),
      ...(expectedDocuments === undefined ? [] : [createUntrustedOperationPlugin(expectedDocuments)]),
      ...(onOperation === undefined ? [] : [createOperationPlugin(onOperation, monotonicNowMs)]),
    ],
  });
}

/** Apollo logs bare messages; the cache passes errors too. */
function toApolloLogger(log: Logger) {
  const write = (level: keyof Logger) => (message: unknown) =>
    log[level]({ component: 'apollo' }, String(message));
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
