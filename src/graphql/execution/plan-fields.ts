/** From what a document asks of a type to the plans of its fields, and of all that is asked of their values. */

import {
  defaultFieldResolver,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLAbstractType,
  GraphQLError,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  type OperationDefinitionNode,
} from 'graphql';
import { collectFields } from '../collect-fields.ts';
import { completeList } from './complete-list.ts';
import { executeFields } from './execute-fields.ts';
import {
  type ArgumentsOutcome,
  type Execution,
  failPosition,
  isPromise,
  type Position,
} from './execution.ts';
import type { Complete, FieldPlan } from './field-plan.ts';
import { createLeafPrinter } from './print-leaf.ts';

export interface PlannedOperation {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly operation: OperationDefinitionNode;
  /** Those that directives ask; others are not looked at. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Fields of one plan, all types that a node may have counted: what people and programs write has tens. */
export const MAXIMUM_PLANNED_FIELDS = 250;

type Field = GraphQLField<unknown, unknown>;

/** The plans of the operation's root fields; `undefined` for an operation with too many fields. */
export function planRoots(planned: PlannedOperation): readonly FieldPlan[] | undefined {
  const { schema, operation } = planned;
  let fieldCount = 0;

  function planFields(
    type: GraphQLObjectType,
    owners: Parameters<typeof collectFields>[2],
  ): readonly FieldPlan[] {
    const plans: FieldPlan[] = [];
    for (const [key, nodes] of collectFields(planned, type, owners)) {
      fieldCount += 1;
      if (fieldCount > MAXIMUM_PLANNED_FIELDS) break;
      plans.push(planField(type, key, nodes, fieldCount));
    }
    return plans;
  }

  function planField(
    type: GraphQLObjectType,
    key: string,
    nodes: readonly FieldNode[],
    number: number,
  ): FieldPlan {
    const label = `${JSON.stringify(key)}:`;
    const { name } = nodes[0]!;
    if (name.value === '__typename') {
      const text = JSON.stringify(type.name);
      return { label, key, isComposite: false, execute: () => text };
    }
    const definition = type.getFields()[name.value]!;
    const info = toInfo(planned, type, definition, nodes);
    const position = { nodes, isNonNull: isNonNullType(definition.type) };
    return {
      label,
      key,
      isComposite: !isLeafType(getNamedType(definition.type)),
      execute: createFieldExecutor({
        key,
        position,
        resolve: createResolver(definition, nodes[0]!, info, number),
        complete: planValue(definition.type, nodes, info),
      }),
    };
  }

  /** How a value of this type becomes text; null is refused where it may not be. */
  function planValue(
    type: GraphQLOutputType,
    nodes: readonly FieldNode[],
    info: GraphQLResolveInfo,
  ): Complete {
    if (isNonNullType(type)) {
      const complete = planNullable(type.ofType, nodes, info);
      const { parentType, fieldName } = info;
      return (value, parent, key, execution) => {
        const completed = value == null ? null : complete(value, parent, key, execution);
        if (completed !== null) return completed;
        throw new Error(`Cannot return null for non-nullable field ${parentType.name}.${fieldName}.`);
      };
    }
    const complete = planNullable(type, nodes, info);
    return (value, parent, key, execution) =>
      value == null ? null : complete(value, parent, key, execution);
  }

  /** The same for a value that is there. */
  function planNullable(
    type: GraphQLOutputType,
    nodes: readonly FieldNode[],
    info: GraphQLResolveInfo,
  ): Complete {
    if (isLeafType(type)) {
      const print = createLeafPrinter(type);
      return (value) => {
        if (value instanceof Error) throw value;
        return print(value);
      };
    }
    if (isListType(type)) {
      const { parentType, fieldName } = info;
      return completeList({
        fieldName: `${parentType.name}.${fieldName}`,
        position: { nodes, isNonNull: isNonNullType(type.ofType) },
        completeItem: planValue(type.ofType, nodes, info),
      });
    }
    if (isAbstractType(type)) return planAbstract(type, nodes, info);
    return planObject(type as GraphQLObjectType, nodes, info);
  }

  function planObject(
    type: GraphQLObjectType,
    nodes: readonly FieldNode[],
    info: GraphQLResolveInfo,
  ): Complete {
    const fields = planFields(type, nodes);
    const { isTypeOf } = type;
    const wrongType = () =>
      new GraphQLError(`Expected value of type "${type.name}" but got another.`, { nodes });
    return (value, parent, key, execution) => {
      if (value instanceof Error) throw value;
      const place = { parent, key };
      if (isTypeOf != null) {
        const isOfType = isTypeOf(value, execution.context, info);
        if (isPromise(isOfType)) {
          return isOfType.then((is) => {
            if (!is) throw wrongType();
            return executeFields(fields, value, place, execution);
          });
        }
        if (!isOfType) throw wrongType();
      }
      return executeFields(fields, value, place, execution);
    };
  }

  function planAbstract(
    type: GraphQLAbstractType,
    nodes: readonly FieldNode[],
    info: GraphQLResolveInfo,
  ): Complete {
    const byName = new Map(
      schema.getPossibleTypes(type).map((possible) => [possible.name, planObject(possible, nodes, info)]),
    );
    const { resolveType } = type;
    const find = (name: unknown): Complete => {
      const complete = byName.get(name as string);
      if (complete !== undefined) return complete;
      throw new GraphQLError(`"${type.name}" must resolve to an object type of the schema, but did not.`, {
        nodes,
      });
    };
    return (value, parent, key, execution) => {
      if (value instanceof Error) throw value;
      const name = resolveType?.(value, execution.context, info, type);
      return isPromise(name)
        ? name.then((known) => find(known)(value, parent, key, execution))
        : find(name)(value, parent, key, execution);
    };
  }

  const roots = planFields(schema.getRootType(operation.operation) as GraphQLObjectType, [operation]);
  return fieldCount > MAXIMUM_PLANNED_FIELDS ? undefined : roots;
}

/** What resolvers are told of their field: the same for every object. They look at no more than its nodes. */
function toInfo(
  { schema, operation }: PlannedOperation,
  parentType: GraphQLObjectType,
  { name, type }: Field,
  fieldNodes: readonly FieldNode[],
): GraphQLResolveInfo {
  return {
    schema,
    operation,
    parentType,
    fieldName: name,
    returnType: type,
    fieldNodes,
  } as GraphQLResolveInfo;
}

type Resolve = (source: unknown, execution: Execution) => unknown;

/** Calls the resolver with its arguments, which are worked out once for an execution. */
function createResolver(
  definition: Field,
  node: FieldNode,
  info: GraphQLResolveInfo,
  number: number,
): Resolve {
  const { resolve = defaultFieldResolver } = definition;
  if (definition.args.length === 0) return (source, { context }) => resolve(source, {}, context, info);
  const read = ({ variables }: Execution): ArgumentsOutcome => {
    try {
      return { given: getArgumentValues(definition, node, variables) };
    } catch (error) {
      return { error };
    }
  };
  return (source, execution) => {
    execution.arguments[number] ??= read(execution);
    const outcome = execution.arguments[number];
    if ('error' in outcome) throw outcome.error;
    return resolve(source, outcome.given, execution.context, info);
  };
}

/** Resolves a field, completes its value, and takes what fails on the way for the failure of its position. */
function createFieldExecutor(field: {
  readonly key: string;
  readonly position: Position;
  readonly resolve: Resolve;
  readonly complete: Complete;
}): FieldPlan['execute'] {
  const { key, position, resolve, complete } = field;
  return (source, parent, execution) => {
    const fail = (error: unknown): null => failPosition(position, error, parent, key, execution);
    try {
      const value = resolve(source, execution);
      const completed = isPromise(value)
        ? value.then((known) => complete(known, parent, key, execution))
        : complete(value, parent, key, execution);
      return typeof completed === 'string' || completed === null
        ? completed
        : completed.then(undefined, fail);
    } catch (error) {
      return fail(error);
    }
  };
}
