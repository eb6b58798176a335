import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startFixedTenant } from '../../support/fixed-tenant.ts';
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
    const folder = createTemporaryFolder(t);
    await cp(join(root, 'docs/recipes/generated-client'), folder, { recursive: true });
    await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
    await writeFile(join(folder, 'wrong.ts'), WRONG_USES);
    const env = { ...process.env, GATEWAY_URL: tenant.url };
    const node = (...args: readonly string[]) => run(process.execPath, args, { cwd: folder, env });
    await node('node_modules/@graphql-codegen/cli/esm/bin.js', '--config', 'codegen.yml');
    await node('node_modules/typescript/bin/tsc', '--project', '.');
    const { stdout } = await node('main.ts', String(DAYS));
    assert.deepEqual(toLines(stdout).map(firstWord), tenant.expiring(DAYS));
  });
});

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
