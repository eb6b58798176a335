/** OPERATIONS: what callers can run of a whole gateway, in each mode, and what a broken manifest says at start. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { startProcess } from '../support/gateway-process.ts';
import { createLogCollector } from '../support/log-collector.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const PHASE = 'query Phase { refresh { phase } }';
const REFRESH = 'mutation Ask { refreshSnapshot { __typename } }';
const INTROSPECTION = '{ __schema { queryType { name } } }';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');
const persisted = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: hashOf(text) } });

async function writeManifest(t: TestContext, documents: readonly string[]): Promise<string> {
  const path = join(createTemporaryFolder(t), 'persisted-documents.json');
  await writeFile(
    path,
    JSON.stringify(Object.fromEntries(documents.map((text) => [`sha256:${hashOf(text)}`, text]))),
  );
  return path;
}

const createTenant = () => createSimulator({ devices: 2, recordsPerDevice: 2 });

async function serve(t: TestContext, tenant: Simulator, settings: Readonly<Record<string, string>>) {
  const { log, said } = createLogCollector();
  const gateway = await startGateway({
    tenant,
    settings: { OPERATIONS_MANIFEST: await writeManifest(t, [PHASE, REFRESH]), ...settings },
    overrides: { log },
  });
  return { gateway, said };
}

async function send({ url }: Gateway, body: unknown) {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const { data, errors } = (await response.json()) as {
    data?: unknown;
    errors?: { extensions: { code: string } }[];
  };
  return { status: response.status, data, code: errors?.[0]?.extensions.code };
}

async function get({ url }: Gateway, parameters: Readonly<Record<string, string>>) {
  const response = await fetch(`${url}/graphql?${new URLSearchParams(parameters)}`, {
    headers: { 'apollo-require-preflight': '1' },
  });
  return { status: response.status, body: (await response.json()) as { data?: unknown } };
}

describe('OPERATIONS=enforce', () => {
  it('runs the documents of the manifest by their hash, and refuses every text', async (t) => {
    await using tenant = await createTenant();
    const { gateway } = await serve(t, tenant, { OPERATIONS: 'enforce' });
    await using _gateway = gateway;
    for (const named of [
      { documentId: hashOf(PHASE) },
      { documentId: `sha256:${hashOf(PHASE)}`, operationName: 'Phase' },
      { extensions: persisted(PHASE) },
    ]) {
      const { status, data } = await send(gateway, named);
      assert.equal(status, 200);
      assert.ok((data as { refresh: { phase: string } }).refresh.phase);
    }
    const got = await get(gateway, { documentId: hashOf(PHASE) });
    assert.deepEqual([got.status, Object.keys(got.body.data ?? {})], [200, ['refresh']]);

    const refused = { status: 400, data: undefined };
    for (const text of [PHASE, INTROSPECTION, '{ __typename }', '{ nonsense', REFRESH]) {
      assert.deepEqual(await send(gateway, { query: text }), { ...refused, code: 'BAD_REQUEST' }, text);
      const registering = { query: text, extensions: persisted(text) };
      assert.deepEqual(await send(gateway, registering), { ...refused, code: 'BAD_REQUEST' });
    }
    const unknown = { ...refused, code: 'PERSISTED_QUERY_NOT_FOUND' };
    assert.deepEqual(await send(gateway, { extensions: persisted(INTROSPECTION) }), unknown);
    assert.deepEqual(await send(gateway, { documentId: hashOf(INTROSPECTION) }), unknown);
    assert.equal((await get(gateway, { query: PHASE })).status, 400);
    assert.equal((await get(gateway, { documentId: hashOf(REFRESH) })).status, 405, 'no mutation by GET');
    assert.equal((await fetch(gateway.url)).status, 404, 'no playground, which sends texts');
  });
});

describe('OPERATIONS=log', () => {
  it('runs everything, and logs what is not in the manifest, once', async (t) => {
    await using tenant = await createTenant();
    const { gateway, said } = await serve(t, tenant, { OPERATIONS: 'log' });
    await using _gateway = gateway;
    const sorted = 'query Phase {\n  refresh { __typename phase }\n}';
    const other = 'query Other($id: ID!) { node(id: $id) { id } }';
    for (const body of [
      { query: PHASE },
      { documentId: hashOf(PHASE) },
      { query: sorted },
      { query: other, variables: { id: 'secret-value' } },
      { query: other, variables: { id: 'secret-value' } },
      { query: other, extensions: persisted(other), variables: { id: 'secret-value' } },
      { query: '{ nonsense' },
    ]) {
      const { data, code } = await send(gateway, body);
      assert.equal(data === undefined, 'query' in body && body.query === '{ nonsense', code);
    }
    const lines = said()
      .split('\n')
      .filter((line) => line.includes('untrusted_operation'));
    assert.equal(lines.length, 1, lines.join('\n'));
    const { operationName, operationHash } = JSON.parse(lines[0]!);
    assert.deepEqual(
      { operationName, operationHash },
      { operationName: 'Other', operationHash: hashOf(other) },
    );
  });
});

describe('OPERATIONS=open with a manifest', () => {
  it('runs its documents by their hash, texts, and persisted queries that clients register', async (t) => {
    await using tenant = await createTenant();
    const { gateway } = await serve(t, tenant, {});
    await using _gateway = gateway;
    const text = '{ __typename }';
    const answer = { status: 200, data: { __typename: 'Query' }, code: undefined };
    assert.equal((await send(gateway, { documentId: hashOf(PHASE) })).status, 200);
    assert.equal((await send(gateway, { documentId: hashOf(text) })).code, 'PERSISTED_QUERY_NOT_FOUND');
    assert.equal((await send(gateway, { extensions: persisted(text) })).code, 'PERSISTED_QUERY_NOT_FOUND');
    assert.deepEqual(await send(gateway, { query: text, extensions: persisted(text) }), answer);
    // It is stored beside the answer, not before it.
    let byHash = await send(gateway, { extensions: persisted(text) });
    while (byHash.code !== undefined) byHash = await send(gateway, { extensions: persisted(text) });
    assert.deepEqual(byHash, answer);
  });
});

describe('a manifest that cannot be trusted', () => {
  it('ends the start, and names the file or the operation', async (t) => {
    const environment = {
      AZURE_TENANT_ID: '11111111-2222-3333-4444-555555555555',
      AZURE_CLIENT_ID: '66666666-7777-8888-9999-aaaaaaaaaaaa',
      AZURE_CLIENT_SECRET: 'hunter2',
      DATA_DIR: createTemporaryFolder(t),
      PORT: '0',
      OPERATIONS: 'enforce',
    };
    const gone = await writeManifest(t, [PHASE, 'query Gone { certificates { serial } }', 'query Broken {']);
    const missing = join(createTemporaryFolder(t), 'missing.json');
    for (const [path, lines] of [
      [
        gone,
        [
          'OPERATIONS_MANIFEST must be a manifest whose operation "Gone" can be run, but got: ' +
            '"Cannot query field \\"serial\\" on type \\"CertificateConnection\\"".',
          `OPERATIONS_MANIFEST must be a manifest whose operation "sha256:${hashOf('query Broken {')}" can be run, ` +
            'but got: "Syntax Error: Expected Name, found <EOF>".',
        ],
      ],
      [missing, [`OPERATIONS_MANIFEST must be a file that can be read, but got: "${missing}" (ENOENT).`]],
    ] as const) {
      await using process = startProcess([], { ...environment, OPERATIONS_MANIFEST: path });
      assert.equal(await process.exit, 78);
      for (const line of lines) assert.ok(process.stderr().includes(line), process.stderr());
    }
  });
});
