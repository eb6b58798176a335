/** graphql-yoga on `node:http`, as its guide sets it up. */

import { createServer } from 'node:http';
import { createYoga } from 'graphql-yoga';
import { listenOnLoopback, serveUntilTold } from '../../support/servers.ts';
import type { PublishedTask } from '../us/published.ts';
import { openServedSchema } from '../us/served-schema.ts';

serveUntilTold<PublishedTask>(async (task) => {
  const { schema, createContext } = await openServedSchema(task);
  const yoga = createYoga({ schema, context: createContext, logging: false, graphiql: false });
  return `${await listenOnLoopback(createServer(yoga))}/graphql`;
});
