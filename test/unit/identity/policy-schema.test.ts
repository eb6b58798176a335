import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { RIGHTS } from '../../../src/core/caller.ts';
import { parsePolicy } from '../../../src/identity/policy-file.ts';
import { createPolicyJsonSchema } from '../../../src/identity/policy-schema.ts';

const readDocument = (name: string) =>
  readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');

const PROVIDER = {
  issuer: 'https://idp.example/a',
  audiences: ['gateway'],
  keysUrl: 'https://idp.example/keys',
};
/** The tenant of docs/configuration.md. */
const TENANT = '11111111-2222-3333-4444-555555555555';

describe('docs/policy.schema.json', () => {
  const schema = JSON.parse(readDocument('policy.schema.json'));
  const matchesSchema = new Ajv2020({ strict: false }).compile(schema);

  it('is what the gateway reads the file by: npm run policy-schema writes it', () => {
    assert.deepEqual(schema, JSON.parse(JSON.stringify(createPolicyJsonSchema())));
    assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
  });

  it('and the gateway take the example', () => {
    const example = JSON.parse(readDocument('policy.example.json'));
    assert.equal(matchesSchema(example), true);
    assert.equal(
      parsePolicy(readDocument('policy.example.json'), [TENANT]).policy?.grants.length,
      example.grants.length,
    );
  });

  /** Rules between members, and what only a parser of URLs knows: a schema cannot have them. */
  const BEYOND_SCHEMA = /there once|one of the issuers|AUTH_TENANT_ID|that there can be/;

  it('takes what the gateway takes, and refuses what it refuses, but for what a schema cannot say', () => {
    const text = fc.constantFrom(
      'Reader',
      '4226',
      '',
      ' x',
      'y ',
      'a b',
      'a,b',
      '*',
      '\u00a0',
      'x'.repeat(257),
    );
    const url = fc.constantFrom(
      'https://idp.example/a',
      'http://idp.example/a',
      'http://127.0.0.1:80/k',
      'http://[::1]/',
      'https://a@b/',
      'https://idp.example/?q',
      'https://idp.example:65536/',
      'https://[::1',
      'https://idp.example:port/',
      'http://[::1]:99999/',
      'https://ïdp.example/',
      'https://login.microsoftonline.us/x/v2.0',
      'x',
    );
    const tenant = fc.constantFrom(
      TENANT,
      'ABCDEF00-0000-0000-0000-000000000000',
      'contoso.com',
      `{${TENANT}}`,
    );
    const maybe = <Value>(value: fc.Arbitrary<Value>) =>
      fc.oneof({ weight: 6, arbitrary: value }, { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 1 }) });
    const grant = fc.record(
      {
        role: maybe(text),
        scope: maybe(text),
        group: maybe(text),
        issuer: maybe(url),
        tenant: maybe(tenant),
        rights: maybe(fc.array(fc.constantFrom(...RIGHTS, 'Inventory.Write'), { maxLength: 3 })),
        rbacGroups: maybe(fc.oneof(fc.constant('*'), fc.array(text, { maxLength: 3 }))),
        other: fc.boolean(),
      },
      { requiredKeys: [] },
    );
    const issuer = fc.record(
      {
        issuer: maybe(url),
        audiences: maybe(fc.array(text, { maxLength: 2 })),
        keysUrl: maybe(url),
      },
      { requiredKeys: [] },
    );
    const file = fc.record(
      {
        $schema: maybe(text),
        grants: maybe(fc.array(maybe(grant), { maxLength: 2 })),
        issuers: maybe(fc.array(maybe(issuer), { maxLength: 2 })),
      },
      { requiredKeys: ['grants'] },
    );
    const plainGrant = fc.record(
      {
        role: text,
        tenant,
        issuer: fc.constant(PROVIDER.issuer),
        rights: fc.subarray([...RIGHTS]),
        rbacGroups: fc.oneof(fc.constant('*'), fc.array(text, { maxLength: 2 })),
      },
      { requiredKeys: ['role', 'rights', 'rbacGroups'] },
    );
    const plainFile = fc.record({
      grants: fc.array(plainGrant, { maxLength: 2 }),
      issuers: fc.constant([PROVIDER]),
    });
    let accepted = 0;
    fc.assert(
      fc.property(fc.oneof(file, plainFile), (document) => {
        const { policy, faults = [] } = parsePolicy(JSON.stringify(document), [TENANT]);
        const isStructural = faults.some(({ rule }) => !BEYOND_SCHEMA.test(rule));
        if (policy !== undefined) accepted += 1;
        assert.equal(
          matchesSchema(JSON.parse(JSON.stringify(document))),
          !isStructural,
          JSON.stringify(faults),
        );
      }),
      { numRuns: 2_000 },
    );
    assert.ok(accepted > 100, `only ${accepted} documents were good`);
  });
});
