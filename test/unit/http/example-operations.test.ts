import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildSchema, Kind, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values.js';
import { EXAMPLE_OPERATIONS } from '../../../src/http/example-operations.ts';

const schema = buildSchema(readFileSync(new URL('../../../schema.graphql', import.meta.url), 'utf8'));

test('there are at least twelve examples, each under a name of its own', () => {
  assert.ok(EXAMPLE_OPERATIONS.length >= 12);
  assert.equal(new Set(EXAMPLE_OPERATIONS.map(({ name }) => name)).size, EXAMPLE_OPERATIONS.length);
});

for (const { name, description, document } of EXAMPLE_OPERATIONS) {
  test(`${name} is valid by the schema, and runs without variables`, () => {
    const parsed = parse(document);
    assert.deepEqual(validate(schema, parsed), []);
    const [operation] = parsed.definitions;
    assert.ok(operation?.kind === Kind.OPERATION_DEFINITION && parsed.definitions.length === 1);
    assert.equal(operation.name?.value, name);
    assert.equal(getVariableValues(schema, operation.variableDefinitions ?? [], {}).errors, undefined);
  });

  test(`${name} says in a few sentences what it answers`, () => {
    assert.match(description, /^[A-Z].{20,300}[.?]$/);
  });
}
