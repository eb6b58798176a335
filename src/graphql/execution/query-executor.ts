/**
 * What executes the operations of Apollo's pipeline: the plan of an operation that has come before, graphql-js for all others. It
 * enters the pipeline as a gateway does, which is Apollo's way for an executor of one's own.
 */

import type { ApolloServerOptionsWithGateway } from '@apollo/server';
import { type ExecutionResult, execute, type GraphQLSchema } from 'graphql';
import { findVariables } from '../admission/admission.ts';
import { MAXIMUM_ERRORS } from '../admission/limits.ts';
import type { GatewayContext } from '../context.ts';
import { PrintedData } from '../printed-data.ts';
import type { ExecutedData } from './executed-data.ts';
import type { OperationPlans } from './operation-plans.ts';

type Gateway = ApolloServerOptionsWithGateway<GatewayContext>['gateway'];
type Executor = NonNullable<Awaited<ReturnType<Gateway['load']>>['executor']>;
type ExecutedOperation = Parameters<Executor>[0];

export interface QueryExecutorOptions {
  readonly schema: GraphQLSchema;
  /** `null`: graphql-js executes everything. */
  readonly plans: OperationPlans | null;
}

/** What Apollo takes in the place of a schema. */
export function createQueryExecutor({ schema, plans }: QueryExecutorOptions): Gateway {
  const executor: Executor = async (operation) => {
    const { account } = operation.context as GatewayContext;
    const executed = account.executed ?? (await executePlan(operation));
    return executed === undefined ? executeUnplanned(operation) : toResult(executed);
  };

  function executePlan({ document, operation, context, request }: ExecutedOperation) {
    // Only its type says that there always is one: where a document has several, the request may name none.
    const plan = (operation as typeof operation | undefined) && plans?.find(document, operation);
    if (plan === undefined) return undefined;
    const variables = findVariables(schema, operation, request.variables);
    return variables === undefined ? undefined : plan.execute(context as GatewayContext, variables);
  }

  function executeUnplanned({ document, context, request }: ExecutedOperation) {
    return execute({
      schema,
      document,
      contextValue: context,
      variableValues: request.variables,
      operationName: request.operationName,
      options: { maxCoercionErrors: MAXIMUM_ERRORS },
    });
  }

  return {
    onSchemaLoadOrUpdate: (listen) => {
      listen({ apiSchema: schema, coreSupergraphSdl: '' });
      return () => undefined;
    },
    load: async () => ({ executor }),
    stop: async () => undefined,
  };
}

type Data = NonNullable<ExecutionResult['data']> | null;

/** Data that are printed pass through the pipeline as they are; only their type there is that of objects. */
function toResult({ data, hasRootData, errors }: ExecutedData): ExecutionResult {
  const printed = data === null ? null : new PrintedData(data, hasRootData);
  return { ...(errors.length === 0 ? {} : { errors }), data: printed as unknown as Data };
}
