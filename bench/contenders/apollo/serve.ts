/** Apollo Server as it comes: its standalone server with the plugins that it installs by itself. */

import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import type { GatewayContext } from '../../../src/graphql/context.ts';
import { serveUntilTold } from '../../support/servers.ts';
import type { PublishedTask } from '../us/published.ts';
import { openServedSchema } from '../us/served-schema.ts';

serveUntilTold<PublishedTask>(async (task) => {
  const { schema, createContext } = await openServedSchema(task);
  const { url } = await startStandaloneServer(new ApolloServer<GatewayContext>({ schema }), {
    context: createContext,
    listen: { host: '127.0.0.1', port: 0 },
  });
  return url;
});
