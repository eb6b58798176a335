/**
 * Plain documents: the schema for code generators, the metrics for Prometheus. Both are for callers who may: the schema for
 * whoever is granted anything, the metrics for operators, and for whoever scrapes them on this machine.
 */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { createCallerGuard, type Demand } from './caller-guard.ts';
import { createLocalRequestTest } from './local-requests.ts';
import type { IdentifyCaller, MetricsPage } from './ports.ts';

export interface DocumentRouteOptions {
  /** The text of `schema.graphql`, served as it is; `null`: the schema is told to nobody. */
  readonly schemaText: string | null;
  readonly metrics: MetricsPage;
  readonly identify: IdentifyCaller;
  readonly clock: Clock;
  /** Addresses and subnets of proxies; with one of this machine among them no request counts as its own. Default: none. */
  readonly trustedProxies?: readonly string[];
}

/** The metrics count what the whole tenant has. */
const OPERATORS: Demand = { right: 'Inventory.Operate', isOfWhole: true };

/** Adds `/schema.graphql` and `/metrics`. */
export function addDocumentRoutes(
  scope: FastifyInstance,
  { schemaText, metrics, identify, clock, trustedProxies = [] }: DocumentRouteOptions,
): void {
  const guard = createCallerGuard(identify, clock);
  const isLocal = createLocalRequestTest(trustedProxies);

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
        if (!isLocal(request.raw)) await admit(request, reply, OPERATORS);
      },
    },
    async (_request, reply) => {
      const text = await metrics.render();
      reply.header('content-type', metrics.contentType).header('cache-control', 'no-store');
      return text;
    },
  );

  /** Answers by itself when the caller may not. */
  async function admit(request: FastifyRequest, reply: FastifyReply, demand?: Demand): Promise<void> {
    const { failure } = await guard.admit(request, demand);
    if (failure === undefined) return;
    const { status, headers = {}, code, message } = failure;
    reply.code(status).headers(headers).header('cache-control', 'no-store').send({ code, message });
  }
}
