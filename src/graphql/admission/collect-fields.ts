/**
 * The fields that are asked of an object, as the executor collects them: by response name, fragments spread where their
 * type fits, each once in a place, what `@skip` and `@include` leave out left out.
 */

import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  type GraphQLSchema,
  GraphQLSkipDirective,
  getDirectiveValues,
  isAbstractType,
  Kind,
  type NamedTypeNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

export interface CollectedOperation {
  readonly schema: GraphQLSchema;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** By response name, in the order in which they are first met; at least one node each. */
export type CollectedFields = ReadonlyMap<string, readonly FieldNode[]>;

/** @param owners what the object is the value of: all fields of one response name, or the operation */
export function collectFields(
  operation: CollectedOperation,
  type: GraphQLObjectType,
  owners: readonly { readonly selectionSet?: SelectionSetNode | undefined }[],
): CollectedFields {
  const fields = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  const open = owners.flatMap(({ selectionSet }) => selectionSet ?? []).reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const selection of next.selections) {
      if (!isIncluded(selection, operation.variables)) continue;
      if (selection.kind === Kind.FIELD) {
        const responseName = (selection.alias ?? selection.name).value;
        const nodes = fields.get(responseName);
        if (nodes === undefined) fields.set(responseName, [selection]);
        else nodes.push(selection);
        continue;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD && spread.has(selection.name.value)) continue;
      const fragment =
        selection.kind === Kind.FRAGMENT_SPREAD ? operation.fragments.get(selection.name.value) : selection;
      if (selection.kind === Kind.FRAGMENT_SPREAD) spread.add(selection.name.value);
      if (fragment !== undefined && fits(operation.schema, fragment.typeCondition, type)) {
        open.push(fragment.selectionSet);
      }
    }
  }
  return fields;
}

/** A directive that cannot be read leaves nothing out. */
function isIncluded(node: SelectionNode, variables: Readonly<Record<string, unknown>>): boolean {
  if (node.directives === undefined || node.directives.length === 0) return true;
  try {
    if (getDirectiveValues(GraphQLSkipDirective, node, variables)?.if === true) return false;
    return getDirectiveValues(GraphQLIncludeDirective, node, variables)?.if !== false;
  } catch {
    return true;
  }
}

function fits(schema: GraphQLSchema, condition: NamedTypeNode | undefined, type: GraphQLObjectType): boolean {
  if (condition === undefined) return true;
  const conditional = schema.getType(condition.name.value);
  return conditional === type || (isAbstractType(conditional) && schema.isSubType(conditional, type));
}
