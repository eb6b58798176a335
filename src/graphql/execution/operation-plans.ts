/** The plans of the operations that come again: made when one is executed for the second time, and kept as long as its document is. */

import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { type OperationPlan, planOperation } from './operation-plan.ts';

export interface OperationPlans {
  /** `undefined` for an operation that is asked for the first time, and for one that cannot be planned. */
  find(document: DocumentNode, operation: OperationDefinitionNode): OperationPlan | undefined;
}

export function createOperationPlans(schema: GraphQLSchema): OperationPlans {
  const plans = new WeakMap<OperationDefinitionNode, OperationPlan | 'seen' | 'unplanned'>();
  return {
    find: (document, operation) => {
      const known = plans.get(operation);
      if (known === undefined) {
        plans.set(operation, 'seen');
        return undefined;
      }
      const plan = known === 'seen' ? (planOperation(schema, document, operation) ?? 'unplanned') : known;
      plans.set(operation, plan);
      return plan === 'unplanned' ? undefined : plan;
    },
  };
}
