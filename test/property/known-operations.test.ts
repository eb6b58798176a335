/** Whether an operation came before makes no difference to its answer, nor to what is charged, logged and counted. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import pino from 'pino';
import { ANONYMOUS_CALLER } from '../../src/core/caller.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { DEFAULT_OPERATION_LIMITS } from '../../src/graphql/admission/limits.ts';
import { createServer } from '../../src/graphql/create-server.ts';
import type { OperationReport } from '../../src/graphql/operation-report.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createRequestRates } from '../../src/http/request-rates.ts';
import { createMemoryRates } from '../../src/storage/memory-rates.ts';
import { startGraphServer } from '../support/graph-server.ts';
import { SCHEMA_TEXT } from '../support/graphql-harness.ts';
import { PATIENT_CLOCK } from '../support/http-fixture.ts';
import { createRandom, type Random } from '../support/random.ts';
import { drawOperation, writeSomehow } from '../support/random-operations.ts';
import { openSmallInventory } from '../support/small-inventory.ts';

const schema = createSchema(SCHEMA_TEXT);
const snapshot = openSmallInventory();
const FILTERS = {
  CertificateFilter: [{ keySize: { gt: 1024 } }, { keySize: {} }],
  DeviceFilter: [{ name: { startsWith: 'ws' } }],
  InstallationFilter: [{ storeName: { eq: 'my' } }, { or: [] }],
};
const LIMITS = { requests: 1_000, cost: 2_000 };

/** A graph over HTTP, and all that it says of its requests beside the answers. */
async function serve(answersKnown: boolean) {
  const lines: Record<string, unknown>[] = [];
  const reports: OperationReport[] = [];
  let known = 0;
  const { apollo, answerKnown } = createServer({
    typeDefs: SCHEMA_TEXT,
    log: silentLogger,
    limits: { ...DEFAULT_OPERATION_LIMITS, maximumCost: 200 },
    onOperation: (report) => void reports.push(report),
  });
  const server = await startGraphServer({
    apollo,
    ...(answersKnown
      ? {
          answerKnown: async (...asked) => {
            const text = await answerKnown(...asked);
            if (text !== undefined) known += 1;
            return text;
          },
        }
      : {}),
    services: { findSnapshot: () => snapshot },
    http: {
      maximumCost: 200,
      identify: () => ({ ...ANONYMOUS_CALLER, id: 'user', kind: 'USER' }),
      openRates: createRequestRates({
        limiter: createMemoryRates({ limits: LIMITS, clock: PATIENT_CLOCK }),
        clock: PATIENT_CLOCK,
        onRefused: () => void lines.push({ refused: true }),
      }),
      log: pino(
        { base: null, timestamp: false },
        { write: (line: string) => void lines.push(JSON.parse(line)) },
      ),
    },
  });
  return {
    post: async (body: unknown, accept: string) => {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-request-id': 'request-1', accept },
        body: JSON.stringify(body),
      });
      const { date: _, ...headers } = Object.fromEntries(response.headers);
      return { status: response.status, headers, text: await response.text() };
    },
    /** Without what no two requests share. */
    told: () => ({
      lines: lines.map(({ durationMs: _, ...line }) => line),
      reports: reports.map(({ durationMs: _, ...report }) => report),
    }),
    known: () => known,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** A few documents that are asked for again and again, in every way that one may be named, right and wrong. */
function drawRequests(random: Random): readonly unknown[] {
  const documents = Array.from({ length: 3 }, () =>
    writeSomehow(random.below, drawOperation(random.below, schema, FILTERS)),
  );
  return Array.from({ length: 20 }, () => {
    const { document, variables } = random.pick(documents);
    const two = `query One { viewer { kind } } ${document.replace('query', 'query Two')}`;
    const sha256Hash = createHash('sha256').update(document).digest('hex');
    const persistedQuery = { version: 1, sha256Hash };
    return random.pick<unknown>([
      ...Array.from({ length: 8 }, () => ({ query: document, variables })),
      { query: document, variables, extensions: { clientLibrary: { name: 'any' } }, operationName: null },
      { query: two, variables, operationName: 'Two' },
      { query: two, operationName: random.pick(['One', 'Three', '', 7]) },
      { query: two },
      { query: document, variables: random.pick([[], 'none', { no: 'x', v0: { a: 1 } }]) },
      { query: document, variables, extensions: { persistedQuery } },
      { variables, extensions: { persistedQuery } },
      { variables, extensions: { persistedQuery: { ...persistedQuery, version: 2 } } },
      { query: '{ refresh { phase } certificates(first: 150) { nodes { id } } }' },
      {
        query: 'query ($first: Int) { devices(first: $first) { nodes { name } } }',
        variables: { first: random.below(250) },
      },
      { query: 'mutation { refreshSnapshot { status { phase } } }' },
      { query: '{ __schema { queryType { name } } }' },
    ]);
  });
}

describe('an operation that came before', () => {
  test('has the answer, the charge, the audit line and the report that it had', async () => {
    let known = 0;
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = createRandom(seed);
        await using shortened = await serve(true);
        await using whole = await serve(false);
        for (const body of drawRequests(random)) {
          const accept = random.pick(['application/json', 'application/graphql-response+json', '*/*']);
          assert.deepEqual(await shortened.post(body, accept), await whole.post(body, accept));
        }
        assert.deepEqual(shortened.told(), whole.told());
        known += shortened.known();
      }),
      { numRuns: 40 },
    );
    assert.ok(known > 80, `only ${known} of 800 requests were known`);
  });
});
