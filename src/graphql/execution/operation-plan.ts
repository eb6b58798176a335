/**
 * Plans: what executing an operation comes to, worked out once from its document and executed any number of times. A plan is made
 * of closures, one for each field: nothing that a caller has written becomes code. It gives the data as JSON text, the
 * bytes that graphql-js' result would be printed as, with the same errors.
 */

import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql';
import type { GatewayContext } from '../context.ts';
import type { MaybePromise } from '../slices.ts';
import { executeRoots } from './execute-fields.ts';
import type { ExecutedData } from './executed-data.ts';
import type { FieldPlan } from './field-plan.ts';
import { planRoots } from './plan-fields.ts';

export interface OperationPlan {
  /**
   * Executes it once. Never rejects: what fails is in `errors`.
   *
   * @param variables as coerced by the operation's variable definitions
   * @returns `undefined` when there is no plan for these values: graphql-js has to execute
   */
  execute(
    context: GatewayContext,
    variables: Readonly<Record<string, unknown>>,
  ): MaybePromise<ExecutedData> | undefined;
}

/** A plan holds for one set of values of the variables that directives ask; so many sets have plans. */
const MAXIMUM_VARIANTS = 8;

/** @returns `undefined` for what is not planned: mutations, questions about the schema, operations that are very long */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): OperationPlan | undefined {
  if (operation.operation !== OperationTypeNode.QUERY || asksSchema(document)) return undefined;
  const fragments = findFragments(document);
  const conditions = findConditions(document);
  const variants = new Map<string, readonly FieldPlan[] | null>();

  /** `null` where graphql-js has to execute. */
  function findRoots(variables: Readonly<Record<string, unknown>>): readonly FieldPlan[] | null {
    const values = conditions.map((name) => variables[name]);
    if (!values.every((value) => typeof value === 'boolean')) return null;
    const key = values.join(' ');
    let roots = variants.get(key);
    if (roots === undefined) {
      if (variants.size === MAXIMUM_VARIANTS) return null;
      roots = planRoots({ schema, fragments, operation, variables }) ?? null;
      variants.set(key, roots);
    }
    return roots;
  }

  return {
    execute: (context, variables) => {
      const roots = findRoots(variables);
      return roots === null
        ? undefined
        : executeRoots(roots, { context, variables, errors: [], arguments: [] });
    },
  };
}

function asksSchema(document: DocumentNode): boolean {
  let asks = false;
  visit(document, {
    Field: ({ name }) => {
      asks ||= name.value === '__schema' || name.value === '__type';
    },
  });
  return asks;
}

function findFragments({ definitions }: DocumentNode): ReadonlyMap<string, FragmentDefinitionNode> {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  return fragments;
}

/** The variables that `@skip` and `@include` ask. */
function findConditions(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ arguments: given = [] }) => {
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
