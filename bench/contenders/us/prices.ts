/** The graph in process, asked for every shape that has a price: what it costs, what it takes, how long it holds the loop. */

import { readFileSync } from 'node:fs';
import { HeaderMap } from '@apollo/server';
import { ANONYMOUS_CALLER } from '../../../src/core/caller.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { createContext } from '../../../src/graphql/context.ts';
import { createServer } from '../../../src/graphql/create-server.ts';
import { encodeNodeId } from '../../../src/graphql/node-id.ts';
import type { RefreshPort } from '../../../src/graphql/refresh-port.ts';
import { createScopes } from '../../../src/graphql/scopes.ts';
import { createSliceRunner } from '../../../src/graphql/slices.ts';
import type { EncodedSnapshot } from '../../../src/snapshot/format.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { AT_SECONDS } from '../../inventory/instant.ts';
import { createShapes, type Shape, type ShapeFacts } from '../../prices/shapes.ts';
import { serveContender } from '../../support/processes.ts';
import { median } from '../../support/statistics.ts';
import { ingestFiles } from './ingest-files.ts';

export interface PricesTask {
  readonly paths: readonly string[];
  readonly threads: number;
  /** How long each shape is asked for, milliseconds. */
  readonly budgetMs: number;
  /** Part of the names of those to ask; `null`: all. */
  readonly only: string | null;
}

export interface PriceFigures {
  readonly name: string;
  /** As the answer says; `null` when it was refused. */
  readonly cost: number | null;
  /** Processor time of the thread, printing included, the median. */
  readonly milliseconds: number;
  /** The longest turn of the event loop, the median. */
  readonly holdMs: number;
  /** Of errors, each once. */
  readonly codes: readonly string[];
  readonly bytes: number;
}

/** Of shapes that are wrong on purpose, and of those that are too dear for the largest fleets. */
const EXPECTED_CODES: readonly string[] = ['BAD_USER_INPUT', 'COST_EXCEEDED'];
const LEAST_RUNS = 2;
const MOST_RUNS = 15;
const WARMING_RUNS = 1;
const NOBODY_REFRESHES: RefreshPort = {
  status: () => ({
    phase: 'IDLE',
    currentRun: null,
    lastRun: null,
    lastSuccessAtMs: null,
    lastFailure: null,
    nextRunAtMs: null,
    budgets: [],
  }),
  requestRefresh: () => ({ kind: 'started' }),
};

serveContender<PricesTask, readonly PriceFigures[]>(async ({ paths, threads, budgetMs, only }) => {
  const { encoded } = await ingestFiles(paths, threads);
  const ask = await createAsking(encoded);
  const facts = findFacts(Snapshot.open(encoded));
  const names = createShapes(facts, toSalt(0)).map(({ name }) => name);
  const figures: PriceFigures[] = [];
  let salts = 1;
  for (const [index, name] of names.entries()) {
    if (only !== null && !name.includes(only)) continue;
    const runs: PriceFigures[] = [];
    const endMs = performance.now() + budgetMs;
    for (let run = 0; run < WARMING_RUNS + MOST_RUNS; run += 1) {
      if (run >= WARMING_RUNS + LEAST_RUNS && performance.now() > endMs) break;
      const shape = createShapes(facts, toSalt(salts))[index]!;
      salts += 1;
      const asked = await ask(shape);
      if (run >= WARMING_RUNS) runs.push(asked);
    }
    figures.push({
      ...runs[0]!,
      name,
      milliseconds: median(runs.map(({ milliseconds }) => milliseconds)),
      holdMs: median(runs.map(({ holdMs }) => holdMs)),
    });
  }
  return figures;
});

/** Eight hex digits that share little with those of the numbers before. */
function toSalt(number: number): string {
  return (Math.imul(number + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
}

async function createAsking(encoded: EncodedSnapshot): Promise<(shape: Shape) => Promise<PriceFigures>> {
  const typeDefs = readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8');
  const { apollo: server } = createServer({ typeDefs, log: silentLogger });
  await server.start();
  const slices = createSliceRunner();
  const scopes = createScopes({ slices });
  return async ({ name, query, variables = {} }) => {
    // Nothing is kept from the shape before.
    const snapshot = Snapshot.open(encoded);
    const contextValue = await createContext(
      {
        clock: { now: () => AT_SECONDS * 1_000 },
        findSnapshot: () => snapshot,
        refresh: NOBODY_REFRESHES,
        snapshotExpiresAfterMs: 0,
        slices,
        scopes,
      },
      { caller: ANONYMOUS_CALLER, requestId: name, log: silentLogger },
    );
    globalThis.gc?.();
    const loop = watchLoop();
    const before = process.threadCpuUsage();
    const { body } = await server.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: 'POST',
        headers: new HeaderMap([['content-type', 'application/json']]),
        search: '',
        body: { query, variables },
      },
      context: async () => contextValue,
    });
    const { user, system } = process.threadCpuUsage(before);
    const holdMs = await loop.stop();
    if (body.kind !== 'complete') throw new Error(`${name}: an answer must come in one piece`);
    const { errors = [] } = JSON.parse(body.string) as { errors?: { extensions: { code: string } }[] };
    const codes = [...new Set(errors.map(({ extensions }) => extensions.code))];
    if (codes.some((code) => !EXPECTED_CODES.includes(code))) throw new Error(`${name}: ${body.string}`);
    return {
      name,
      cost: contextValue.account.cost,
      milliseconds: (user + system) / 1_000,
      holdMs,
      codes,
      bytes: body.string.length,
    };
  };
}

/** The longest time between two turns of the event loop, from now until it is stopped. */
function watchLoop(): { stop(): Promise<number> } {
  let lastMs = performance.now();
  let longestMs = 0;
  let isStopped = false;
  const tick = (): void => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
    if (!isStopped) setImmediate(tick);
  };
  setImmediate(tick);
  return {
    stop: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      isStopped = true;
      return longestMs;
    },
  };
}

const FACTS = 1_000;

function findFacts({ certificates, devices, installations }: Snapshot): ShapeFacts {
  const some = (count: number, read: (row: number) => string): string[] =>
    Array.from({ length: FACTS }, (_, index) => read(index % count));
  return {
    certificateIds: some(certificates.length, (row) =>
      encodeNodeId('Certificate', certificates.thumbprint(row)),
    ),
    thumbprints: some(certificates.length, (row) => certificates.thumbprint(row)),
    deviceIds: some(devices.length, (row) => devices.deviceId(row)),
    installationIds: some(installations.length, (row) =>
      encodeNodeId(
        'Installation',
        devices.deviceId(installations.deviceRow(row)),
        certificates.thumbprint(installations.certificateRow(row)),
        installations.path(row),
      ),
    ),
  };
}
