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
import { createAdmission } from './admission/admission.ts';
import { DEFAULT_OPERATION_LIMITS, MAXIMUM_ERRORS, type OperationLimits } from './admission/limits.ts';
import { createBoundedErrorsPlugin } from './bounded-errors.ts';
import type { GatewayContext } from './context.ts';
import { createDearOperationsPlugin, type ExecuteDear } from './dear-operations.ts';
import { createErrorMapping } from './error-mapping.ts';
import { createOperationPlans } from './execution/operation-plans.ts';
import { createQueryExecutor } from './execution/query-executor.ts';
import { createKnownOperations, type KnownOperations } from './known-operations.ts';
import { createOperationPlugin } from './operation-plugin.ts';
import type { OperationObserver } from './operation-report.ts';
import { printResponse } from './printed-data.ts';
import { createPersistedQueryHashPlugin, createSubscriptionRefusalPlugin } from './request-plugins.ts';
import {
  createCostExtensionPlugin,
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
  /** What one operation may be made of and may cause; default: {@link DEFAULT_OPERATION_LIMITS}. */
  readonly limits?: OperationLimits;
  /** Where dear operations are executed; default: here, as all others are. */
  readonly executeDear?: ExecuteDear;
  /** Whether operations that come again have plans; default: they have. Without plans graphql-js executes everything. */
  readonly isPlanned?: boolean;
}

/** A persisted query not asked for in this time is forgotten. */
const PERSISTED_QUERY_TTL_SECONDS = 30 * 86_400;

export interface GraphQLServer {
  readonly apollo: ApolloServer<GatewayContext>;
  /** The text of a response of status 200, for an operation that came before; `undefined` when `apollo` has to answer. */
  readonly answerKnown: KnownOperations['answer'];
}

/**
 * A server that is not started yet.
 *
 * @throws when `typeDefs` does not fit the resolvers
 */
export function createServer(options: ServerOptions): GraphQLServer {
  const { typeDefs, log, expectedDocuments, executeDear } = options;
  const { onOperation = () => undefined, monotonicNowMs = () => performance.now() } = options;
  const { limits = DEFAULT_OPERATION_LIMITS } = options;
  const admission = createAdmission(limits);
  const errorMapping = createErrorMapping(log);
  const logger = toApolloLogger(log);
  const schema = createSchema(typeDefs);
  const plans = options.isPlanned === false ? null : createOperationPlans(schema);
  const known = createKnownOperations({
    schema,
    plans,
    admission,
    maximumCost: limits.maximumCost,
    onOperation,
    monotonicNowMs,
  });
  const apollo = new ApolloServer<GatewayContext>({
    gateway: createQueryExecutor({ schema, plans }),
    formatError: errorMapping.formatError,
    stringifyResult: printResponse,
    logger,
    nodeEnv: 'production',
    introspection: limits.introspection,
    // People explore this graph; "did you mean" tells nothing that introspection does not.
    hideSchemaDetailsFromClientErrors: !limits.introspection,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    cache: new InMemoryLRUCache(),
    persistedQueries: {
      cache: new ErrorsAreMissesCache(
        createVerifiedQueryCache(options.persistedQueryCache ?? new InMemoryLRUCache(), log, monotonicNowMs),
        logger,
      ),
      ttl: PERSISTED_QUERY_TTL_SECONDS,
    },
    parseOptions: { maxTokens: limits.maximumTokens },
    validationOptions: { maxErrors: MAXIMUM_ERRORS },
    validationRules: [admission.validationRule],
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
      admission.plugin,
      createErrorRequestPlugin(errorMapping),
      ...(executeDear === undefined ? [] : [createDearOperationsPlugin(executeDear, errorMapping)]),
      createSnapshotExtensionPlugin(),
      createCostExtensionPlugin(limits.maximumCost),
      createUnavailablePlugin(),
      createRateLimitedPlugin(),
      ...(expectedDocuments === undefined ? [] : [createUntrustedOperationPlugin(expectedDocuments)]),
      createOperationPlugin(onOperation, monotonicNowMs),
      // The others have seen all errors by then.
      createBoundedErrorsPlugin(),
      known.plugin,
    ],
  });
  return { apollo, answerKnown: known.answer };
}

/** Apollo logs bare messages; the cache passes errors too. */
function toApolloLogger(log: Logger) {
  const write = (level: keyof Logger) => (message: unknown) =>
    log[level]({ component: 'apollo' }, String(message));
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}
