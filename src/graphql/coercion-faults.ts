/**
 * What graphql-js says of variables and arguments that do not fit their types, as faults of the caller with
 * argument, rule and value. It says so in words only, so this file knows its words (graphql 16, `execution/values`
 * and `utilities/coerceInputValue`). Everything taken over is bounded in length: a value may fill the whole request.
 */

import { GraphQLError } from 'graphql';
import { badUserInput, GatewayError } from '../core/errors.ts';

const INVALID_VARIABLE = /^Variable "\$(\w+)" got invalid value /;
/** Where in a variable; what stands before it, a printed value, has its own quotes escaped or ends with a bracket. */
const PATH_IN_VARIABLE = / at "(\w+(?:\.\w+|\[\d+\])+)"$/;
const INVALID_ARGUMENT = /^Argument "(\w+)" has invalid value (.*)\.$/s;
const ABSENT = /^(?:Variable "\$|Argument ")(\w+)" of required type "/;
const NULL = /^(?:Variable "\$|Argument ")(\w+)" of non-null type "/;
const TOO_MANY = /^Too many errors processing variables/;

const MAXIMUM_VALUE_LENGTH = 100;
/** For paths and rules, which hold names of the caller's choice. */
const MAXIMUM_TEXT_LENGTH = 300;

/**
 * The fault that an error of graphql-js means, or `undefined` when it is about something else.
 *
 * `argument` is the argument, or the variable and the path in it: `filter.and.0.keySize` for `$filter`.
 */
export function findCoercionFault(error: unknown): GatewayError | undefined {
  if (!(error instanceof GraphQLError)) return undefined;
  const { message } = error;
  const variable = INVALID_VARIABLE.exec(message);
  if (variable !== null) return toInvalidVariable(error, variable[0], variable[1]!);
  const argument = INVALID_ARGUMENT.exec(message);
  if (argument !== null) return toFault(message, argument[1]!, 'be a value of its type', argument[2]!);
  const absent = ABSENT.exec(message);
  if (absent !== null) return toFault(message, absent[1]!, 'be given', 'undefined');
  const isNull = NULL.exec(message);
  if (isNull !== null) return toFault(message, isNull[1]!, 'not be null', 'null');
  if (TOO_MANY.test(message)) {
    return toFault(message, 'variables', 'be values of their types', 'more faults than are listed');
  }
  return undefined;
}

/** The fault of variables that cannot even be looked at: graphql-js reads them level by level, on the stack. */
export function tooDeepVariables(): GatewayError {
  return badUserInput('variables', 'nest no deeper than their types need', 'values too deep to be read');
}

/**
 * `<subject><value>[ at "<path>"]; <rule>`, where the rule is the message of the error inside. It may hold anything,
 * so it is cut off by its length rather than looked for.
 */
function toInvalidVariable(
  { message, originalError }: GraphQLError,
  subject: string,
  name: string,
): GatewayError {
  const rule = originalError?.message ?? '';
  const given = message.slice(subject.length, message.length - `; ${rule}`.length);
  const path = PATH_IN_VARIABLE.exec(given);
  const value = bound(given.slice(0, path?.index), MAXIMUM_VALUE_LENGTH);
  const where = path === null ? '' : ` at "${bound(path[1]!, MAXIMUM_TEXT_LENGTH)}"`;
  const shortRule = bound(rule, MAXIMUM_TEXT_LENGTH);
  return toFault(
    `${subject}${value}${where}; ${shortRule}`,
    (path?.[1] ?? name).replace(/\[(\d+)\]/g, '.$1'),
    findStatedRule(originalError) ?? shortRule,
    value,
  );
}

/** The rule as our own scalars state it, in words that fit behind "must". */
function findStatedRule(error: Error | undefined): string | undefined {
  const rule = error instanceof GraphQLError ? error.extensions.rule : undefined;
  return typeof rule === 'string' ? rule : undefined;
}

function toFault(message: string, argument: string, rule: string, value: string): GatewayError {
  return new GatewayError('BAD_USER_INPUT', bound(message, 3 * MAXIMUM_TEXT_LENGTH), {
    argument: bound(argument, MAXIMUM_TEXT_LENGTH),
    rule,
    value: bound(value, MAXIMUM_VALUE_LENGTH),
  });
}

function bound(text: string, maximumLength: number): string {
  return text.length <= maximumLength ? text : `${text.slice(0, maximumLength - 1)}…`;
}
