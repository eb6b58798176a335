import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createHarness } from '../../support/graphql-harness.ts';

const NONE = { find: () => undefined, hasWordsOf: () => false };

test('logs at most a thousand operations that are not expected, and says when it stops', async () => {
  await using harness = await createHarness({ expectedDocuments: NONE });
  const longName = 'N'.repeat(500);
  await harness.run(`query ${longName} { __typename }`);
  for (let index = 0; index < 1_005; index += 1) await harness.run(`{ a${index}: __typename }`);
  const events = harness.log.lines.map(({ fields }) => fields.event);
  assert.equal(events.filter((event) => event === 'untrusted_operation').length, 1_000);
  assert.deepEqual(events.slice(-2), ['untrusted_operation', 'untrusted_operations_uncounted']);
  assert.equal(harness.log.lines[0]?.fields.operationName, 'N'.repeat(128));
});
