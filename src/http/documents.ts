/**
 * Plain documents: the schema for code generators, the metrics for Prometheus. Both are for callers who may: the schema for
 * whoever is granted anything, the metrics for operators, and for whoever scrapes them on this machine.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Right } from '../core/caller.ts';
import type { Clock } from '../core/clock.ts';
import { isLoopbackHost } from '../core/host.ts';
import { createCallerGuard } from './caller-guard.ts';
import type { IdentifyCaller, MetricsPage } from './ports.ts';

export interface DocumentRouteOptions {
  /** The text of `schema.graphql`, served as it is; `null`: the schema is told to nobody. */
  readonly schemaText: string | null;
  readonly metrics: MetricsPage;
  readonly identify: IdentifyCaller;
  readonly clock: Clock;
}

/** What a proxy adds for whom it asks: with one of them the peer is not who asks. */
const FORWARDING_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'] as const;

/** Adds `/schema.graphql` and `/metrics`. */
export function addDocumentRoutes(
  scope: FastifyInstance,
  { schemaText, metrics, identify, clock }: DocumentRouteOptions,
): void {
  const guard = createCallerGuard(identify, clock);

  if (schemaText !== null) {
    scope.get(
      '/schema.graphql',
      { onRequest: async (request, reply) => admit(request, reply) },
      async (_request, reply) => {
        // Not application/graphql: browsers would offer it as a download.
        reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache');
        return schemaText;
      },
    );
  }

  scope.get(
    '/metrics',
    {
      logLevel: 'warn',
      onRequest: async (request, reply) => {
        if (!isFromThisMachine(request)) await admit(request, reply, 'Inventory.Operate');
      },
    },
    async (_request, reply) => {
      const text = await metrics.render();
      reply.header('content-type', metrics.contentType).header('cache-control', 'no-store');
      return text;
    },
  );

  /** Answers by itself when the caller may not. */
  async function admit(request: FastifyRequest, reply: FastifyReply, right?: Right): Promise<void> {
    const { failure } = await guard.admit(request, right);
    if (failure === undefined) return;
    const { status, headers = {}, code, message } = failure;
    reply.code(status).headers(headers).header('cache-control', 'no-store').send({ code, message });
  }
}

/** By the socket, whatever proxies are believed: what a header says of the peer anybody can say. */
function isFromThisMachine({ raw }: FastifyRequest): boolean {
  const address = raw.socket.remoteAddress?.replace(/^::ffff:/i, '') ?? '';
  return isLoopbackHost(address) && FORWARDING_HEADERS.every((name) => raw.headers[name] === undefined);
}
