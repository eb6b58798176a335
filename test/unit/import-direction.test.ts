import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));

interface Violation {
  readonly from: string;
  readonly to: string;
  readonly rule: { readonly name: string };
}

interface Cruise {
  readonly modules: readonly { readonly source: string }[];
  readonly summary: { readonly violations: readonly Violation[]; readonly totalCruised: number };
}

function cruise(folder: string): Cruise {
  const command = join(root, 'node_modules/.bin/depcruise');
  const args = [
    command,
    'src',
    '--config',
    '.dependency-cruiser.mjs',
    '--output-type',
    'json',
    '--preserve-symlinks',
  ];
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    maxBuffer: 2 ** 28,
    encoding: 'utf8',
  });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Cruise;
}

/** Forbidden imports: the importing file, what it imports, and the rule that must refuse it. */
const PLANTED: readonly (readonly [from: string, specifier: string, rule: string])[] = [
  ['core/planted.ts', '../snapshot/format.ts', 'imports-of-core'],
  ['core/planted.ts', 'zod', 'libraries-of-core-refresh-and-serving'],
  ['config/planted.ts', '../http/etag.ts', 'imports-of-config'],
  ['telemetry/planted.ts', '../snapshot/snapshot.ts', 'imports-of-telemetry'],
  ['snapshot/planted.ts', '../refresh/failure.ts', 'imports-of-snapshot'],
  ['snapshot/planted.ts', '../core/clock.ts', 'pure-snapshot'],
  ['snapshot/planted.ts', 'graphql', 'pure-snapshot'],
  ['snapshot/planted.ts', 'node:fs', 'pure-snapshot-of-node'],
  ['snapshot/planted.ts', 'node:timers/promises', 'pure-snapshot-of-node'],
  ['defender/planted.ts', '../snapshot/builder.ts', 'imports-of-defender'],
  ['defender/planted.ts', '../config/config.ts', 'imports-of-defender'],
  ['defender/planted.ts', 'keyv', 'users-of-keyv|@keyv/redis|@redis/client'],
  ['identity/planted.ts', '../http/etag.ts', 'imports-of-identity'],
  ['identity/planted.ts', '../defender/retry.ts', 'imports-of-identity'],
  ['http/planted.ts', 'jose', 'users-of-jose'],
  ['storage/planted.ts', '../snapshot/snapshot.ts', 'imports-of-storage'],
  ['storage/planted.ts', '../defender/retry.ts', 'imports-of-storage'],
  ['refresh/planted.ts', '../defender/retry.ts', 'imports-of-refresh'],
  ['refresh/planted.ts', 'undici', 'users-of-undici|@azure/msal-node'],
  ['serving/planted.ts', '../refresh/failure.ts', 'imports-of-serving'],
  ['serving/planted.ts', '../http/etag.ts', 'imports-of-serving'],
  ['serving/planted.ts', 'pino', 'libraries-of-core-refresh-and-serving'],
  ['graphql/planted.ts', '../refresh/failure.ts', 'imports-of-graphql'],
  ['graphql/planted.ts', '../serving/main-thread.ts', 'imports-of-graphql'],
  ['graphql/planted.ts', 'fastify', 'users-of-fastify|@fastify/[^/]+|helmet|@graphql-yoga/[^/]+'],
  ['graphql/planted.ts', 'helmet', 'users-of-fastify|@fastify/[^/]+|helmet|@graphql-yoga/[^/]+'],
  ['http/planted.ts', '../snapshot/format.ts', 'imports-of-http'],
  ['http/planted.ts', 'prom-client', 'users-of-prom-client'],
  ['http/planted.ts', 'dataloader', 'users-of-graphql|dataloader|@graphql-tools/[^/]+'],
  ['http/planted.ts', '@apollo/server', 'users-of-@apollo/server'],
  ['http/planted.ts', 'pino-abstract-transport', 'no-unlisted-library'],
  ['http/planted.ts', 'fast-check', 'no-development-library'],
  ['http/planted.ts', './nowhere.ts', 'no-unresolved-import'],
  ['http/planted.ts', '../../test/support/raw-http.ts', 'no-tests-in-source'],
  ['simulator/planted.ts', '../defender/retry.ts', 'imports-of-simulator'],
  ['app-planted.ts', './simulator/planted.ts', 'composition-without-simulator'],
  ['main.ts', './http/etag.ts', 'imports-of-main'],
  ['main.ts', 'ora', 'no-development-library'],
];

test('the source keeps to the import table, and all of it is looked at', () => {
  const { modules, summary } = cruise(root);
  const ours = modules.filter(({ source }) => source.startsWith('src/'));
  assert.ok(ours.length > 100, `only ${ours.length} modules were cruised`);
  assert.deepEqual(
    summary.violations.map(({ from, to, rule }) => `${rule.name}: ${from} -> ${to}`),
    [],
  );
});

test('every kind of forbidden import is refused by the rule made for it', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'import-direction-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const path of [
    'src',
    'test/support/raw-http.ts',
    'package.json',
    'tsconfig.json',
    '.dependency-cruiser.mjs',
  ]) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  for (const from of new Set(PLANTED.map(([file]) => file))) {
    const lines = PLANTED.filter(([file]) => file === from).map(
      ([, specifier]) => `import '${specifier}';\n`,
    );
    writeFileSync(join(folder, 'src', from), lines.join(''));
  }
  writeFileSync(join(folder, 'src/http/circle.ts'), "import './circle-too.ts';\n");
  writeFileSync(join(folder, 'src/http/circle-too.ts'), "import './circle.ts';\n");
  writeFileSync(join(folder, 'src/http/lonely.ts'), 'export const lonely = true;\n');

  const { violations } = cruise(folder).summary;
  const refused = (file: string, rule: string, hint: string) =>
    violations.some((one) => one.from === `src/${file}` && one.rule.name === rule && one.to.includes(hint));
  for (const [from, specifier, rule] of PLANTED) {
    const hint = specifier.replace(/^(?:\.\.?\/)+|^node:/g, '');
    assert.ok(refused(from, rule, hint), `${from} imports ${specifier}, and ${rule} says nothing`);
  }
  assert.ok(refused('http/circle-too.ts', 'no-cycle', 'circle.ts'));
  assert.ok(refused('http/lonely.ts', 'no-orphan', ''));
});
