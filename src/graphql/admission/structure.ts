/**
 * The shape of a document, looked at before it is validated: validation takes time that grows with the square of what
 * stands in one place, and with fragments that multiply. Knows no schema and no variables.
 *
 * A document is walked place by place. A place is where the fields of one object are asked for: all selection sets that
 * lead there, with the fragments that they spread, as the executor merges them. What is counted is so counted as often
 * as it would be executed, and never past a limit.
 */

import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  Kind,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import type { GatewayError } from '../../core/errors.ts';
import {
  costExceeded,
  MAXIMUM_COMPARISONS,
  MAXIMUM_DEFINITIONS,
  MAXIMUM_SELECTIONS,
  type OperationLimits,
} from './limits.ts';

export type StructureLimits = Pick<
  OperationLimits,
  'maximumDepth' | 'maximumAliases' | 'maximumDirectives' | 'maximumRootFields'
>;

/** The fragments that lead to a selection set, innermost first: one that stands in itself is not spread again. */
interface Trail {
  readonly name: string;
  readonly outer: Trail | undefined;
}

interface Opened {
  readonly selectionSet: SelectionSetNode;
  readonly trail: Trail | undefined;
}

interface Place {
  readonly opened: readonly Opened[];
  /** Of the fields in it; the roots are at 1. */
  readonly depth: number;
  readonly isOperation: boolean;
}

/** Fields of one place under one name. */
interface Group {
  count: number;
  /** What they are compared by: themselves and all that their arguments hold. */
  size: number;
  readonly opened: Opened[];
}

/** The first limit that a document goes over, or `undefined`. */
export function findStructureFault(
  document: DocumentNode,
  limits: StructureLimits,
): GatewayError | undefined {
  try {
    checkStructure(document, limits);
    return undefined;
  } catch (error) {
    if (error instanceof Refusal) return error.fault;
    throw error;
  }
}

/** Ends the walk. */
class Refusal extends Error {
  readonly fault: GatewayError;
  constructor(fault: GatewayError) {
    super(fault.message);
    this.fault = fault;
  }
}

function checkStructure(document: DocumentNode, limits: StructureLimits): void {
  const { length } = document.definitions;
  if (length > MAXIMUM_DEFINITIONS) {
    const rule = `have at most ${MAXIMUM_DEFINITIONS} operations and fragments`;
    throw new Refusal(
      costExceeded(rule, length, 'Send the one operation that is to run, and its fragments.'),
    );
  }
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION && !fragments.has(definition.name.value)) {
      fragments.set(definition.name.value, definition);
    }
  }
  const counts = createCounts(limits);
  const reached = new Set<string>();
  const walk = (selectionSet: SelectionSetNode, isOperation: boolean): void => {
    const places: Place[] = [{ opened: [{ selectionSet, trail: undefined }], depth: 1, isOperation }];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      walkPlace(place, fragments, reached, counts, places);
    }
  };
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    counts.countDirectives(definition.directives);
    for (const variable of definition.variableDefinitions ?? []) counts.countDirectives(variable.directives);
    walk(definition.selectionSet, true);
  }
  // What no operation spreads is validated all the same.
  for (const [name, { selectionSet, directives }] of fragments) {
    if (reached.has(name)) continue;
    counts.countDirectives(directives);
    walk(selectionSet, false);
  }
}

function walkPlace(
  { opened, depth, isOperation }: Place,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  reached: Set<string>,
  counts: Counts,
  places: Place[],
): void {
  counts.checkDepth(depth);
  const groups = new Map<string, Group>();
  const spread = new Set<string>();
  const open = [...opened];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { selectionSet, trail } = next;
    for (const selection of selectionSet.selections) {
      counts.countSelection();
      counts.countDirectives(selection.directives);
      if (selection.kind === Kind.FIELD) {
        if (selection.alias !== undefined) counts.countAlias();
        addToGroup(groups, selection, trail);
        if (isOperation) counts.checkRootFields(groups.size);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        open.push({ selectionSet: selection.selectionSet, trail });
      } else {
        const name = selection.name.value;
        const fragment = fragments.get(name);
        reached.add(name);
        if (fragment === undefined || spread.has(name) || isOn(trail, name)) continue;
        spread.add(name);
        counts.countDirectives(fragment.directives);
        open.push({ selectionSet: fragment.selectionSet, trail: { name, outer: trail } });
      }
    }
  }
  counts.countComparisons(spread.size > 1 ? spread.size * (spread.size + groups.size) : 0);
  for (const { count, size, opened } of groups.values()) {
    if (count > 1) counts.countComparisons(count * size);
    if (opened.length > 0) places.push({ opened, depth: depth + 1, isOperation: false });
  }
}

