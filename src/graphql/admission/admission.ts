/**
 * Decides whether an operation is executed: its shape before it is validated, its cost before it is executed. The steps
 * of one request are taken one after the other, in this order:
 *
 *   begun        → text of the document within the limits (`document-text.ts`), or it is not even parsed
 *   parsed       → shape within the limits (`structure.ts`), or it is not even validated
 *   validated    → time left; cost within the limit (`measure-cost.ts`); the cost is taken from the caller's account; a
 *                  dear operation waits for its turn (`seats.ts`)
 *   not executed → a request that ends before that is charged for being read (`request-price.ts`)
 *
 * Apollo takes what is thrown between parsing and validation for a failure of ours. So a document that is refused there
 * is replaced by a short one, and a rule of validation reports the refusal: the document is never stored as a valid one.
 */

import type { ApolloServerPlugin, GraphQLRequest } from '@apollo/server';
import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  parse,
  type ValidationRule,
} from 'graphql';
import { findGatewayError, type GatewayError } from '../../core/errors.ts';
import type { GatewayContext } from '../context.ts';
import { isDear } from '../request-account.ts';
import { findTextFault } from './document-text.ts';
import { costExceeded, MAXIMUM_ERRORS, type OperationLimits } from './limits.ts';
import { measureCost } from './measure-cost.ts';
import { chargeUnexecuted, priceBody, priceDocument, priceUnexecuted } from './request-price.ts';
import { createSeats } from './seats.ts';
import { findStructureFault } from './structure.ts';

/** A part of Apollo's pipeline, the first two: both are needed. */
export interface Admission {
  readonly plugin: ApolloServerPlugin<GatewayContext>;
  readonly validationRule: ValidationRule;
  /** What executing an operation costs, its request's body and document included; in rows. */
  price(request: Pick<GatewayContext, 'bodyBytes'>, priced: PricedOperation): number;
  /**
   * Admits the operation of a request, once: who asks again is told the same.
   *
   * @throws GraphQLError when its time is up, it costs too much, its caller's rate does not grant it, or too many wait; with the status
   *   of the response in `extensions.http`
   */
  admit(contextValue: GatewayContext, cost: number): Promise<void>;
}

/** A validated operation with the values that it has. */
export interface PricedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** As coerced by the operation's variable definitions. */
  readonly variables: Readonly<Record<string, unknown>>;
}

export function createAdmission(limits: OperationLimits): Admission {
  const refusals = new WeakMap<DocumentNode, GatewayError>();
  const seats = createSeats();

  const price: Admission['price'] = ({ bodyBytes }, { schema, document, operation, variables }) =>
    measureCost({ schema, operation, fragments: findFragments(document), variables }) +
    priceBody(bodyBytes) +
    priceDocument(document.tokenCount ?? 0);

  async function decide(contextValue: GatewayContext, cost: number): Promise<void> {
    const { account, caller, takeCost, deadline } = contextValue;
    account.cost = cost;
    if (cost > limits.maximumCost) throw toRefusal(tooDear(cost, limits.maximumCost));
    account.isCharged = true;
    try {
      await takeCost(cost);
      if (isDear(account)) account.leaveSeat = await seats.take(caller.id, deadline.watch);
    } catch (error) {
      throw toRefusal(error);
    }
  }

  const admit: Admission['admit'] = (contextValue, cost) => {
    contextValue.account.admitted ??= decide(contextValue, cost);
    return contextValue.account.admitted;
  };

  const plugin: ApolloServerPlugin<GatewayContext> = {
    requestDidStart: async ({ contextValue, request: begun }) => {
      const { account, deadline, bodyBytes } = contextValue;
      let tokens = 0;
      const textFault = begun.query === undefined ? undefined : findTextFault(begun.query, limits);
      if (textFault !== undefined) withoutDocument(begun);
      return {
        validationDidStart: async (request) => {
          if (textFault === undefined) tokens = request.document.tokenCount ?? 0;
          const fault = findStructureFault(request.document, limits);
          if (fault === undefined) return;
          const replacement = makeReplacement();
          refusals.set(replacement, fault);
          // Apollo reads it anew after this hook; only its type for plugins calls it read-only.
          (request as { document: DocumentNode }).document = replacement;
        },
        didResolveOperation: async ({ schema, document, operation, request }) => {
          if (textFault !== undefined) throw toRefusal(textFault);
          // What was executed already has found its end itself.
          if (account.executed !== undefined) return;
          const end = deadline.findEnd();
          if (end !== undefined) throw toRefusal(end);
          if (operation === undefined) return;
          const variables = findVariables(schema, operation, request.variables);
          if (variables === undefined) return;
          await admit(contextValue, price(contextValue, { schema, document, operation, variables }));
        },
        willSendResponse: async () => account.leaveSeat?.(),
        didEncounterErrors: async () => {
          if (account.isCharged) return;
          account.isCharged = true;
          await chargeUnexecuted(contextValue, priceUnexecuted(bodyBytes, tokens));
        },
      };
    },
  };

  /** Apollo answers by itself what it does not expect, and sends no response through the pipeline. */
  plugin.unexpectedErrorProcessingRequest = async ({ requestContext }) =>
    requestContext.contextValue.account.leaveSeat?.();

  const validationRule: ValidationRule = (context) => ({
    Document: (node) => {
      const fault = refusals.get(node);
      if (fault !== undefined) {
        context.reportError(new GraphQLError(fault.message, { originalError: fault }));
      }
    },
  });

  return { plugin, validationRule, price, admit };
}

/** What a request runs whose own document is not even parsed: nothing, for its operation is refused. */
const NO_DOCUMENT = '{ __typename }';

function withoutDocument(request: GraphQLRequest): void {
  request.query = NO_DOCUMENT;
  const { persistedQuery: _, ...extensions } = request.extensions ?? {};
  request.extensions = extensions;
}

/** Valid in any schema. A new one each time: it is what the refusal is found by. */
function makeReplacement(): DocumentNode {
  return parse(NO_DOCUMENT, { noLocation: true });
}

function findFragments({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/** The values of variables; `undefined` when they do not fit their types: the executor says so, and executes nothing. */
export function findVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> | undefined {
  try {
    return getVariableValues(schema, variableDefinitions, given ?? {}, { maxErrors: MAXIMUM_ERRORS }).coerced;
  } catch {
    // They nest so deep that they cannot be read: as above.
    return undefined;
  }
}

function tooDear(cost: number, maximumCost: number): GatewayError {
  return costExceeded(
    `cost at most ${maximumCost}, which is about as many rows`,
    cost,
    'Ask for smaller pages, fewer relations of each row, or fewer searches at once.',
  );
}

/** HTTP statuses of refusals that Apollo would take for failures of ours. */
const STATUSES: ReadonlyMap<string, number> = new Map([
  ['COST_EXCEEDED', 400],
  ['RATE_LIMITED', 429],
  ['DEADLINE_EXCEEDED', 503],
]);

function toRefusal(error: unknown): unknown {
  const fault = findGatewayError(error);
  const status = fault === undefined ? undefined : STATUSES.get(fault.code);
  if (fault === undefined || status === undefined) return error;
  return new GraphQLError(fault.message, { originalError: fault, extensions: { http: { status } } });
}
