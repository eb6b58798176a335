/** An operation that is executed elsewhere has the answer that it would have had here, to the byte. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { ANONYMOUS_CALLER, type Caller } from '../../src/core/caller.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { DEFAULT_OPERATION_LIMITS } from '../../src/graphql/admission/limits.ts';
import { createOperationExecutor, type OperationExecutor } from '../../src/graphql/operation-executor.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { Snapshot } from '../../src/snapshot/snapshot.ts';
import { createHarness, IDLE, NOW_MS, SCHEMA_TEXT } from '../support/graphql-harness.ts';
import { createRandom } from '../support/random.ts';
import { drawOperation, writeSomehow } from '../support/random-operations.ts';
import { openSmallInventory } from '../support/small-inventory.ts';

const schema = createSchema(SCHEMA_TEXT);
const FILTERS = {
  CertificateFilter: [
    { keySize: { gt: 1024 } },
    { subject: { text: { contains: 'contoso' } } },
    { keySize: {} },
  ],
  DeviceFilter: [{ name: { startsWith: 'ws' } }, { installations: { none: { path: { contains: 'root' } } } }],
  InstallationFilter: [{ storeName: { eq: 'my' } }, { or: [] }],
};
const LIMITED: Caller = { ...ANONYMOUS_CALLER, id: 'limited', kind: 'USER', rbacGroupIds: ['12'] };
const POWERLESS: Caller = { ...LIMITED, rights: new Set() };

describe('an operation that is executed elsewhere', () => {
  let executor: OperationExecutor;
  before(async () => {
    executor = await createOperationExecutor({
      typeDefs: SCHEMA_TEXT,
      log: silentLogger,
      limits: DEFAULT_OPERATION_LIMITS,
      requestDeadlineMs: 0,
      snapshotExpiresAfterMs: 0,
    });
  });
  after(() => executor[Symbol.asyncDispose]());

  const here = openSmallInventory();
  const there = Snapshot.open(structuredClone(here.encoded));

  test('has the same data, errors and rows', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.constantFrom(ANONYMOUS_CALLER, LIMITED, POWERLESS),
        fc.boolean(),
        async (seed, caller, hasSnapshot) => {
          const draw = createRandom(seed).below;
          const { document, variables } = writeSomehow(draw, drawOperation(draw, schema, FILTERS));
          const snapshot = hasSnapshot ? here : null;
          await using harness = await createHarness({ snapshot, caller });
          // As they come by HTTP, and cross between threads.
          const plain = JSON.parse(JSON.stringify(variables));
          const expected = await harness.run(document, plain);
          const task = {
            text: document,
            operationName: null,
            variables: plain,
            caller,
            nowMs: NOW_MS,
            elapsedMs: 0,
            refreshStatus: IDLE,
            requestId: 'request-1',
          };
          // What comes again is executed in another way.
          for (const _time of ['first', 'second']) {
            const executed = structuredClone(
              await executor.execute(structuredClone(task), hasSnapshot ? there : null, () => false),
            );
            const text = executed.data === null ? undefined : new TextDecoder().decode(executed.data);
            assert.equal(text, JSON.stringify(expected.data));
            assert.deepEqual(JSON.parse(JSON.stringify(executed.errors)), expected.errors);
            assert.equal(executed.rows, expected.account.rows);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test('ends with its request', async () => {
    const text = '{ certificates(first: 1000) { nodes { installations { nodes { device { name } } } } } }';
    const task = { text, operationName: null, variables: {}, caller: ANONYMOUS_CALLER, nowMs: NOW_MS };
    const rest = { elapsedMs: 0, refreshStatus: IDLE, requestId: 'request-1' };
    const { errors, rows } = await executor.execute({ ...task, ...rest }, there, () => true);
    assert.deepEqual([errors[0]?.extensions?.code, rows], ['DEADLINE_EXCEEDED', 0]);
  });
});
