/**
 * Requests that the framework gives up before it has found a route, such as one for `/%ff`: they are sent through
 * the server once more, as requests for a path with nothing at it, so that hooks, headers, log and the form of the
 * answer are those of every other fault. Does not see what is no HTTP at all.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyError, FastifyInstance } from 'fastify';

export interface FrameworkErrors {
  /** Fastify's `frameworkErrors`. */
  handle(
    error: FastifyError,
    request: { readonly raw: IncomingMessage; readonly server: FastifyInstance },
    reply: { readonly raw: ServerResponse },
  ): void;
  /** Throws the error that the request was given up for, if it was: for the handler of paths with nothing at them. */
  rethrow(request: { readonly raw: IncomingMessage }): void;
}

/** Fastify's own words would repeat the whole URL, query string included. */
const UNDECODABLE =
  'The path cannot be decoded: what follows each percent sign must be the hex digits of UTF-8.';

/** Nothing is there, and any router can read it. */
const NOWHERE = '/unreadable-path';

export function createFrameworkErrors(): FrameworkErrors {
  const errors = new WeakMap<IncomingMessage, FastifyError>();
  return {
    handle: (error, { raw, server }, reply) => {
      if (error.code === 'FST_ERR_BAD_URL') error.message = UNDECODABLE;
      errors.set(raw, error);
      raw.url = NOWHERE;
      server.routing(raw, reply.raw);
    },
    rethrow: ({ raw }) => {
      const error = errors.get(raw);
      if (error !== undefined) throw error;
    },
  };
}
