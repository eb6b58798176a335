/** What one operation may be made of and may cause. What {@link OperationLimits} holds are settings; the constants are fixed. */

import { GatewayError } from '../../core/errors.ts';

export interface OperationLimits {
  /** Cost of one operation, in rows; see `weights.ts`. */
  readonly maximumCost: number;
  /** Fields in fields: `{ a { b } }` is 2. */
  readonly maximumDepth: number;
  /** Aliased fields in a document, fragments counted wherever they are spread. */
  readonly maximumAliases: number;
  /** Directives in a document, fragments counted wherever they are spread. */
  readonly maximumDirectives: number;
  /** Fields that one operation asks of the root. */
  readonly maximumRootFields: number;
  /** Words, names and punctuation marks of a document, the count that graphql-js makes while it parses. */
  readonly maximumTokens: number;
  /** Whether the schema may be asked for, and is hinted at in messages. */
  readonly introspection: boolean;
}

export const DEFAULT_OPERATION_LIMITS: OperationLimits = {
  maximumCost: 200_000,
  maximumDepth: 16,
  maximumAliases: 50,
  maximumDirectives: 50,
  maximumRootFields: 20,
  maximumTokens: 5_000,
  introspection: true,
};

/** Fields and fragments of a document, counted wherever they are spread: an end to fragments that multiply. */
export const MAXIMUM_SELECTIONS = 5_000;
/**
 * Comparisons that a document may make of fields which stand in one place under one name. Validation compares each
 * with each, so that seventy of one field, or of fragments in one place, are five thousand: 3 to 5 ms of validation.
 */
export const MAXIMUM_COMPARISONS = 5_000;
/** Operations and fragments of a document. Validation takes about 15 microseconds for each. */
export const MAXIMUM_DEFINITIONS = 200;
/** Brackets of a document in each other: fields in fields, their arguments, filters in filters. */
export const MAXIMUM_DOCUMENT_NESTING = 64;
/** Errors in one response; one more says how many there were beside these. */
export const MAXIMUM_ERRORS = 8;

/**
 * The refusal of an operation that goes over a limit.
 *
 * @param rule what it must do, completing "The operation must …"
 * @param value what it does; a limit at which counting ends says the first number over it
 * @param advice what to do about it, a sentence
 */
export function costExceeded(rule: string, value: number, advice: string): GatewayError {
  return new GatewayError('COST_EXCEEDED', `The operation must ${rule}, but got: ${value}. ${advice}`, {
    rule,
    value,
  });
}
