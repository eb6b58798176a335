import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const source = fileURLToPath(new URL('../../src/', import.meta.url));

/** What would make src/snapshot depend on time or wait for something. */
const IMPURE = new Set([
  'Promise',
  'async',
  'await',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
  'Date.now',
  'new Date()',
]);

/** Names of globals that a file uses, and `async`, `await`, `Date.now`, `new Date()` where they stand. */
function findUses(text: string): Set<string> {
  const uses = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isPropertyName(node)) uses.add(node.text);
    if (ts.isPropertyAccessExpression(node)) uses.add(node.getText());
    if (node.kind === ts.SyntaxKind.AsyncKeyword) uses.add('async');
    if (ts.isAwaitExpression(node)) uses.add('await');
    if (ts.isNewExpression(node) && node.expression.getText() === 'Date' && !node.arguments?.length)
      uses.add('new Date()');
    if (ts.isImportDeclaration(node) && /^['"]node:process/.test(node.moduleSpecifier.getText()))
      uses.add('process');
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('file.ts', text, ts.ScriptTarget.Latest, true));
  return uses;
}

function isPropertyName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    (ts.isPropertySignature(parent) && parent.name === node) ||
    (ts.isMethodSignature(parent) && parent.name === node)
  );
}

function listFiles(folder: string): string[] {
  const files = readdirSync(join(source, folder), { recursive: true, encoding: 'utf8' });
  return files.filter((file) => file.endsWith('.ts')).map((file) => join(folder, file));
}

test('finds what it looks for, and not its namesakes', () => {
  assert.ok(findUses('export const a = process.env.A;').has('process'));
  assert.ok(findUses("import { env } from 'node:process';").has('process'));
  assert.ok(findUses('const t = Date.now();').has('Date.now'));
  assert.ok(findUses('const t = new Date();').has('new Date()'));
  assert.ok(findUses('async function a() { await b; }').has('await'));
  const namesakes = findUses('const a = { process: 1 }; a.process; new Date(0); // process.exit()');
  assert.equal(namesakes.has('process') || namesakes.has('new Date()'), false);
});

test('only src/main.ts touches the process', () => {
  const files = listFiles('.');
  assert.ok(files.length > 100, `only ${files.length} files were read`);
  const users = files.filter((file) => findUses(readFileSync(join(source, file), 'utf8')).has('process'));
  assert.deepEqual(
    users.filter((file) => file !== 'main.ts'),
    [],
  );
});

test('src/snapshot knows no time and waits for nothing', () => {
  const faults = listFiles('snapshot').flatMap((file) =>
    [...findUses(readFileSync(join(source, file), 'utf8'))]
      .filter((use) => IMPURE.has(use))
      .map((use) => `${file}: ${use}`),
  );
  assert.deepEqual(faults, []);
});