function addToGroup(
  groups: Map<string, Group>,
  { name, alias, arguments: given = [], selectionSet }: FieldNode,
  trail: Trail | undefined,
): void {
  const responseName = (alias ?? name).value;
  let group = groups.get(responseName);
  if (group === undefined) {
    group = { count: 0, size: 0, opened: [] };
    groups.set(responseName, group);
  }
  group.count += 1;
  group.size += 1 + given.reduce((size, { value }) => size + countValues(value), 0);
  if (selectionSet !== undefined) group.opened.push({ selectionSet, trail });
}

/** Of an argument: itself, and all that it holds. Each comparison prints it anew. */
function countValues(value: ValueNode): number {
  if (value.kind === Kind.LIST) return value.values.reduce((count, inner) => count + countValues(inner), 1);
  if (value.kind !== Kind.OBJECT) return 1;
  return value.fields.reduce((count, field) => count + 1 + countValues(field.value), 1);
}

function isOn(trail: Trail | undefined, name: string): boolean {
  for (let step = trail; step !== undefined; step = step.outer) if (step.name === name) return true;
  return false;
}

/** Counts up to the limits, and throws a {@link Refusal} at the first step over one. */
interface Counts {
  countSelection(): void;
  countAlias(): void;
  countDirectives(directives: readonly DirectiveNode[] | undefined): void;
  countComparisons(number: number): void;
  checkDepth(depth: number): void;
  checkRootFields(number: number): void;
}

const SPREAD = 'fragments counted wherever they are spread';

function createCounts(limits: StructureLimits): Counts {
  let selections = 0;
  let aliases = 0;
  let directives = 0;
  let comparisons = 0;
  const check = (value: number, maximum: number, rule: string, advice: string): void => {
    if (value > maximum) throw new Refusal(costExceeded(rule, value, advice));
  };
  return {
    countSelection: () => {
      selections += 1;
      check(
        selections,
        MAXIMUM_SELECTIONS,
        `have at most ${MAXIMUM_SELECTIONS} fields and fragments, ${SPREAD}`,
        'Ask for less, or in several requests.',
      );
    },
    countAlias: () => {
      aliases += 1;
      check(
        aliases,
        limits.maximumAliases,
        `have at most ${limits.maximumAliases} aliases, ${SPREAD}`,
        'Ask for many things of a kind by one filter or by nodes(ids), or in several requests.',
      );
    },
    countDirectives: (given = []) => {
      directives += given.length;
      check(
        directives,
        limits.maximumDirectives,
        `have at most ${limits.maximumDirectives} directives, ${SPREAD}`,
        'Put the fields of one condition into one fragment.',
      );
    },
    countComparisons: (number) => {
      comparisons += number;
      check(
        comparisons,
        MAXIMUM_COMPARISONS,
        `repeat fields in one place so that at most ${MAXIMUM_COMPARISONS} comparisons must be made of them`,
        'Ask for each field once; seventy repeats are five thousand comparisons.',
      );
    },
    checkDepth: (depth) =>
      check(
        depth,
        limits.maximumDepth,
        `be at most ${limits.maximumDepth} fields deep`,
        'Start at a root that is closer to what you look for.',
      ),
    checkRootFields: (number) =>
      check(
        number,
        limits.maximumRootFields,
        `ask for at most ${limits.maximumRootFields} fields of the root`,
        'Ask for the others in another request.',
      ),
  };
}
