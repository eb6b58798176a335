/**
 * The one place where the bytes of a request body become a value. They are handed over as they came, so that a request may
 * wait, or be refused, before its body has cost more than its bytes.
 */

import type { FastifyInstance } from 'fastify';

/**
 * The value that the bytes stand for.
 *
 * @param bytes JSON in UTF-8, a byte order mark before it or not
 * @throws what Fastify throws for a body that is empty, no JSON, or would write to a prototype: a 400 with a code of its own
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
    let parsed: unknown;
    parseText(undefined, bytes.toString('utf8'), (error, value) => {
      if (error !== null) throw error;
      parsed = value;
    });
    return parsed;
  };
}
