/**
 * Operations that came before, answered without Apollo's pipeline: parsed, validated and planned once, and from then on
 * priced, charged, executed and printed. What the pipeline does beside that leaves no trace in an answer without errors, and
 * takes several times as long.
 *
 * Only such answers go this way. Everything else is the pipeline's: what is not known, no query or dear, what is refused, what
 * fails. It goes on from where this has come to, so that nothing is charged or executed twice.
 */

import type { ApolloServerPlugin } from '@apollo/server';
import {
  type GraphQLSchema,
  getOperationAST,
  type OperationDefinitionNode,
  OperationTypeNode,
} from 'graphql';
import { isRecord } from '../core/is-record.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { type Admission, findVariables } from './admission/admission.ts';
import type { GatewayContext } from './context.ts';
import type { OperationPlans } from './execution/operation-plans.ts';
import { createKnownDocuments, type KnownDocument } from './known-documents.ts';
import type { OperationObserver } from './operation-report.ts';
import { CHEAP_COST } from './request-account.ts';
import { toSnapshotExtension } from './snapshot-extension.ts';

/** What the body of a POST says, as GraphQL over HTTP names it; of whatever types. */
export interface PostedOperation {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
  readonly extensions?: unknown;
}

export interface KnownOperations {
  /** Learns the operations that the pipeline has answered. */
  readonly plugin: ApolloServerPlugin<GatewayContext>;
  /** The text of a response of status 200; `undefined` when the pipeline has to answer. */
  answer(asked: PostedOperation, contextValue: GatewayContext): Promise<string | undefined>;
}

export interface KnownOperationsOptions {
  readonly schema: GraphQLSchema;
  readonly admission: Pick<Admission, 'price' | 'admit'>;
  /** What one operation may cost. */
  readonly maximumCost: number;
  /** Told of every operation that is answered here. */
  readonly onOperation: OperationObserver;
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicNowMs: () => number;
  /** `null`: the pipeline answers everything. */
  readonly plans: OperationPlans | null;
}

export function createKnownOperations(options: KnownOperationsOptions): KnownOperations {
  const { schema, admission, maximumCost, onOperation, monotonicNowMs, plans } = options;
  const documents = createKnownDocuments();
  const printExtensions = createExtensionsPrinter(maximumCost);

  function findDocument({ query, hash }: ReadOperation): KnownDocument | undefined {
    if (query !== undefined) return documents.findByText(query);
    return hash === undefined ? undefined : documents.findByHash(hash);
  }

  return {
    plugin: {
      requestDidStart: async () => ({
        willSendResponse: async ({ source, queryHash, document, operation, request, response: { body } }) => {
          if (source === undefined || queryHash === undefined || document === undefined) return;
          if (operation === undefined || !isQuery(operation)) return;
          if (body.kind !== 'single' || body.singleResult.errors !== undefined) return;
          const isRegistered = request.extensions?.persistedQuery != null;
          documents.learn(source, { document, hash: queryHash }, isRegistered);
        },
      }),
    },
    answer: async (asked, contextValue) => {
      const startMs = monotonicNowMs();
      const { account, requestId } = contextValue;
      const read = readOperation(asked);
      const known = read === undefined ? undefined : findDocument(read);
      if (read === undefined || known === undefined) return undefined;
      const { document, hash } = known;
      const operation = getOperationAST(document, read.operationName) ?? undefined;
      const plan = operation && plans?.find(document, operation);
      if (operation === undefined || plan === undefined) return undefined;
      const variables = findVariables(schema, operation, read.variables);
      if (variables === undefined || contextValue.deadline.findEnd() !== undefined) return undefined;
      const cost = admission.price(contextValue, { schema, document, operation, variables });
      if (cost > Math.min(CHEAP_COST, maximumCost)) return undefined;
      try {
        await admission.admit(contextValue, cost);
      } catch {
        // The pipeline asks again, is told the same, and makes a response of it.
        return undefined;
      }
      const executed = await plan.execute(contextValue, variables);
      if (executed === undefined) return undefined;
      if (executed.errors.length > 0) {
        account.executed = executed;
        return undefined;
      }
      const report = {
        name: operation.name?.value ?? null,
        type: operation.operation,
        hash,
        outcome: 'success',
        errorCodes: [],
        cost,
        rows: account.rows,
        durationMs: monotonicNowMs() - startMs,
        requestId,
      } as const;
      onOperation(report);
      contextValue.onOperation?.(report);
      return `{"data":${executed.data},"extensions":${printExtensions(contextValue, cost)}}\n`;
    },
  };
}

function isQuery({ operation }: OperationDefinitionNode): boolean {
  return operation === OperationTypeNode.QUERY;
}

/** Has one of the two, or none: a document that comes with its hash has still to be registered. */
interface ReadOperation {
  readonly query?: string;
  readonly hash?: string;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
}

/** What is asked, where it is said as it should be; everything else is the pipeline's to answer. */
function readOperation({
  query,
  operationName,
  variables,
  extensions,
}: PostedOperation): ReadOperation | undefined {
  if (operationName != null && typeof operationName !== 'string') return undefined;
  if (variables != null && !isRecord(variables)) return undefined;
  if (extensions != null && !isRecord(extensions)) return undefined;
  const named = { operationName: operationName ?? undefined, variables: variables ?? undefined };
  const persistedQuery = extensions?.persistedQuery;
  if (persistedQuery == null) return typeof query === 'string' ? { query, ...named } : undefined;
  if (query != null || !isRecord(persistedQuery) || persistedQuery.version !== 1) return undefined;
  const { sha256Hash: hash } = persistedQuery;
  return typeof hash === 'string' ? { hash, ...named } : undefined;
}

/** What every response carries, as the plugins of `response-plugins.ts` have it printed. */
function createExtensionsPrinter(maximumCost: number) {
  const texts = new WeakMap<Snapshot, string>();
  const printSnapshot = (snapshot: Snapshot): string => {
    const text = texts.get(snapshot) ?? JSON.stringify(toSnapshotExtension(snapshot.manifest));
    texts.set(snapshot, text);
    return text;
  };
  return ({ snapshot }: GatewayContext, cost: number): string => {
    const text = snapshot === null ? 'null' : printSnapshot(snapshot);
    return `{"snapshot":${text},"cost":{"computed":${cost},"limit":${maximumCost}}}`;
  };
}
