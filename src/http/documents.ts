/** Plain documents: the schema for code generators, the metrics for Prometheus. */

import type { FastifyInstance } from 'fastify';
import type { MetricsPage } from './ports.ts';

export interface DocumentRouteOptions {
  /** The text of `schema.graphql`, served as it is; `null`: the schema is told to nobody. */
  readonly schemaText: string | null;
  readonly metrics: MetricsPage;
}

/** Adds `/schema.graphql` and `/metrics`. */
export function addDocumentRoutes(
  scope: FastifyInstance,
  { schemaText, metrics }: DocumentRouteOptions,
): void {
  if (schemaText !== null) {
    scope.get('/schema.graphql', async (_request, reply) => {
      // Not application/graphql: browsers would offer it as a download.
      reply.type('text/plain; charset=utf-8').header('cache-control', 'no-cache');
      return schemaText;
    });
  }

  scope.get('/metrics', { logLevel: 'warn' }, async (_request, reply) => {
    const text = await metrics.render();
    reply.header('content-type', metrics.contentType).header('cache-control', 'no-store');
    return text;
  });
}
