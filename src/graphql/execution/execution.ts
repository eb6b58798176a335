/**
 * What one execution of a plan holds on to, and what becomes of its failures: the rules of the specification for errors of
 * fields (GraphQL, section 6.4.4), as graphql-js has them.
 */

import { type ASTNode, type GraphQLError, locatedError } from 'graphql';
import type { GatewayContext } from '../context.ts';

export interface Execution {
  readonly context: GatewayContext;
  /** As coerced by the operation's variable definitions. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** Of fields that have become null for it. */
  readonly errors: GraphQLError[];
  /** What the arguments of a field came to, by its number in the plan. */
  readonly arguments: (ArgumentsOutcome | undefined)[];
}

export type ArgumentsOutcome = { readonly given: object } | { readonly error: unknown };

/** Where an object or a list stands in the response; made for these alone, since a leaf has its parent's and its name. */
export interface Place {
  readonly parent: Place | undefined;
  /** Response name, or index in a list. */
  readonly key: string | number;
}

/** The JSON text of a value; `null` where it is null. */
export type Completed = string | null | Promise<string | null>;

/** What a position of the response needs to tell of its failure. */
export interface Position {
  readonly nodes: readonly ASTNode[];
  readonly isNonNull: boolean;
}

/**
 * Notes the failure of a position, which becomes null.
 *
 * @throws GraphQLError when it may not be null: the failure is then that of what it stands in
 */
export function failPosition(
  { nodes, isNonNull }: Position,
  error: unknown,
  parent: Place | undefined,
  key: string | number,
  execution: Execution,
): null {
  const located = locatedError(error, nodes, toPath({ parent, key }));
  if (isNonNull) throw located;
  execution.errors.push(located);
  return null;
}

function toPath(place: Place): readonly (string | number)[] {
  const path: (string | number)[] = [];
  for (let at: Place | undefined = place; at !== undefined; at = at.parent) path.push(at.key);
  return path.reverse();
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
}

/** Has somebody hear of what is no longer waited for: a rejection that nobody hears of ends the process. */
export function abandon(promises: readonly Promise<unknown>[]): void {
  for (const promise of promises) promise.then(undefined, () => undefined);
}
