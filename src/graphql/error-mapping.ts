/**
 * The one place where errors become what a caller sees. Ours keep their code, argument, rule and value when they
 * are the caller's business; graphql-js' and Apollo's own about the request keep theirs; everything else is masked,
 * and logged with the request id that the caller is told. Never throws, never shows a stack.
 */

import { ApolloServerErrorCode } from '@apollo/server/errors';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { CLIENT_ERROR_CODES, findGatewayError, type GatewayError } from '../core/errors.ts';
import type { LogFields, Logger } from '../core/logger.ts';
import { MAXIMUM_ERRORS } from './admission/limits.ts';
import { findCoercionFault, tooDeepVariables } from './coercion-faults.ts';
import type { RequestIdentity } from './context.ts';

/** What the cause of a masked error is found by. */
type LoggedRequest = Pick<RequestIdentity, 'requestId' | 'log'>;

export interface ErrorMapping {
  /** Remembers the request of these errors for {@link formatError}; forgets it with them. */
  noteRequest(errors: readonly Error[], request: LoggedRequest): void;
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
  ApolloServerErrorCode.OPERATION_RESOLUTION_FAILURE,
  ApolloServerErrorCode.BAD_REQUEST,
]);

/** @param log where masked errors go, in full, that belong to no request; the others go to their request's */
export function createErrorMapping(log: Logger): ErrorMapping {
  const requests = new WeakMap<object, LoggedRequest>();
  const loggedErrors = new WeakMap<LoggedRequest, number>();

  /** What one request says in the log is bounded, as its answer is. */
  function isLogged(request: LoggedRequest | undefined): boolean {
    if (request === undefined) return true;
    const count = loggedErrors.get(request) ?? 0;
    loggedErrors.set(request, count + 1);
    return count < MAXIMUM_ERRORS;
  }

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
      if (REQUEST_CODES.has(formatted.extensions?.code)) return formatted;
      const request = typeof error === 'object' && error !== null ? requests.get(error) : undefined;
      const fault = cause instanceof GraphQLError ? findCoercionFault(error) : findUnreadable(error, request);
      if (fault !== undefined) {
        return { ...formatted, message: fault.message, extensions: toExtensions(fault) };
      }
      if (isRefusal(error)) return { ...formatted, extensions: { code: ApolloServerErrorCode.BAD_REQUEST } };
      const requestId = request?.requestId;
      if (isLogged(request)) logMasked(request?.log ?? log, { path: formatted.path, err: cause });
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

/**
 * Of the errors that Apollo's pipeline reports for a request, the one kind that is in no GraphQLError is what stopped
 * graphql-js while it read the variables: whatever a resolver throws is put in one.
 */
function findUnreadable(error: unknown, request: LoggedRequest | undefined): GatewayError | undefined {
  return request === undefined || error instanceof GraphQLError ? undefined : tooDeepVariables();
}

/** Whether Apollo refuses the request as a whole, by a 4xx, without a code of its own. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof GraphQLError) || error.path !== undefined) return false;
  const { status } = (error.extensions.http ?? {}) as { readonly status?: unknown };
  return typeof status === 'number' && status >= 400 && status < 500;
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
