import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute, GraphQLError, type GraphQLSchema, getVariableValues, parse } from 'graphql';
import { findCoercionFault } from '../../../src/graphql/coercion-faults.ts';
import { createSchema } from '../../../src/graphql/schema.ts';
import { SCHEMA_TEXT } from '../../support/graphql-harness.ts';

const schema: GraphQLSchema = createSchema(SCHEMA_TEXT);

const DATE_TIME_RULE = 'be an RFC 3339 instant in the years 0001 to 9999, such as "2026-11-23T08:15:30Z"';

/** What graphql-js itself says of variables. */
function refuse(declarations: string, variables: Record<string, unknown>, maxErrors = 20) {
  const [operation] = parse(`query (${declarations}) { __typename }`).definitions;
  assert.ok(operation?.kind === 'OperationDefinition');
  const { errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables, { maxErrors });
  assert.ok(errors !== undefined);
  return errors;
}

function factsOf(error: unknown) {
  const fault = findCoercionFault(error);
  assert.ok(fault !== undefined, String(error));
  assert.equal(fault.code, 'BAD_USER_INPUT');
  const { argument, rule, value } = fault;
  return { argument, rule, value };
}

describe('a variable that does not fit its type', () => {
  const filter = '$filter: CertificateFilter';
  const cases: readonly (readonly [
    name: string,
    declarations: string,
    variables: Record<string, unknown>,
    facts: ReturnType<typeof factsOf>,
  ])[] = [
    [
      'of a wrong type',
      '$first: Int',
      { first: 1.5 },
      { argument: 'first', rule: 'Int cannot represent non-integer value: 1.5', value: '1.5' },
    ],
    [
      'of a wrong type deep inside',
      filter,
      { filter: { and: [{}, { keySize: { gt: 'large' } }] } },
      {
        argument: 'filter.and.1.keySize.gt',
        rule: 'Int cannot represent non-integer value: "large"',
        value: '"large"',
      },
    ],
    [
      'with a value that looks like a path and a rule',
      '$first: Int',
      { first: '1 at "first.a.b"; be nothing' },
      {
        argument: 'first',
        rule: 'Int cannot represent non-integer value: "1 at \\"first.a.b\\"; be nothing"',
        value: '"1 at \\"first.a.b\\"; be nothing"',
      },
    ],
    [
      'with a name that is no enum value',
      '$validity: [Validity!]',
      { validity: ['CURRENT', 'GONE'] },
      { argument: 'validity.1', rule: 'Value "GONE" does not exist in "Validity" enum.', value: '"GONE"' },
    ],
    [
      'with a text that is no instant, in words that fit behind must',
      filter,
      { filter: { notAfter: { lt: 'soon' } } },
      { argument: 'filter.notAfter.lt', rule: DATE_TIME_RULE, value: '"soon"' },
    ],
    [
      'with a field that is not defined',
      filter,
      { filter: { serialNumbre: 'x' } },
      {
        argument: 'filter',
        rule: 'Field "serialNumbre" is not defined by type "CertificateFilter". Did you mean "serialNumber"?',
        value: '{ serialNumbre: "x" }',
      },
    ],
    [
      'with null in a list that takes none',
      '$in: [String!]',
      { in: ['a', null] },
      { argument: 'in.1', rule: 'Expected non-nullable type "String!" not to be null.', value: 'null' },
    ],
    [
      'that is missing',
      '$thumbprint: String!',
      {},
      { argument: 'thumbprint', rule: 'be given', value: 'undefined' },
    ],
    [
      'that must not be null',
      '$thumbprint: String!',
      { thumbprint: null },
      { argument: 'thumbprint', rule: 'not be null', value: 'null' },
    ],
  ];
  for (const [name, declarations, variables, facts] of cases) {
    it(`is told by path, rule and value: one ${name}`, () => {
      const [error] = refuse(declarations, variables);
      assert.deepEqual(factsOf(error), facts);
      assert.equal(findCoercionFault(error)?.message, error?.message);
    });
  }

  it('is one fault of all variables when there are too many', () => {
    const error = refuse('$in: [String!]', { in: [1, 2, 3] }, 2).at(-1);
    assert.deepEqual(factsOf(error), {
      argument: 'variables',
      rule: 'be values of their types',
      value: 'more faults than are listed',
    });
  });

  it('is told in bounded length, however long its value, its names and its path', () => {
    const long = 'x'.repeat(100_000);
    let deep: Record<string, unknown> = { keySize: { gt: 'large' } };
    for (let depth = 0; depth < 500; depth += 1) deep = { not: deep };
    for (const [declarations, variables] of [
      ['$x: Int', { x: long }],
      ['$x: DateTime', { x: long }],
      ['$x: Validity', { x: long }],
      [filter.replace('filter', 'x'), { x: { [long]: 1 } }],
      [filter.replace('filter', 'x'), { x: deep }],
    ] as const) {
      const fault = findCoercionFault(refuse(declarations, variables)[0]);
      const { argument, rule, value } = factsOf(refuse(declarations, variables)[0]);
      assert.ok(String(fault?.message).length <= 900, declarations);
      assert.ok(String(argument).length <= 300 && String(rule).length <= 300 && String(value).length <= 100);
      assert.match(String(argument), /^x/);
    }
  });
});

describe('an argument that does not fit its type', () => {
  /** What graphql-js says of arguments when it executes what it has not validated. */
  const executed = async (query: string, variableValues: Record<string, unknown> = {}) => {
    const { errors } = await execute({ schema, document: parse(query), variableValues, contextValue: {} });
    return errors?.[0];
  };

  it('is told by name, rule and value', async () => {
    const given = async (query: string, variables?: Record<string, unknown>) =>
      factsOf(await executed(query, variables));
    assert.deepEqual(await given('{ certificate { id } }'), {
      argument: 'thumbprint',
      rule: 'be given',
      value: 'undefined',
    });
    assert.deepEqual(await given('query ($t: String) { certificate(thumbprint: $t) { id } }'), {
      argument: 'thumbprint',
      rule: 'be given',
      value: 'undefined',
    });
    assert.deepEqual(
      await given('query ($t: String = "x") { certificate(thumbprint: $t) { id } }', { t: null }),
      { argument: 'thumbprint', rule: 'not be null', value: 'null' },
    );
    assert.deepEqual(await given('{ certificates(first: "a.\\n.") { totalCount } }'), {
      argument: 'first',
      rule: 'be a value of its type',
      value: '"a.\\n."',
    });
  });
});

it('finds no fault of the caller in anything else', () => {
  for (const error of [
    null,
    new Error('Variable "$a" of required type "Int!" was not provided.'),
    new GraphQLError('Cannot return null for non-nullable field Certificate.thumbprint.'),
    new GraphQLError('Unknown operation named "B".'),
  ]) {
    assert.equal(findCoercionFault(error), undefined);
  }
});
