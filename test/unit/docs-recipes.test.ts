import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const pages = globSync('docs/recipes/*.md', { cwd: root }).sort();

interface ShownFile {
  readonly page: string;
  /** Absent where a block of code does not follow the name of a file. */
  readonly path: string | undefined;
  readonly code: string;
}

/** The blocks of code, each with the path above it; what one types into a terminal is a `console` block. */
function findShownFiles(page: string): ShownFile[] {
  const blocks = read(page).matchAll(/(?:^`([^`\n]+)`:\n\n)?^```(\w*)\n([\s\S]*?)^```$/gm);
  return [...blocks]
    .filter(([, , language]) => language !== 'console')
    .map(([, path, , code]) => ({ page, path, code: code! }));
}

const shown = pages.flatMap(findShownFiles);

test('every block of code in a recipe is a file, as it is', () => {
  assert.ok(shown.length > 10, `only ${shown.length} blocks were found`);
  for (const { page, path, code } of shown) {
    assert.ok(path !== undefined, `${page} shows code without a file:\n${code}`);
    assert.equal(code, read(path), `${page} shows another ${path} than there is`);
  }
});

test('every file of a recipe is shown, once, on its page', () => {
  const files = globSync('docs/recipes/*/**/*.*', { cwd: root }).sort();
  assert.deepEqual(shown.map(({ path }) => path).sort(), files);
  for (const { page, path } of shown) {
    assert.ok(path!.startsWith(`${page.slice(0, -'.md'.length)}/`), `${page} shows ${path}`);
  }
});

test('every recipe is in the list', () => {
  const listed = [...read('docs/recipes/README.md').matchAll(/\]\(([a-z-]+\.md)\)/g)].map(
    ([, name]) => name!,
  );
  assert.deepEqual(
    listed.map((name) => `docs/recipes/${name}`).sort(),
    pages.filter((page) => !page.endsWith('README.md')),
  );
});

test('every step of adding a field names the files that it is about', () => {
  const steps = read('docs/recipes/add-a-field.md').match(/^\d+\. .*$/gm) ?? [];
  assert.ok(steps.length > 20, `only ${steps.length} steps were found`);
  assert.deepEqual(
    steps.filter((step) => !/^\d+\. `[^`]+`/.test(step)),
    [],
  );
});
