/**
 * The one place where the JSON of a request becomes a value: the body of a POST, and the parameters of a GET that are JSON.
 * It is looked at before it is parsed. Bodies are handed over as they came, so that a request may wait, or be refused,
 * before its body has cost more than its bytes.
 */

import type { FastifyInstance } from 'fastify';
import type { GraphQLFailure } from './graphql-failure.ts';
import {
  findJsonExcess,
  type JsonExcess,
  MAXIMUM_JSON_NESTING,
  MAXIMUM_JSON_STRUCTURES,
} from './json-shape.ts';

const MESSAGES: Readonly<Record<JsonExcess, string>> = {
  nesting:
    `The JSON of a request must have at most ${MAXIMUM_JSON_NESTING} arrays and objects in each other, but it has ` +
    'more: no operation of this graph takes variables so deep.',
  structures:
    `The JSON of a request must have at most ${MAXIMUM_JSON_STRUCTURES} arrays and objects, but it has more: ask in ` +
    'several requests, or for many values by one list.',
};

/** What ends the reading of JSON that is too much, before it is parsed. */
export class JsonExcessError extends Error {
  readonly failure: GraphQLFailure;
  constructor(excess: JsonExcess) {
    super(MESSAGES[excess]);
    this.failure = { status: 400, code: 'BAD_REQUEST', message: this.message };
  }
}

/**
 * The value that the bytes stand for.
 *
 * @param bytes JSON in UTF-8, a byte order mark before it or not
 * @throws JsonExcessError; what Fastify throws for a body that is empty, no JSON, or would write to a prototype: a 400 with a
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
    refuseExcess(bytes);
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
  return error instanceof JsonExcessError || error.code === 'FST_ERR_CTP_INVALID_JSON_BODY';
}

/** @throws JsonExcessError for a query string with JSON that is too much */
export function checkSearch(search: string): void {
  const parameters = new URLSearchParams(search);
  for (const name of ['variables', 'extensions']) {
    for (const text of parameters.getAll(name)) refuseExcess(Buffer.from(text));
  }
}

function refuseExcess(text: Uint8Array): void {
  const excess = findJsonExcess(text);
  if (excess !== undefined) throw new JsonExcessError(excess);
}
