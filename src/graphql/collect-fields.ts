/**
 * The fields that are asked of an object, as the executor collects them: by response name, fragments spread where their
 * type fits, each once in a place, what `@skip` and `@include` leave out left out.
 */

import {
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
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

  function collect({ selections }: SelectionSetNode): void {
    for (const selection of selections) {
      if (!isIncluded(selection, operation.variables)) continue;
      if (selection.kind === Kind.FIELD) {
        const responseName = (selection.alias ?? selection.name).value;
        const nodes = fields.get(responseName);
        if (nodes === undefined) fields.set(responseName, [selection]);
        else nodes.push(selection);
        continue;
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? findSpread(selection) : selection;
      if (fragment !== undefined && fits(operation.schema, fragment.typeCondition, type)) {
        collect(fragment.selectionSet);
      }
    }
  }

  /** `undefined` when it is spread here already. */
  function findSpread({ name }: FragmentSpreadNode): FragmentDefinitionNode | undefined {
    if (spread.has(name.value)) return undefined;
    spread.add(name.value);
    return operation.fragments.get(name.value);
  }

  for (const { selectionSet } of owners) {
    if (selectionSet !== undefined) collect(selectionSet);
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
