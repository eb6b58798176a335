/** Plans of one place in a response: a field with its resolver, and how the value that it gives becomes text. */

import type { Completed, Execution, Place } from './execution.ts';

/** One field of an object, under its response name. */
export interface FieldPlan {
  /** The response name as JSON, a colon behind it. */
  readonly label: string;
  /** Response name. */
  readonly key: string;
  /** Whether its value is an object, or a list of objects. */
  readonly isComposite: boolean;
  /**
   * The value of one object's field.
   *
   * @throws GraphQLError (or rejects with it) when it fails and may not be null
   */
  execute(source: unknown, parent: Place | undefined, execution: Execution): Completed;
}

/**
 * Makes text of a value that a resolver gave, which stands at `key` in `parent`. May give null for a position that may not be
 * null: that is for its user to refuse.
 *
 * @throws whatever is wrong with the value
 */
export type Complete = (
  value: unknown,
  parent: Place | undefined,
  key: string | number,
  execution: Execution,
) => Completed;
