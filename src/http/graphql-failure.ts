/**
 * Answers of the GraphQL path for requests that never reach the GraphQL pipeline: a body that is too
 * large or no JSON, a media type or method that is not supported, an `Accept` that fits nothing, a caller who is not
 * let in, or asks too often.
 *
 * Each is a well-formed GraphQL response (`errors`, no `data`) with the `extensions` of any other, so that a
 * client has one way to read a failure. Messages say what to do; unexpected errors are masked.
 */

import type { Caller } from '../core/caller.ts';
import { type ClientErrorCode, findGatewayError } from '../core/errors.ts';
import { toRetryAfterSeconds } from '../core/rates.ts';
import type { CostExtension } from '../graphql/cost-extension.ts';
import { toErrorCodes } from '../graphql/operation-report.ts';
import type { SnapshotExtension } from '../graphql/snapshot-extension.ts';
import type { ResponseType } from './accept.ts';
import type { FindServedSnapshot } from './ports.ts';

/** A failure of HTTP itself, or of whoever asks. `BAD_REQUEST` is Apollo's own for a request that is no GraphQL request. */
export interface GraphQLFailure {
  readonly status: number;
  readonly code: 'BAD_REQUEST' | 'PERSISTED_QUERY_NOT_FOUND' | ClientErrorCode;
  readonly message: string;
  /** Headers that the answer must have, by lower-case name. */
  readonly headers?: Readonly<Record<string, string>>;
}

export const NOT_ACCEPTABLE: GraphQLFailure = {
  status: 406,
  code: 'BAD_REQUEST',
  message:
    'Accept must allow application/graphql-response+json or application/json: the operation was not executed.',
};

export const METHOD_NOT_ALLOWED: GraphQLFailure = {
  status: 405,
  code: 'BAD_REQUEST',
  message: 'The method must be GET for queries, or POST.',
};

export const UNREADABLE_ENCODING: GraphQLFailure = {
  status: 415,
  code: 'BAD_REQUEST',
  message:
    'The body must be JSON in UTF-8 and not compressed: Content-Type application/json, with no charset or with ' +
    'charset=utf-8, and no Content-Encoding.',
};

/** What to say for the errors that Fastify raises while it reads a request; keyed by its error codes. */
const READING_FAILURES: ReadonlyMap<string, string> = new Map([
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', 'Content-Type must be application/json.'],
  ['FST_ERR_CTP_EMPTY_JSON_BODY', 'The body must be a JSON object with a "query", but it is empty.'],
  ['FST_ERR_CTP_INVALID_JSON_BODY', 'The body must be JSON, but it cannot be parsed.'],
  [
    'FST_ERR_CTP_BODY_TOO_LARGE',
    'The body is larger than this server reads: send a shorter document or fewer variables.',
  ],
  ['FST_ERR_CTP_INVALID_CONTENT_LENGTH', 'Content-Length must be the length of the body.'],
]);

/**
 * The failure that an error of the framework means: one of the caller's (4xx) is explained, anything else
 * is masked, with the request id to look for in the log.
 */
export function toGraphQLFailure(
  error: { readonly statusCode?: number; readonly code?: string },
  requestId: string,
): GraphQLFailure {
  const status = error.statusCode ?? 500;
  if (status >= 400 && status < 500) {
    const message =
      READING_FAILURES.get(error.code ?? '') ?? 'The request cannot be read as a GraphQL request.';
    return { status, code: 'BAD_REQUEST', message };
  }
  return { status: 500, code: 'INTERNAL_SERVER_ERROR', message: `Internal error; request id ${requestId}.` };
}

/** Statuses of what ends a request before it is executed. */
const ENDS: ReadonlyMap<unknown, number> = new Map([
  ['MISDIRECTED_REQUEST', 421],
  ['RATE_LIMITED', 429],
  ['DEADLINE_EXCEEDED', 503],
]);

/** The failure that a request ended with before it was executed; `undefined` for any other error. */
export function toEndFailure(error: unknown, nowMs: number): GraphQLFailure | undefined {
  const known = findGatewayError(error);
  const status = ENDS.get(known?.code);
  if (known === undefined || status === undefined) return undefined;
  const { message, retryAtMs } = known;
  const failure = { status, code: known.code as ClientErrorCode, message };
  if (retryAtMs === undefined) return failure;
  return { ...failure, headers: { 'retry-after': String(toRetryAfterSeconds(retryAtMs - nowMs)) } };
}

/** What every response carries beside data and errors. */
export interface ResponseExtensions {
  readonly snapshot: SnapshotExtension | null;
  readonly cost: CostExtension;
}

/**
 * The extensions of a response to a request that was never measured.
 *
 * @param caller `null` while nobody is identified; the snapshot is told to whoever may read it
 */
export function toResponseExtensions(
  findSnapshot: FindServedSnapshot,
  maximumCost: number,
  caller: Pick<Caller, 'rights'> | null,
): ResponseExtensions {
  const snapshot = caller?.rights.has('Inventory.Read') ? findSnapshot() : null;
  return { snapshot: snapshot?.extension ?? null, cost: { computed: null, limit: maximumCost } };
}

/** The body of a failure, and the media type to send it with: what was negotiated, else plain JSON. */
export function renderGraphQLFailure(
  failure: GraphQLFailure,
  accepted: ResponseType | undefined,
  extensions: ResponseExtensions,
): { readonly contentType: string; readonly body: string } {
  const body = {
    errors: [{ message: failure.message, extensions: { code: failure.code } }],
    extensions,
  };
  return {
    contentType: `${accepted ?? 'application/json'}; charset=utf-8`,
    body: `${JSON.stringify(body)}\n`,
  };
}

/** The codes of the errors in a response body of Apollo, each once. */
export function findErrorCodes(body: string): readonly string[] {
  const { errors = [] } = JSON.parse(body) as { readonly errors?: Parameters<typeof toErrorCodes>[0] };
  return toErrorCodes(errors);
}

/**
 * A response body of Apollo with the extensions in it, as it has them already when the operation went
 * through the pipeline. Requests that Apollo refuses earlier (CSRF, malformed parameters) have none.
 * Costs a parse and a print of the body: for failures, which are short.
 */
export function withExtensions(body: string, extensions: ResponseExtensions): string {
  const response = JSON.parse(body) as { readonly extensions?: Readonly<Record<string, unknown>> };
  if (
    response.extensions !== undefined &&
    Object.keys(extensions).every((key) => key in response.extensions!)
  ) {
    return body;
  }
  return `${JSON.stringify({ ...response, extensions: { ...extensions, ...response.extensions } })}\n`;
}
