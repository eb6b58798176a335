/** PostGraphile 5 with its usual preset on `node:http`, over a PostgreSQL that it starts and fills first. */

import { createServer } from 'node:http';
import pg from 'pg';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { listenOnLoopback, serveUntilTold } from '../../support/servers.ts';
import { openPublished } from '../us/published.ts';
import { POSTGRES_USER, startPostgres } from './postgres.ts';
import { loadTables } from './tables.ts';
import type { PostGraphileTask } from './task.ts';

serveUntilTold<PostGraphileTask>(async (task) => {
  const stack = new AsyncDisposableStack();
  const stop = (): Promise<void> => stack.disposeAsync();
  try {
    const postgres = stack.use(await startPostgres(task.programs));
    await loadTables(await openPublished(task), postgres);
    const pool = new pg.Pool({ host: postgres.socketFolder, user: POSTGRES_USER, database: 'postgres' });
    // A connection that PostgreSQL ends fails its query; and at the end all of them are ended, with nobody to tell.
    pool.on('connect', (client) => client.on('error', () => undefined));
    pool.on('error', () => undefined);
    stack.defer(() => pool.end());
    return { url: await listen(pool), stop };
  } catch (error) {
    await stop();
    throw error;
  }
});

/** @returns the address of the endpoint */
async function listen(pool: pg.Pool): Promise<string> {
  const instance = postgraphile({
    extends: [PostGraphileAmberPreset],
    pgServices: [makePgService({ pool })],
    grafserv: { graphiql: false, watch: false },
  });
  const server = createServer();
  await instance.createServ(grafserv).addTo(server);
  return `${await listenOnLoopback(server)}/graphql`;
}
