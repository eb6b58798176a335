/**
 * One log line for each answered request, the request id on every answer, and answers to faults outside
 * `/graphql`. Query strings are never logged: a GET carries its variables there.
 */

import type { FastifyError, FastifyInstance } from 'fastify';
import type { FrameworkErrors } from './framework-errors.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';

/** Adds the hooks and the two handlers to the whole server. */
export function addRequestLog(server: FastifyInstance, frameworkErrors: FrameworkErrors): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.header(REQUEST_ID_HEADER, request.id);
  });

  server.addHook('onResponse', async (request, reply) => {
    const path = request.routeOptions.url ?? null;
    const { statusCode, elapsedTime } = reply;
    request.log.info(
      { method: request.method, path, statusCode, durationMs: Math.round(elapsedTime * 1000) / 1000 },
      'request answered',
    );
  });

  server.setNotFoundHandler(async (request, reply) => {
    frameworkErrors.rethrow(request);
    reply.code(404);
    return { code: 'NOT_FOUND', message: 'There is nothing at this path. The graph is at /graphql.' };
  });

  server.setErrorHandler<FastifyError>(async (error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) {
      reply.code(status);
      return { code: 'BAD_REQUEST', message: error.message };
    }
    request.log.error({ err: error }, 'request failed');
    reply.code(500);
    return { code: 'INTERNAL_SERVER_ERROR', message: `Internal error; request id ${request.id}.` };
  });
}
