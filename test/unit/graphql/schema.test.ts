import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  buildSchema,
  defaultFieldResolver,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { createSchema } from '../../../src/graphql/schema.ts';
import { listBreakingChanges } from '../../../tools/check-schema-breaking.ts';
import { SCHEMA_TEXT } from '../../support/graphql-harness.ts';

const schema = createSchema(SCHEMA_TEXT);
const types = Object.values(schema.getTypeMap()).filter(({ name }) => !name.startsWith('__'));

describe('the executable schema', () => {
  it('prints as the schema file reads', () => {
    const print = (given: typeof schema) => printSchema(lexicographicSortSchema(given));
    assert.equal(print(schema), print(buildSchema(SCHEMA_TEXT)));
  });

  it('has a resolver of its own for every field', () => {
    const without = types.flatMap((type) =>
      isObjectType(type)
        ? Object.values(type.getFields())
            .filter(({ resolve }) => resolve === undefined || resolve === defaultFieldResolver)
            .map(({ name }) => `${type.name}.${name}`)
        : [],
    );
    assert.deepEqual(without, []);
  });

  it('describes every type, field, argument and value', () => {
    const undescribed: string[] = [];
    const check = (name: string, description: string | null | undefined) => {
      if (!description || description.length < 4) undescribed.push(name);
    };
    for (const type of types) {
      if (['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name)) continue;
      check(type.name, type.description);
      if (isEnumType(type)) {
        for (const value of type.getValues()) check(`${type.name}.${value.name}`, value.description);
      }
      if (isInputObjectType(type) || isObjectType(type) || isInterfaceType(type)) {
        for (const field of Object.values(type.getFields())) {
          check(`${type.name}.${field.name}`, field.description);
          if (!('args' in field)) continue;
          for (const argument of field.args) {
            check(`${type.name}.${field.name}(${argument.name})`, argument.description);
          }
        }
      }
    }
    assert.deepEqual(undescribed, []);
  });

  it('refuses a text that lacks what the resolvers are made for', () => {
    assert.throws(
      () => createSchema(SCHEMA_TEXT.replace('  keySize: Int\n', '  keyLength: Int\n')),
      /Certificate\.keySize/,
    );
    assert.throws(() => createSchema('type Query {'), /Syntax Error/);
  });
});

describe('the check for breaking changes', () => {
  it('lists what would break clients, and nothing else', () => {
    assert.deepEqual(listBreakingChanges(SCHEMA_TEXT, SCHEMA_TEXT), []);
    assert.deepEqual(
      listBreakingChanges(
        SCHEMA_TEXT,
        SCHEMA_TEXT.replace('type PageInfo {', 'type PageInfo {\n  more: Int\n'),
      ),
      [],
    );
    assert.deepEqual(
      listBreakingChanges(SCHEMA_TEXT, SCHEMA_TEXT.replace('  endCursor: String\n', '  cursor: String\n')),
      ['FIELD_REMOVED: PageInfo.endCursor was removed.'],
    );
  });
});
