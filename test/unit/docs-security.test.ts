/** What docs/security.md says is shown by a test is shown by one: the file is there, and has what is quoted from it. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), 'utf8');

/** `path`: "title", "title" … of each row of the tables whose last column is headed "shown by". */
function readReferences(
  text: string,
): { readonly check: string; readonly path: string; readonly title: string }[] {
  const references: { check: string; path: string; title: string }[] = [];
  let isTable = false;
  for (const line of text.split('\n')) {
    if (!line.startsWith('|')) isTable = false;
    else if (line.endsWith('| shown by |')) isTable = true;
    else if (isTable && !line.startsWith('| ---')) {
      const [check = '', , shown = ''] = line.slice(2, -2).split(' | ');
      const before = references.length;
      for (const [, path = '', titles = ''] of shown.matchAll(/`(test\/[^`]+)`: ((?:"[^"]+"(?:, )?)+)/g)) {
        for (const [, title = ''] of titles.matchAll(/"([^"]+)"/g)) references.push({ check, path, title });
      }
      assert.ok(references.length > before, `${check} must name a test, but has: ${shown}`);
    }
  }
  return references;
}

test('every check of docs/security.md names tests that are there', () => {
  const references = readReferences(read('docs/security.md'));
  assert.ok(references.length >= 50, `${references.length} references`);
  for (const { check, path, title } of references) {
    assert.ok(read(path).includes(title), `${check}: "${title}" must be in ${path}`);
  }
});
