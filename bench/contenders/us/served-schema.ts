/**
 * The gateway's schema, resolvers and loaders over the published snapshot, for servers that are not ours: so that what is
 * compared is the server and its executor, and nothing else.
 */

import { readFile } from 'node:fs/promises';
import { type GraphQLSchema, isObjectType } from 'graphql';
import { ANONYMOUS_CALLER } from '../../../src/core/caller.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { createContext, type GatewayContext } from '../../../src/graphql/context.ts';
import { createSchema } from '../../../src/graphql/schema.ts';
import { createScopes } from '../../../src/graphql/scopes.ts';
import { createSliceRunner } from '../../../src/graphql/slices.ts';
import { openPublished, type PublishedTask } from './published.ts';

export interface ServedSchema {
  readonly schema: GraphQLSchema;
  /** Of one request. */
  readonly createContext: () => Promise<GatewayContext>;
}

const SCHEMA_FILE = new URL('../../../schema.graphql', import.meta.url);

/** With it an operation counts as cheap, and is answered at once: the peers need not take turns as dear ones do here. */
const CHEAPEST = 1;

export async function openServedSchema(task: PublishedTask): Promise<ServedSchema> {
  const snapshot = await openPublished(task);
  const slices = createSliceRunner();
  const services = {
    clock: systemClock,
    findSnapshot: () => snapshot,
    refresh: { status: unsupported, requestRefresh: unsupported },
    snapshotExpiresAfterMs: 0,
    slices,
    scopes: createScopes({ slices }),
  };
  return {
    schema: withoutDeadlines(createSchema(await readFile(SCHEMA_FILE, 'utf8'))),
    createContext: async () => {
      const context = await createContext(services, {
        caller: ANONYMOUS_CALLER,
        requestId: '',
        log: silentLogger,
      });
      context.account.cost = CHEAPEST;
      return context;
    },
  };
}

/**
 * Rows ask in `isTypeOf` whether their request is over, by its context, which graphql-jit does not hand to it. The peers know
 * no deadlines, and are spared the question.
 */
function withoutDeadlines(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (isObjectType(type)) type.isTypeOf = undefined;
  }
  return schema;
}

function unsupported(): never {
  throw new Error('The benchmark asks for the inventory alone.');
}
