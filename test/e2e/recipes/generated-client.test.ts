import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startFixedTenant } from '../../support/fixed-tenant.ts';
import { createGraphqlClient } from '../../support/gateway.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/** Far enough for several pages of the client's twenty. */
const DAYS = 700;
/** Only for a test that would wait for ever. */
const options = { timeout: 120_000 };

describe('the recipe for a generated client', options, () => {
  it('is generated from the gateway, holds its types, and runs', async (t) => {
    await using tenant = await startFixedTenant();
    assert.ok(tenant.expiring(DAYS).length > 20, 'the tenant has more than one page');
    const { folder, node } = await generateClient(t, tenant.url);
    await writeFile(join(folder, 'wrong.ts'), WRONG_USES);
    await node(tenant.url, 'node_modules/typescript/bin/tsc', '--project', '.');
    const { stdout } = await node(tenant.url, 'main.ts', String(DAYS));
    assert.deepEqual(toLines(stdout).map(firstWord), tenant.expiring(DAYS));
  });

  it('runs by hashes alone, on a gateway that enforces the manifest generated with it', async (t) => {
    await using open = await startFixedTenant();
    const { folder, node } = await generateClient(t, open.url);
    await using enforcing = await startFixedTenant({
      quirks: 'none',
      settings: {
        OPERATIONS: 'enforce',
        OPERATIONS_MANIFEST: join(folder, 'gql/persisted-documents.json'),
      },
    });
    const byText = await createGraphqlClient(enforcing.url).post('{ __typename }');
    assert.equal(byText.body.errors?.[0]?.extensions.code, 'BAD_REQUEST');

    const page = await readFile(join(root, 'docs/recipes/generated-client.md'), 'utf8');
    const [, text = '', hash = ''] = /ask\.ts`, `([^`]+)` becomes\s`([^`]+)`/.exec(page) ?? [];
    const ask = await readFile(join(folder, 'ask.ts'), 'utf8');
    assert.ok(ask.includes(text) && text !== '', text);
    await writeFile(join(folder, 'ask.ts'), ask.replace(text, hash));
    await node(open.url, 'node_modules/typescript/bin/tsc', '--project', '.');
    const { stdout } = await node(enforcing.url, 'main.ts', String(DAYS));
    assert.deepEqual(toLines(stdout).map(firstWord), enforcing.expiring(DAYS));
  });
});

/** The client in a folder of its own, generated from the gateway at an address. */
async function generateClient(t: TestContext, url: string) {
  const folder = createTemporaryFolder(t);
  await cp(join(root, 'docs/recipes/generated-client'), folder, { recursive: true });
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
  const node = (gatewayUrl: string, ...args: readonly string[]) =>
    run(process.execPath, args, { cwd: folder, env: { ...process.env, GATEWAY_URL: gatewayUrl } });
  await node(url, 'node_modules/@graphql-codegen/cli/esm/bin.js', '--config', 'codegen.yml');
  return { folder, node };
}

/** Compiles only where each use is refused, and so proves that nothing has become `any`. */
const WRONG_USES = `
import { ask } from './ask.ts';
import { EXPIRING_SOON } from './operations.ts';
// @ts-expect-error: the type of a variable
const { certificates } = await ask('', EXPIRING_SOON, { days: '30', first: 1 });
// @ts-expect-error: a root may be null
certificates.totalCount;
// @ts-expect-error: a field that was not asked for
certificates?.nodes[0]?.issuer;
`;

const toLines = (text: string): string[] => text.trimEnd().split('\n');
const firstWord = (line: string): string => line.split(' ')[0]!;
