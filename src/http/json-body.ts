/**
 * The one place where the JSON of a request becomes a value: the body of a POST, and the parameters of a GET that are JSON.
 * It is looked at before it is parsed. Bodies are handed over as they came, so that a request may wait, or be refused,
 * before its body has cost more than its bytes.
 */

import type { FastifyInstance } from 'fastify';
import type { GraphQLFailure } from './graphql-failure.ts';
import { isNestedDeeper, MAXIMUM_JSON_NESTING } from './json-nesting.ts';

export const TOO_DEEP: GraphQLFailure = {
  status: 400,
  code: 'BAD_REQUEST',
  message:
    `The JSON of a request must have at most ${MAXIMUM_JSON_NESTING} arrays and objects in each other, but it has ` +
    'more: no operation of this graph takes variables so deep.',
};

/** What ends the reading of a body; {@link TOO_DEEP} says it to the caller. */
export class JsonTooDeep extends Error {
  readonly statusCode = TOO_DEEP.status;
  constructor() {
    super(TOO_DEEP.message);
  }
}

/**
 * The value that the bytes stand for.
 *
 * @param bytes JSON in UTF-8, a byte order mark before it or not
 * @throws JsonTooDeep; what Fastify throws for a body that is empty, no JSON, or would write to a prototype: a 400 with a
 * code of its own
 */
export type ParseJsonBody = (bytes: Buffer) => unknown;

/** Calls back before it returns; Fastify's type leaves that open. */
type ParseText = (
  request: undefined,
  text: string,
  done: (error: Error | null, value?: unknown) => void,
) => void;

/** Has the scope hand bodies over as bytes, and only those of JSON; they become values by the function that is returned. */
export function takeJsonBodies(scope: FastifyInstance): ParseJsonBody {
  scope.removeContentTypeParser('text/plain');
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, bytes, done) =>
    done(null, bytes),
  );
  const parseText = scope.getDefaultJsonParser('error', 'error') as unknown as ParseText;
  return (bytes) => {
    if (isNestedDeeper(bytes, MAXIMUM_JSON_NESTING)) throw new JsonTooDeep();
    let parsed: unknown;
    parseText(undefined, bytes.toString('utf8'), (error, value) => {
      if (error !== null) throw error;
      parsed = value;
    });
    return parsed;
  };
}

/** Whether a body came whole and is no JSON that is read. */
export function isUnreadable(error: { readonly code?: string }): boolean {
  return error instanceof JsonTooDeep || error.code === 'FST_ERR_CTP_INVALID_JSON_BODY';
}

/** Whether a query string holds JSON that nests too deep. */
export function isSearchTooDeep(search: string): boolean {
  const parameters = new URLSearchParams(search);
  return ['variables', 'extensions'].some((name) =>
    parameters.getAll(name).some((text) => isNestedDeeper(Buffer.from(text), MAXIMUM_JSON_NESTING)),
  );
}
