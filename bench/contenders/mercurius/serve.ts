/** mercurius on Fastify, every operation compiled by graphql-jit from its first request on. */

import fastify from 'fastify';
import mercurius from 'mercurius';
import { serveUntilTold } from '../../support/servers.ts';
import type { PublishedTask } from '../us/published.ts';
import { openServedSchema } from '../us/served-schema.ts';

serveUntilTold<PublishedTask>(async (task) => {
  const { schema, createContext } = await openServedSchema(task);
  const server = fastify();
  server.register(mercurius.default, { schema, context: createContext, jit: 1 });
  return `${await server.listen({ host: '127.0.0.1', port: 0 })}/graphql`;
});
