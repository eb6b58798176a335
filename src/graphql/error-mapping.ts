/**
 * The one place where errors become what a caller sees. Ours keep their code, argument, rule and value when they
 * are the caller's business; graphql-js' and Apollo's own about the request keep theirs; everything else is masked,
 * and logged with the request id that the caller is told. Never throws, never shows a stack.
 */

import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { CLIENT_ERROR_CODES, findGatewayError, type GatewayError } from '../core/errors.ts';
import type { LogFields, Logger } from '../core/logger.ts';
import type { RequestIdentity } from './context.ts';

export interface ErrorMapping {
  /** Remembers the request of these errors for {@link formatError}; forgets it with them. */
  noteRequest(errors: readonly Error[], request: RequestIdentity): void;
  /** Apollo's `formatError`: its rendering of an error, and the error itself. */
  formatError(formatted: GraphQLFormattedError, error: unknown): GraphQLFormattedError;
}

const CLIENT_CODES: ReadonlySet<unknown> = new Set(CLIENT_ERROR_CODES);

/** Apollo's codes for a request that cannot be run as it is: the caller's business, in Apollo's words. */
const REQUEST_CODES: ReadonlySet<unknown> = new Set([
  ApolloServerErrorCode.GRAPHQL_PARSE_FAILED,
  ApolloServerErrorCode.GRAPHQL_VALIDATION_FAILED,
  ApolloServerErrorCode.PERSISTED_QUERY_NOT_FOUND,
  ApolloServerErrorCode.PERSISTED_QUERY_NOT_SUPPORTED,
  ApolloServerErrorCode.BAD_USER_INPUT,
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_REQUEST,
]);

/**
 * What graphql-js says of arguments and variables that do not fit their types, where Apollo adds no code. They can
 * only be told by their words (graphql 16: `getArgumentValues`, `getVariableValues`).
 */
const COERCION_MESSAGE = /^(?:Argument "|Variable "|Too many errors processing variables)/;

/** @param log where masked errors go, in full, that belong to no request; the others go to their request's */
export function createErrorMapping(log: Logger): ErrorMapping {
  const requests = new WeakMap<object, RequestIdentity>();
  return {
    noteRequest: (errors, request) => {
      for (const error of errors) requests.set(error, request);
    },
    formatError: (formatted, error) => {
      const cause = findCause(error);
      const gatewayError = findGatewayError(cause);
      if (gatewayError !== undefined && CLIENT_CODES.has(gatewayError.code)) {
        return { ...formatted, extensions: toExtensions(gatewayError) };
      }
      const code = formatted.extensions?.code;
      if (REQUEST_CODES.has(code)) return formatted;
      if (cause instanceof GraphQLError && COERCION_MESSAGE.test(cause.message)) {
        return { ...formatted, extensions: { ...formatted.extensions, code: 'BAD_USER_INPUT' } };
      }
      const request = typeof error === 'object' && error !== null ? requests.get(error) : undefined;
      const requestId = request?.requestId;
      logMasked(request?.log ?? log, { requestId, path: formatted.path, err: cause });
      return {
        ...formatted,
        message: toMaskedMessage(requestId),
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      };
    },
  };
}

/** What a resolver threw, behind what graphql-js and Apollo have put around it. */
function findCause(error: unknown): unknown {
  let cause = error;
  while (cause instanceof GraphQLError && cause.originalError !== undefined) cause = cause.originalError;
  return cause;
}

function toExtensions({ code, argument, rule, value }: GatewayError): Record<string, unknown> {
  return {
    code,
    ...(argument === undefined ? {} : { argument }),
    ...(rule === undefined ? {} : { rule }),
    ...(value === undefined ? {} : { value }),
  };
}

function toMaskedMessage(requestId: string | undefined): string {
  const where =
    requestId === undefined
      ? 'its log holds the cause'
      : `its log holds the cause under request id ${requestId}`;
  return `The gateway failed to answer; ${where}.`;
}

/** A logger that fails must not fail the answer. */
function logMasked(log: Logger, fields: LogFields): void {
  try {
    log.error(fields, 'A GraphQL operation met an internal error.');
  } catch {
    // There is nobody left to tell.
  }
}
