/**
 * One log line for each request, the request id on every answer, and answers to faults outside `/graphql`. For requests to the
 * graph it is the audit line ({@link AuditFields}). Query strings are never logged: a GET carries its variables there.
 *
 * A line is written when the connection is done with the request, answered or not; while the operation still runs, when it has
 * ended. A process that is killed writes none for what it was answering.
 */

import { isIP } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Audit, type AuditRecord, toAuditFields } from './audit.ts';
import type { FrameworkErrors } from './framework-errors.ts';
import type { ReaderWatch } from './reader-watch.ts';
import { REQUEST_ID_HEADER } from './request-id.ts';

/** Adds the hook and the two handlers to the whole server. */
export function addRequestLog(
  server: FastifyInstance,
  frameworkErrors: FrameworkErrors,
  audit: Pick<Audit, 'find'>,
  { wasCut }: Pick<ReaderWatch, 'wasCut'>,
): void {
  server.addHook('onRequest', async (request, reply) => {
    reply.header(REQUEST_ID_HEADER, request.id);
    // A socket that is closed has none any more.
    const remoteAddress = toRemoteAddress(request);
    const write = () =>
      logRequest(request, reply, {
        remoteAddress,
        record: audit.find(request),
        isUnread: wasCut(reply.raw),
      });
    reply.raw.once('close', () => {
      const execution = audit.find(request)?.execution;
      if (execution === undefined) write();
      else void execution.then(write);
    });
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

function logRequest(
  request: FastifyRequest,
  reply: FastifyReply,
  facts: { remoteAddress: string | null; record: AuditRecord | undefined; isUnread: boolean },
): void {
  const { remoteAddress, record, isUnread } = facts;
  request.log.info(
    {
      event: 'request',
      method: request.method,
      path: request.routeOptions.url ?? null,
      statusCode: reply.raw.headersSent ? reply.statusCode : null,
      durationMs: Math.round(reply.elapsedTime * 1000) / 1000,
      remoteAddress,
      ...(record === undefined ? {} : toAuditFields(record, reply, isUnread)),
    },
    reply.raw.writableFinished ? 'request answered' : 'request abandoned',
  );
}

/** What a proxy says is believed where it is an address; else the proxy's own. */
function toRemoteAddress({ ip, raw }: FastifyRequest): string | null {
  return isIP(ip) === 0 ? (raw.socket.remoteAddress ?? null) : ip;
}
