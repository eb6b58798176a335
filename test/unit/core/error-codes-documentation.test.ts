import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { CLIENT_ERROR_CODES, SERVICE_ERROR_CODES, UPSTREAM_ERROR_CODES } from '../../../src/core/errors.ts';

const document = readFileSync(new URL('../../../docs/errors.md', import.meta.url), 'utf8');
const rows = [...document.matchAll(/^\| `([A-Z_]+)` \|(.*)\|$/gm)];

it('docs/errors.md has one row for each code, in the order of the code, and none for another', () => {
  const documented = rows.map(([, code]) => code);
  const known = [...CLIENT_ERROR_CODES, ...UPSTREAM_ERROR_CODES, ...SERVICE_ERROR_CODES];
  assert.deepEqual(documented, known);
});

it('docs/errors.md says of each code when, who fixes it, and whether to retry', () => {
  for (const [, code, rest = ''] of rows) {
    const cells = rest.split('|').map((cell) => cell.trim());
    assert.equal(cells.length, 3, code);
    assert.ok(
      cells.every((cell) => cell !== ''),
      code,
    );
  }
});
