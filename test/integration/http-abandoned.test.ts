import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createHttpFixture } from '../support/http-fixture.ts';

test('a request knows when its caller has gone, and not before', async () => {
  const entered = Promise.withResolvers<void>();
  const held = Promise.withResolvers<string>();
  await using fixture = await createHttpFixture({
    slow: () => {
      entered.resolve();
      return held.promise;
    },
  });
  const caller = new AbortController();
  const answer = fetch(`${fixture.url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ slow }' }),
    signal: caller.signal,
  });
  await entered.promise;
  const isAbandoned = fixture.calls[0]?.isAbandoned;
  assert.ok(isAbandoned);
  await nextTurn();
  assert.equal(isAbandoned(), false);
  caller.abort();
  await assert.rejects(answer, { name: 'AbortError' });
  while (!isAbandoned()) await nextTurn();
  held.resolve('to nobody');
});
