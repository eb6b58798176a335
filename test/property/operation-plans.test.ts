/** A plan gives the data that graphql-js would, to the byte, and the same errors. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { execute, getVariableValues, type OperationDefinitionNode, parse } from 'graphql';
import { ANONYMOUS_CALLER, type Caller } from '../../src/core/caller.ts';
import type { ExecutedData } from '../../src/graphql/execution/executed-data.ts';
import { planOperation } from '../../src/graphql/execution/operation-plan.ts';
import { hasRootData } from '../../src/graphql/root-data.ts';
import { createSchema } from '../../src/graphql/schema.ts';
import { createHarness, SCHEMA_TEXT } from '../support/graphql-harness.ts';
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

describe('the plan of an operation', () => {
  test('gives the data, errors, rows and batches of graphql-js', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.constantFrom(ANONYMOUS_CALLER, LIMITED, POWERLESS),
        fc.option(fc.integer({ min: 0, max: 60 })),
        async (seed, caller, endsAfter) => {
          const draw = createRandom(seed).below;
          const { document: text, variables: given } = writeSomehow(
            draw,
            drawOperation(draw, schema, FILTERS),
          );
          const document = parse(text);
          const operation = document.definitions[0] as OperationDefinitionNode;
          const plan = planOperation(schema, document, operation);
          assert.ok(plan !== undefined);
          const variableValues = JSON.parse(JSON.stringify(given));
          const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues);
          assert.ok(coerced !== undefined);

          const open = async () => {
            let looks = 0;
            return createHarness({
              snapshot: openSmallInventory(),
              caller,
              isAbandoned: () => {
                looks += 1;
                return endsAfter !== null && looks > endsAfter;
              },
            });
          };
          await using theirs = await open();
          const theirContext = theirs.createContext();
          const expected = await execute({ schema, document, variableValues, contextValue: theirContext });
          // The second time with what was worked out for the first.
          for (let time = 0; time < 2; time += 1) {
            await using ours = await open();
            const context = ours.createContext();
            const executed: ExecutedData | undefined = await plan.execute(context, coerced);
            assert.ok(executed);
            assert.equal(executed.data ?? 'null', JSON.stringify(expected.data));
            assert.deepEqual(
              executed.errors.map((error) => error.toJSON()),
              (expected.errors ?? []).map((error) => error.toJSON()),
            );
            assert.equal(executed.hasRootData, hasRootData(expected.data));
            assert.equal(context.account.rows, theirContext.account.rows);
            // Who has ended looks nothing up any more; whether that comes to a batch is a matter of turns.
            if (endsAfter === null) assert.deepEqual(ours.batches, theirs.batches);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});
