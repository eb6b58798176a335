import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { EXAMPLE_OPERATIONS } from '../../src/http/example-operations.ts';
import type { GraphServer } from '../support/graph-server.ts';
import { serveInventory } from '../support/served-inventory.ts';

let inventory: GraphServer;
before(async () => {
  inventory = await serveInventory();
});
after(() => inventory[Symbol.asyncDispose]());

for (const { name, document } of EXAMPLE_OPERATIONS) {
  test(`${name} finds something in an inventory that holds a case of it`, async () => {
    const response = await fetch(`${inventory.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: document }),
    });
    const { data, errors } = (await response.json()) as { data: Record<string, unknown>; errors?: unknown };
    assert.equal(errors, undefined);
    assert.equal(response.status, 200);
    for (const [root, value] of Object.entries(data)) {
      assert.notEqual(value, null, root);
      const { nodes } = value as { nodes?: readonly unknown[] };
      if (nodes !== undefined) assert.ok(nodes.length > 0, `${root} is empty`);
    }
  });
}

test('before the first snapshot data is refused with 503 and when to ask again, while the refresher answers', async () => {
  await using empty = await serveInventory(null);
  const ask = (query: string) =>
    fetch(`${empty.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
  const refused = await ask('{ certificates { totalCount } }');
  assert.equal(refused.status, 503);
  assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/);
  const body = (await refused.json()) as { extensions: unknown; errors: { extensions: { code: string } }[] };
  assert.equal(body.errors[0]?.extensions.code, 'SNAPSHOT_UNAVAILABLE');
  assert.deepEqual(body.extensions, { snapshot: null, cost: { computed: 3, limit: 200_000 } });
  assert.equal((await ask('{ certificates { totalCount } refresh { phase } }')).status, 200);
  assert.equal((await fetch(`${empty.url}/health/ready`)).status, 503);
  assert.equal((await fetch(`${empty.url}/health/live`)).status, 200);
});
