/** Who may read the documents beside the graph. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ANONYMOUS_CALLER, type Caller, type Right } from '../../src/core/caller.ts';
import { CallerRefusedError } from '../../src/core/caller-refused.ts';
import { createHttpFixture } from '../support/http-fixture.ts';

/** A caller with the rights that its "token" lists, and after a semicolon the groups that it is limited to. */
function identify(authorization: string | undefined): Caller {
  if (authorization === undefined) {
    throw new CallerRefusedError('UNAUTHENTICATED', 'who?', { reason: 'TOKEN_MISSING' });
  }
  const [names = '', groups] = authorization.slice('Bearer '.length).split(';');
  const rights = new Set(names.split(',') as Right[]);
  const rbacGroupIds = groups?.split(',').filter((id) => id !== '') ?? null;
  return { ...ANONYMOUS_CALLER, id: 'somebody', kind: 'USER', rights, rbacGroupIds };
}

const READER = { authorization: 'Bearer Inventory.Read' };
const OPERATOR = { authorization: 'Bearer Inventory.Operate' };

const PROXIED = { 'x-forwarded-for': '203.0.113.7' };

describe('/schema.graphql', () => {
  it('is for callers who are granted anything', async () => {
    await using fixture = await createHttpFixture({ http: { identify } });
    const refused = await fetch(`${fixture.url}/schema.graphql`);
    assert.equal(refused.status, 401);
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer realm="defender-certificate-gateway"');
    assert.equal(refused.headers.get('cache-control'), 'no-store');
    assert.deepEqual(await refused.json(), { code: 'UNAUTHENTICATED', message: 'who?' });
    const allowed = await fetch(`${fixture.url}/schema.graphql`, { headers: READER });
    assert.equal(allowed.status, 200);
    assert.match(await allowed.text(), /type Query/);
  });
});

describe('/metrics', () => {
  it('is open to this machine itself', async () => {
    await using fixture = await createHttpFixture({ http: { identify } });
    assert.equal((await fetch(`${fixture.url}/metrics`)).status, 200);
  });

  it('is not open to this machine where a proxy on it is trusted', async () => {
    await using fixture = await createHttpFixture({ http: { identify, trustedProxies: ['127.0.0.1'] } });
    assert.equal((await fetch(`${fixture.url}/metrics`)).status, 401);
  });

  it('is for operators otherwise', async () => {
    await using fixture = await createHttpFixture({ http: { identify } });
    const ask = (headers: Record<string, string>) =>
      fetch(`${fixture.url}/metrics`, { headers: { ...PROXIED, ...headers } });
    const refused = await ask(READER);
    assert.deepEqual([refused.status, refused.headers.get('cache-control')], [403, 'no-store']);
    assert.equal(
      refused.headers.get('www-authenticate'),
      'Bearer realm="defender-certificate-gateway", error="insufficient_scope"',
    );
    assert.match(((await refused.json()) as { message: string }).message, /Inventory\.Operate/);
    assert.equal((await ask(OPERATOR)).status, 200);
    const lines = fixture.logLines().filter(({ event }) => event === 'caller_refused');
    assert.deepEqual(
      lines.map(({ code, right }) => [code, right]),
      [['FORBIDDEN', 'Inventory.Operate']],
    );
  });

  for (const [token, status] of [
    ['Inventory.Operate,Inventory.Read', 200],
    // The policy knows no groups of a caller who reads nothing.
    ['Inventory.Operate;', 200],
    ['Inventory.Operate,Inventory.Read;', 403],
    ['Inventory.Operate,Inventory.Read;4226', 403],
  ] as const) {
    it(`tells of the whole tenant: ${status} with ${token}`, async () => {
      await using fixture = await createHttpFixture({ http: { identify } });
      const headers = { ...PROXIED, authorization: `Bearer ${token}` };
      const response = await fetch(`${fixture.url}/metrics`, { headers });
      assert.equal(response.status, status);
      if (status === 200) return;
      assert.match(((await response.json()) as { message: string }).message, /tells of the whole inventory/);
      assert.deepEqual(
        fixture
          .logLines()
          .filter(({ event }) => event === 'caller_refused')
          .map(({ code, right }) => [code, right]),
        [['FORBIDDEN', 'Inventory.Read of all RBAC groups']],
      );
    });
  }

  it('is refused by HEAD as by GET', async () => {
    await using fixture = await createHttpFixture({ http: { identify } });
    const { status } = await fetch(`${fixture.url}/metrics`, { method: 'HEAD', headers: PROXIED });
    assert.equal(status, 401);
  });
});

describe('what says nothing of the inventory', () => {
  for (const path of ['/health/live', '/health/ready', '/']) {
    it(`${path} is open`, async () => {
      await using fixture = await createHttpFixture({ http: { identify, playground: true } });
      assert.equal((await fetch(`${fixture.url}${path}`)).status, 200);
    });
  }
});

describe('where callers are not identified', () => {
  it('everybody may read both, by a proxy too', async () => {
    await using fixture = await createHttpFixture();
    for (const path of ['/metrics', '/schema.graphql']) {
      assert.equal((await fetch(`${fixture.url}${path}`, { headers: PROXIED })).status, 200);
    }
  });
});
