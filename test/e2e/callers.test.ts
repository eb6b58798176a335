/** A real process that identifies callers: what it refuses to start with, and a policy that changes while it runs. */

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it, type TestContext } from 'node:test';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';
import { OPEN_POLICY, startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';

const READ_ONLY = { grants: [{ scope: 'access', rights: ['Inventory.Read'], rbacGroups: '*' }] };
const QUERY = JSON.stringify({ query: '{ __typename }' });

let tenant: Simulator;
let issuer: TokenIssuer;

before(async () => {
  tenant = await createSimulator({ devices: 3 });
  issuer = await startTokenIssuer();
});

after(async () => {
  await issuer[Symbol.asyncDispose]();
  await tenant[Symbol.asyncDispose]();
});

async function start(
  t: TestContext,
  policy: unknown,
  settings: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess & { readonly dataDir: string }> {
  const dataDir = join(createTemporaryFolder(t), 'data');
  const gateway = startProcess([], {
    ...tenant.environment,
    ...(await issuer.environment(policy)),
    DATA_DIR: dataDir,
    PORT: '0',
    ...settings,
  });
  t.after(() => gateway[Symbol.asyncDispose]());
  return { ...gateway, dataDir };
}

/** By a connection of its own, so that any thread may get it. */
async function ask(url: string, authorization?: string): Promise<number> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      connection: 'close',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: QUERY,
  });
  await response.text();
  return response.status;
}

const statusesOf = async (url: string, authorization: string, count: number) =>
  new Set(await Promise.all(Array.from({ length: count }, () => ask(url, authorization))));

describe('a gateway that identifies callers', () => {
  it('lets in who has a token and a grant, and writes no token into its log', async (t) => {
    const gateway = await start(t, OPEN_POLICY, { LOG_LEVEL: 'trace' });
    const url = await gateway.waitForUrl();
    const good = await issuer.authorization();
    const bad = await issuer.authorization({ aud: 'another' });
    assert.deepEqual([await ask(url), await ask(url, bad), await ask(url, good)], [401, 401, 200]);
    assert.equal((await fetch(`${url}/schema.graphql`)).status, 401);
    const metrics = await (await fetch(`${url}/metrics`)).text();
    assert.match(metrics, /authentication_failures_total\{reason="AUDIENCE_WRONG"\} 1/);
    assert.match(metrics, /authentication_failures_total\{reason="TOKEN_MISSING"\} 2/);
    gateway.kill('SIGTERM');
    assert.equal(await gateway.exit, 0);
    assert.match(gateway.stdout(), /"reason":"AUDIENCE_WRONG"/);
    for (const token of [good, bad]) {
      for (const part of token.slice('Bearer '.length).split('.').slice(1)) {
        assert.equal(gateway.stdout().includes(part) || gateway.stderr().includes(part), false);
      }
    }
  });

  it('does not start with a bad policy: exit code 78, every fault by its place, nothing touched', async (t) => {
    const gateway = await start(t, { grants: [{ rights: ['Write'] }] });
    assert.equal(await gateway.exit, 78);
    assert.match(gateway.stderr(), /AUTH_POLICY_FILE must be .*grants\[0\] must name exactly one of/);
    assert.match(gateway.stderr(), /grants\[0\]\.rights\[0\] must be one of .*got: "Write"/);
    assert.throws(() => readdirSync(gateway.dataDir), { code: 'ENOENT' });
  });

  it('does not start with a grant for a tenant that it does not accept: exit code 78, and which', async (t) => {
    const tenant = '00000000-0000-0000-0000-00000000000A';
    const gateway = await start(t, { grants: [{ ...READ_ONLY.grants[0], tenant }] });
    assert.equal(await gateway.exit, 78);
    assert.match(
      gateway.stderr(),
      new RegExp(`grants\\[0\\]\\.tenant must be one of .* AUTH_TENANT_ID, but got: "${tenant}"`),
    );
  });

  it('does not start without the file: exit code 78, and which it was', async (t) => {
    const gateway = await start(t, OPEN_POLICY, { AUTH_POLICY_FILE: '/nowhere/policy.json' });
    assert.equal(await gateway.exit, 78);
    assert.match(gateway.stderr(), /"\/nowhere\/policy\.json" \(ENOENT\)/);
  });

  it('starts while the key endpoint is away, and answers 503 until it is there', async (t) => {
    issuer.answerWith(500);
    t.after(() => issuer.answerWith(200));
    const gateway = await start(t, OPEN_POLICY);
    const url = await gateway.waitForUrl();
    assert.equal(await ask(url, await issuer.authorization()), 503);
    await gateway.waitFor(/"event":"signing_keys_unreadable"/);
  });

  for (const workers of ['1', '2']) {
    it(`with WORKERS=${workers} reads its policy again on SIGHUP, and keeps it when the new one is bad`, async (t) => {
      const gateway = await start(t, OPEN_POLICY, { WORKERS: workers });
      const url = await gateway.waitForUrl();
      const authorization = await issuer.authorization();
      assert.deepEqual(await statusesOf(url, authorization, 16), new Set([200]));

      await issuer.writePolicy({ grants: [{ scope: 'other', rights: ['Inventory.Read'], rbacGroups: '*' }] });
      assert.deepEqual(await statusesOf(url, authorization, 16), new Set([200]), 'nobody has said so yet');
      gateway.kill('SIGHUP');
      await gateway.waitFor(/"event":"policy_loaded","grants":1/);
      assert.deepEqual(await statusesOf(url, authorization, 16), new Set([403]));

      await issuer.writePolicy('{ "grants": [');
      gateway.kill('SIGHUP');
      await gateway.waitFor(/"event":"policy_refused".*JSON/);
      assert.deepEqual(await statusesOf(url, authorization, 16), new Set([403]));

      await issuer.writePolicy({ ...READ_ONLY, grants: [...READ_ONLY.grants, ...READ_ONLY.grants] });
      gateway.kill('SIGHUP');
      await gateway.waitFor(/"event":"policy_loaded","grants":2/);
      assert.deepEqual(await statusesOf(url, authorization, 16), new Set([200]));
      gateway.kill('SIGTERM');
      assert.equal(await gateway.exit, 0);
    });
  }
});
