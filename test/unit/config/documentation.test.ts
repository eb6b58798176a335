import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { SETTINGS } from '../../../src/config/env.ts';

const document = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

/** Name and default of each row that begins with a variable in code quotes. */
const rows = [...document.matchAll(/^\| `([A-Z][A-Z_]+)` \| ([^|]+) \|/gm)].map(
  ([, variable = '', text = '']) => ({
    variable,
    defaultText: text.trim(),
  }),
);

/** Defaults that are no text of their own. */
const DESCRIBED: Readonly<Record<string, RegExp>> = {
  AZURE_TENANT_ID: /^required$/,
  AZURE_CLIENT_ID: /^required$/,
  DEFENDER_PAGE_HOSTS: /^host of `DEFENDER_API_URL`, `\*\.security\.microsoft\.com`/,
};

describe('docs/configuration.md', () => {
  it('has one row for each variable, and none for another', () => {
    const documented = rows.map(({ variable }) => variable).sort();
    const known = Object.values(SETTINGS).map(({ variable }) => variable);
    assert.deepEqual(documented, known.sort());
  });

  for (const definition of Object.values(SETTINGS)) {
    const { variable } = definition;
    it(`gives the default of ${variable}`, () => {
      const documented = rows.find((row) => row.variable === variable)?.defaultText ?? 'no row';
      const described = DESCRIBED[variable];
      if (described !== undefined) assert.match(documented, described);
      else
        assert.equal(documented, 'defaultText' in definition ? expectedText(definition.defaultText) : 'none');
    });
  }
});

function expectedText(defaultText: string): string {
  return `\`${defaultText}\``;
}
