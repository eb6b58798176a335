/**
 * The cost of an operation, from the values that it has: what it may cause to be looked up and given out, known before
 * any of it is. Fields are merged as the executor merges them, so that a fragment costs what its fields cost, and a
 * repeated field nothing; arguments are read by graphql-js itself, defaults included.
 *
 * Takes time in proportion to the document with its fragments spread, which `structure.ts` has bounded. Where it cannot
 * know, as with the type of a node or the length of a list, it takes more rather than less.
 */

import {
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isAbstractType,
  isLeafType,
  isListType,
  isObjectType,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  TypeMetaFieldDef,
} from 'graphql';
import { collectFields } from '../collect-fields.ts';
import { DEFAULT_PAGE_SIZE, MAXIMUM_PAGE_SIZE } from '../pagination.ts';
import { priceFilter } from './filter-price.ts';
import * as weights from './weights.ts';
import { add, dearer, FREE, multiply, type Price } from './weights.ts';

export interface MeasuredOperation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** As coerced by the operation's variable definitions. */
  readonly variables: Readonly<Record<string, unknown>>;
}

type Arguments = Readonly<Record<string, unknown>>;

/** Types whose objects are rows of a table. */
const ROW_TYPES: ReadonlySet<string> = new Set(['Certificate', 'Device', 'Installation', 'RbacGroup']);

/** In rows, rounded up: see `weights.ts`. */
export function measureCost(measured: MeasuredOperation): number {
  const { schema, operation } = measured;
  const rootType = schema.getRootType(operation.operation);
  if (rootType == null) return 0;
  return weights.toRows(priceSelections(measured, rootType, [operation], {}));
}

/**
 * What is asked of one object.
 *
 * @param owners the fields that it is the value of, or the operation
 * @param given the arguments of those fields
 */
function priceSelections(
  measured: MeasuredOperation,
  type: GraphQLObjectType,
  owners: Parameters<typeof collectFields>[2],
  given: Arguments,
): Price {
  let sum = FREE;
  for (const nodes of collectFields(measured, type, owners).values()) {
    sum = add(sum, priceField(measured, type, nodes, given));
  }
  return sum;
}

/**
 * One field of an object, with all that is asked of its value.
 *
 * @param nodes its occurrences, at least one
 * @param parentGiven the arguments of the field that the object is the value of
 */
function priceField(
  measured: MeasuredOperation,
  parentType: GraphQLObjectType,
  nodes: readonly FieldNode[],
  parentGiven: Arguments,
): Price {
  const { schema, variables } = measured;
  const definition = findDefinition(schema, parentType, nodes[0]!.name.value);
  if (definition === undefined) return { once: 0, each: weights.FIELD };
  const given = readArguments(definition, nodes[0]!, variables);
  if (given === undefined) return { once: 0, each: weights.FAULT };
  const type = getNamedType(definition.type);
  if (isLeafType(type)) return { once: 0, each: priceLeaf(parentType, definition) };
  const isRoot = parentType === schema.getQueryType();
  const possibleTypes = isAbstractType(type) ? schema.getPossibleTypes(type) : [type].filter(isObjectType);
  const value = possibleTypes
    .map((possible) =>
      add(priceObject(possible, given, isRoot), priceSelections(measured, possible, nodes, given)),
    )
    .reduce(dearer, FREE);
  if (!isListType(getNullableType(definition.type))) return value;
  if (isConnection(parentType)) return multiply(value, readPageSize(parentGiven));
  if (Array.isArray(given.ids)) return multiply(value, given.ids.length);
  const isSchema = parentType === getNamedType(SchemaMetaFieldDef.type);
  return multiply(value, isSchema ? Object.keys(schema.getTypeMap()).length : weights.LIST_LENGTH);
}

/** A scalar or an enum, or a list of them. */
function priceLeaf(parentType: GraphQLObjectType, { name, type }: GraphQLField<unknown, unknown>): number {
  if (isListType(getNullableType(type))) return weights.SCALARS;
  if (name === 'id' || name === 'cursor') {
    return parentType.name.startsWith('Installation') ? weights.LONG_OPAQUE : weights.OPAQUE;
  }
  return getNamedType(type).name === 'DateTime' ? weights.TIME : weights.FIELD;
}

/** The object itself, without what is asked of it. */
function priceObject(type: GraphQLObjectType, given: Arguments, isRoot: boolean): Price {
  if (isConnection(type)) {
    return add(
      { once: 0, each: weights.PAGE + priceOrder(given, isRoot) },
      priceFilter(given.filter, type.name),
    );
  }
  const object = ROW_TYPES.has(type.name) ? weights.ROW : weights.OBJECT;
  return { once: 0, each: object + (LOOK_UPS.some((name) => name in given) ? weights.LOOK_UP : 0) };
}

/** Arguments that say what a thing is looked up by. */
const LOOK_UPS: readonly string[] = ['id', 'ids', 'thumbprint', 'deviceId'];

function priceOrder({ orderBy }: Arguments, isRoot: boolean): number {
  if (orderBy == null) return 0;
  if (isRoot) return weights.ORDER;
  const isByPath = (orderBy as { readonly field?: unknown }).field === 'PATH';
  return isByPath ? weights.RELATION_PATH_ORDER : weights.RELATION_ORDER;
}

/** `schema.graphql` names no other type so (Relay's rule for names). */
function isConnection({ name }: GraphQLObjectType): boolean {
  return name.endsWith('Connection');
}

/** Rows on a page at most. A size that breaks a rule is an error of the page, which then costs less than this. */
function readPageSize({ first, last }: Arguments): number {
  const sizes = [first, last].filter((size) => typeof size === 'number');
  if (sizes.length === 0) return DEFAULT_PAGE_SIZE;
  return Math.min(MAXIMUM_PAGE_SIZE, Math.max(0, ...sizes));
}

/** The arguments as the executor reads them; `undefined` when they cannot be, for then nothing is resolved. */
function readArguments(
  definition: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): Arguments | undefined {
  if (definition.args.length === 0) return {};
  try {
    return getArgumentValues(definition, node, variables);
  } catch {
    return undefined;
  }
}

function findDefinition(
  schema: GraphQLSchema,
  parentType: GraphQLObjectType,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (parentType === schema.getQueryType()) {
    if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
    if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  }
  return parentType.getFields()[name];
}
