/**
 * Every connection of the schema as a test asks it over HTTP: by which field, of which parent, over which
 * filters. Orders are the schema's own. What a page must be is for the tests to say.
 */

import type { GraphqlAnswer, GraphqlClient, Variables } from './gateway.ts';

type RowType = 'Certificate' | 'Device' | 'Installation' | 'RbacGroup';

/** A connection field. */
export interface ConnectionField {
  readonly parent: 'Query' | RowType;
  readonly field: string;
  /** The type of its nodes. */
  readonly type: RowType;
}

/** In the order of the schema. */
export const CONNECTION_FIELDS: readonly ConnectionField[] = [
  { parent: 'Query', field: 'certificates', type: 'Certificate' },
  { parent: 'Query', field: 'installations', type: 'Installation' },
  { parent: 'Query', field: 'devices', type: 'Device' },
  { parent: 'Query', field: 'rbacGroups', type: 'RbacGroup' },
  { parent: 'Certificate', field: 'installations', type: 'Installation' },
  { parent: 'Certificate', field: 'devices', type: 'Device' },
  { parent: 'Device', field: 'installations', type: 'Installation' },
  { parent: 'Device', field: 'certificates', type: 'Certificate' },
  { parent: 'RbacGroup', field: 'devices', type: 'Device' },
  { parent: 'RbacGroup', field: 'certificates', type: 'Certificate' },
];

/** What a list may be narrowed to: absent, one field, a relation, a connective, a range of an order's values. */
export const FILTERS: Readonly<Record<RowType, readonly unknown[]>> = {
  Certificate: [
    undefined,
    { keySize: { ne: 2048 } },
    { installations: { some: { storeName: { in: ['Root', 'CA'] } } } },
    { not: { validity: { in: ['CURRENT'] } } },
    { validity: { expiresWithinDays: 900 } },
  ],
  Device: [
    undefined,
    { name: { contains: 's' } },
    { installations: { none: { storeName: { eq: 'WebHosting' } } } },
  ],
  Installation: [
    undefined,
    { certificate: { notAfter: { gte: '2027-01-01T00:00:00Z', isNull: false } } },
    { or: [{ storeName: { eq: 'My' } }, { device: { installationCount: { gt: 20 } } }] },
  ],
  RbacGroup: [undefined],
};

export interface PageVariables {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
  readonly filter?: unknown;
  readonly orderBy?: { readonly field: string; readonly direction?: string } | null | undefined;
}

export interface Page {
  readonly totalCount: number;
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
}

/** A connection field of one parent, ready to be asked. */
export interface RelayConnection extends ConnectionField {
  /** A page that must come without errors. */
  read(variables: PageVariables): Promise<Page>;
  /** The code and argument of the one error that must come instead of a page. */
  refuse(variables: PageVariables): Promise<{ readonly code: unknown; readonly argument: unknown }>;
}

/** The connection, of the parent that has the most to list. */
export async function openRelayConnection(
  client: GraphqlClient,
  connection: ConnectionField,
): Promise<RelayConnection> {
  const query = toPageQuery(connection);
  const parent = await findParent(client, connection.parent);
  const post = async (variables: PageVariables): Promise<GraphqlAnswer<Data>> =>
    client.post<Data>(query, { ...variables, ...parent });
  return {
    ...connection,
    async read(variables) {
      const { body } = await post(variables);
      const page = findPage(body.data);
      if (body.errors !== undefined || page === undefined)
        throw new Error(
          `a page must come, but got: ${JSON.stringify({ variables, ...body }).slice(0, 1_000)}`,
        );
      return page;
    },
    async refuse(variables) {
      const { body } = await post(variables);
      const [error, ...others] = body.errors ?? [];
      if (error === undefined || others.length > 0 || findPage(body.data) !== undefined)
        throw new Error(
          `one error must come, but got: ${JSON.stringify({ variables, ...body }).slice(0, 1_000)}`,
        );
      return { code: error.extensions.code, argument: error.extensions.argument };
    },
  };
}

interface Data {
  readonly connection?: Page | null;
  readonly parent?: { readonly connection?: Page } | null;
}

const findPage = (data: Data | undefined): Page | undefined =>
  data?.connection ?? data?.parent?.connection ?? undefined;

function toPageQuery({ parent, field, type }: ConnectionField): string {
  const hasChoices = type !== 'RbacGroup';
  const declared = hasChoices ? `, $filter: ${type}Filter, $orderBy: ${type}Order` : '';
  const passed = hasChoices ? ', filter: $filter, orderBy: $orderBy' : '';
  const page = `connection: ${field}(first: $first, after: $after, last: $last, before: $before${passed}) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { id } }
    nodes { id }
  }`;
  const isRoot = parent === 'Query';
  return `query Page($first: Int, $after: String, $last: Int, $before: String${declared}${isRoot ? '' : ', $parent: ID!'}) {
    ${isRoot ? page : `parent: node(id: $parent) { ... on ${parent} { ${page} } }`}
  }`;
}

/** The variables that name the parent: none for a root. */
async function findParent(client: GraphqlClient, type: ConnectionField['parent']): Promise<Variables> {
  if (type === 'Query') return {};
  const { certificates, devices, rbacGroups } = await client.ask<
    Record<string, { nodes: readonly { id: string; deviceCount?: number }[] }>
  >(`{
    certificates(first: 1, orderBy: { field: INSTALLATION_COUNT, direction: DESC }) { nodes { id } }
    devices(first: 1, orderBy: { field: INSTALLATION_COUNT, direction: DESC }) { nodes { id } }
    rbacGroups { nodes { id deviceCount } }
  }`);
  const groups = rbacGroups!.nodes.toSorted((left, right) => right.deviceCount! - left.deviceCount!);
  const rows = {
    Certificate: certificates!.nodes,
    Device: devices!.nodes,
    RbacGroup: groups,
    Installation: [],
  };
  return { parent: rows[type][0]?.id };
}
