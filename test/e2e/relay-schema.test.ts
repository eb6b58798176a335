import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import {
  buildClientSchema,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getIntrospectionQuery,
  type IntrospectionQuery,
  isObjectType,
} from 'graphql';
import { encodeNodeId } from '../../src/graphql/node-id.ts';
import { type FixedTenant, startFixedTenant } from '../support/fixed-tenant.ts';
import { CONNECTION_FIELDS } from '../support/relay-connections.ts';

/** Missing values, ties, names in any form. */
const ODD_DATA = { seed: 7, quirks: 'all' } as const;

let tenant: FixedTenant;
let schema: GraphQLSchema;
before(async () => {
  tenant = await startFixedTenant(ODD_DATA);
  schema = buildClientSchema(await tenant.gateway.ask<IntrospectionQuery>(getIntrospectionQuery()));
});
after(() => tenant[Symbol.asyncDispose]());

const objectTypes = (): GraphQLObjectType[] => Object.values(schema.getTypeMap()).filter(isObjectType);

/** Field name → printed type. */
function printFields(type: GraphQLObjectType | GraphQLInterfaceType): Record<string, string> {
  return Object.fromEntries(
    Object.entries(type.getFields()).map(([name, field]) => [name, String(field.type)]),
  );
}

function printArguments(type: GraphQLObjectType, field: string): Record<string, string> {
  const given = type.getFields()[field]!.args;
  return Object.fromEntries(given.map((argument) => [argument.name, String(argument.type)]));
}

describe('the schema, by introspection', () => {
  it('has connections and edges of one shape', () => {
    const connections = objectTypes().filter(({ name }) => name.endsWith('Connection'));
    const types = [...new Set(CONNECTION_FIELDS.map(({ type }) => type))];
    assert.deepEqual(
      connections.map(({ name }) => name).sort(),
      types.map((type) => `${type}Connection`).sort(),
    );
    for (const type of types) {
      assert.deepEqual(printFields(schema.getType(`${type}Connection`) as GraphQLObjectType), {
        edges: `[${type}Edge!]!`,
        nodes: `[${type}!]!`,
        pageInfo: 'PageInfo!',
        totalCount: 'Int!',
      });
      assert.deepEqual(printFields(schema.getType(`${type}Edge`) as GraphQLObjectType), {
        cursor: 'String!',
        node: `${type}!`,
      });
    }
  });

  it('has the four fields of PageInfo', () => {
    assert.deepEqual(printFields(schema.getType('PageInfo') as GraphQLObjectType), {
      hasNextPage: 'Boolean!',
      hasPreviousPage: 'Boolean!',
      startCursor: 'String',
      endCursor: 'String',
    });
  });

  it('has no connection but those that are walked, each with both pairs of page arguments', () => {
    const fields = objectTypes().flatMap((type) =>
      Object.entries(printFields(type))
        .filter(([, printed]) => /Connection!?$/.test(printed))
        .map(([name, printed]) => ({ type, name, printed })),
    );
    assert.deepEqual(
      fields.map(({ type, name, printed }) => `${type.name}.${name}: ${printed}`).sort(),
      CONNECTION_FIELDS.map(
        ({ parent, field, type }) => `${parent}.${field}: ${type}Connection${parent === 'Query' ? '' : '!'}`,
      ).sort(),
    );
    for (const { type, name } of fields) {
      const { first, after, last, before } = printArguments(type, name);
      assert.deepEqual(
        [first, after, last, before],
        ['Int', 'String', 'Int', 'String'],
        `${type.name}.${name}`,
      );
    }
  });

  it('finds nodes by id, one or many', () => {
    assert.deepEqual(printFields(schema.getType('Node') as GraphQLInterfaceType), { id: 'ID!' });
    const query = schema.getQueryType()!;
    const { node, nodes } = printFields(query);
    assert.deepEqual([node, nodes], ['Node', '[Node]']);
    assert.deepEqual(printArguments(query, 'node'), { id: 'ID!' });
    assert.deepEqual(printArguments(query, 'nodes'), { ids: '[ID!]!' });
  });

  it('makes a node of every type that has an id', () => {
    const withId = objectTypes().filter((type) => type.getFields().id !== undefined);
    const nodes = schema.getPossibleTypes(schema.getType('Node') as GraphQLInterfaceType);
    assert.deepEqual(withId.map(({ name }) => name).sort(), nodes.map(({ name }) => name).sort());
  });
});

interface NodeAnswer {
  readonly id: string;
  readonly __typename: string;
}

/** A node of each type, wherever the graph shows one first. */
async function findNodes(): Promise<NodeAnswer[]> {
  const found = await tenant.gateway.ask<Record<string, { nodes: NodeAnswer[] } & NodeAnswer>>(`{
    certificates(first: 1) { nodes { id __typename } }
    devices(first: 1) { nodes { id __typename } }
    installations(first: 1) { nodes { id __typename } }
    rbacGroups(first: 1) { nodes { id __typename } }
    snapshot { id __typename }
    refresh { id __typename lastRun { id __typename } }
  }`);
  const { lastRun, ...refresh } = found.refresh as unknown as NodeAnswer & { lastRun: NodeAnswer };
  const rows = ['certificates', 'devices', 'installations', 'rbacGroups'].map(
    (root) => found[root]!.nodes[0]!,
  );
  return [...rows, found.snapshot!, refresh, lastRun];
}

describe('nodes', () => {
  it('are found again by their id, whatever their type', async () => {
    const nodes = await findNodes();
    const types = schema.getPossibleTypes(schema.getType('Node') as GraphQLInterfaceType);
    assert.deepEqual(
      nodes.map(({ __typename }) => __typename).sort(),
      types.map(({ name }) => name).sort(),
      'there is one of each type',
    );
    for (const node of nodes) {
      const again = await tenant.gateway.ask<{ node: NodeAnswer }>(
        'query ($id: ID!) { node(id: $id) { id __typename } }',
        { id: node.id },
      );
      assert.deepEqual(again.node, node);
    }
  });

  it('keep the order asked for and their duplicates, with null for those that do not exist', async () => {
    const found = await findNodes();
    const missing = encodeNodeId('Device', 'no such device');
    const wanted = [...found.toReversed(), null, ...found, null];
    const { nodes } = await tenant.gateway.ask<{ nodes: (NodeAnswer | null)[] }>(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }',
      { ids: wanted.map((node) => node?.id ?? missing) },
    );
    assert.deepEqual(nodes, wanted);
  });

  it('are refused for an id that was not issued', async () => {
    const [certificate] = await findNodes();
    const cut = certificate!.id.slice(0, -1);
    const one = await tenant.gateway.post('query ($id: ID!) { node(id: $id) { id } }', { id: cut });
    const many = await tenant.gateway.post('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: [certificate!.id, cut],
    });
    for (const [answer, argument] of [
      [one, 'id'],
      [many, 'ids.1'],
    ] as const) {
      const codes = answer.body.errors?.map(({ extensions }) => [extensions.code, extensions.argument]);
      assert.deepEqual(codes, [['BAD_USER_INPUT', argument]]);
    }
  });
});
