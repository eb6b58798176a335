import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { createHarness, type Harness } from '../support/graphql-harness.ts';
import { inventory, openRecords } from '../support/inventories.ts';
import { EXPIRED, openSmallInventory, ROOT, WORKSTATION } from '../support/small-inventory.ts';

/** Each connection: how to reach it, what it can be ordered by, a filter, and what names a row. */
const CONNECTIONS = [
  {
    field: 'certificates',
    orders: [
      'THUMBPRINT',
      'NOT_AFTER',
      'NOT_BEFORE',
      'SUBJECT',
      'ISSUER',
      'KEY_SIZE',
      'DEVICE_COUNT',
      'INSTALLATION_COUNT',
    ],
    filters: [
      '{}',
      '{ keySize: { ne: 2048 } }',
      '{ installations: { none: { storeName: { eq: "root" } } } }',
    ],
  },
  {
    field: 'devices',
    orders: ['DEVICE_ID', 'NAME', 'CERTIFICATE_COUNT', 'INSTALLATION_COUNT'],
    filters: ['{}', '{ name: { contains: "a" } }'],
  },
  {
    field: 'installations',
    orders: ['DEVICE_ID', 'NOT_AFTER', 'PATH'],
    filters: ['{}', '{ device: { name: { isNull: false } } }'],
  },
  { field: 'rbacGroups', orders: [null], filters: [null] },
] as const;

const ARGUMENTS = 'first: $first, after: $after, last: $last, before: $before';

interface PageVariables {
  readonly first?: number;
  readonly after?: string;
  readonly last?: number;
  readonly before?: string;
}
interface Connection {
  readonly edges: readonly { readonly cursor: string; readonly node: { readonly id: string } }[];
  readonly nodes: readonly { readonly id: string }[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number;
}

function toQuery(field: string, order: string | null, filter: string | null, direction: string): string {
  const choices =
    order === null ? '' : `, filter: ${filter}, orderBy: { field: ${order}, direction: ${direction} }`;
  return `query ($first: Int, $after: String, $last: Int, $before: String) {
    ${field}(${ARGUMENTS}${choices}) {
      edges { cursor node { id } } nodes { id } totalCount
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }`;
}

/** A way to page through one connection, as variables in, page out. */
function pagerOf(harness: Harness, field: string, query: string) {
  return async (variables: PageVariables): Promise<Connection> =>
    (await harness.ask(query, { ...variables }))[field];
}

const idsOf = ({ nodes }: Connection): string[] => nodes.map(({ id }) => id);

describe('connections', () => {
  it('walked in either direction give the whole list, over any order and filter', async () => {
    await fc.assert(
      fc.asyncProperty(
        inventory,
        fc.constantFrom(...CONNECTIONS).chain(({ field, orders, filters }) =>
          fc
            .tuple(
              fc.constantFrom<string | null>(...orders),
              fc.constantFrom<string | null>(...filters),
              fc.constantFrom('ASC', 'DESC'),
            )
            .map(([order, filter, direction]) => ({
              field,
              query: toQuery(field, order, filter, direction),
            })),
        ),
        fc.integer({ min: 1, max: 4 }),
        async (records, { field, query }, size) => {
          await using harness = await createHarness({ snapshot: openRecords(records) });
          const page = pagerOf(harness, field, query);
          const whole = await page({ first: 1_000 });
          const ids = idsOf(whole);
          assert.equal(whole.totalCount, ids.length);
          assert.equal(new Set(ids).size, ids.length);

          const forward: string[] = [];
          for (let after: string | null | undefined; after !== null; ) {
            const { edges, pageInfo, ...rest }: Connection = await page({
              first: size,
              ...(after === undefined ? {} : { after }),
            });
            assert.equal(rest.totalCount, ids.length);
            assert.equal(pageInfo.hasPreviousPage, forward.length > 0 && ids.length > 0);
            forward.push(...edges.map(({ node }) => node.id));
            assert.equal(pageInfo.hasNextPage, forward.length < ids.length);
            assert.equal(pageInfo.endCursor, edges.at(-1)?.cursor ?? null);
            after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
          }
          assert.deepEqual(forward, ids);

          let backward: string[] = [];
          for (let before: string | null | undefined; before !== null; ) {
            const { nodes, pageInfo }: Connection = await page({
              last: size,
              ...(before === undefined ? {} : { before }),
            });
            assert.equal(pageInfo.hasNextPage, backward.length > 0 && ids.length > 0);
            backward = [...nodes.map(({ id }) => id), ...backward];
            assert.equal(pageInfo.hasPreviousPage, backward.length < ids.length);
            before = pageInfo.hasPreviousPage ? pageInfo.startCursor : null;
          }
          assert.deepEqual(backward, ids);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('cut by both cursors give what lies between them', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const page = pagerOf(harness, 'installations', toQuery('installations', 'PATH', '{}', 'DESC'));
    const { edges } = await page({});
    const cursorAt = (index: number): string => edges[index]!.cursor;
    const between = await page({ after: cursorAt(1), before: cursorAt(5), last: 2 });
    assert.deepEqual(
      idsOf(between),
      edges.slice(3, 5).map(({ node }) => node.id),
    );
    assert.deepEqual([between.pageInfo.hasPreviousPage, between.pageInfo.hasNextPage], [true, true]);
    assert.deepEqual(idsOf(await page({ after: cursorAt(5), before: cursorAt(1), first: 10 })), []);
  });

  it('of size zero are empty, with null cursors and a true count', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    for (const { field, orders, filters } of CONNECTIONS) {
      const page = pagerOf(harness, field, toQuery(field, orders[0], filters[0], 'ASC'));
      for (const size of [{ first: 0 }, { last: 0 }]) {
        const { edges, nodes, pageInfo, totalCount } = await page(size);
        assert.deepEqual([edges, nodes, pageInfo.startCursor, pageInfo.endCursor], [[], [], null, null]);
        assert.ok(totalCount > 0);
        assert.equal(pageInfo.hasNextPage, 'first' in size);
        assert.equal(pageInfo.hasPreviousPage, 'last' in size);
      }
    }
  });

  it('take a cursor across filters, and across a refresh that took its row away', async () => {
    const cursorQuery =
      '{ certificates(first: 2, orderBy: { field: NOT_AFTER }) { pageInfo { endCursor } } }';
    await using before = await createHarness({ snapshot: openSmallInventory() });
    const { certificates } = await before.ask(cursorQuery);
    const next = `query ($after: String) {
      certificates(after: $after, orderBy: { field: NOT_AFTER }, filter: { notAfter: { isNull: false } }) {
        nodes { thumbprint }
      }
    }`;
    const rest = { certificates: { nodes: [{ thumbprint: 'AA'.repeat(20) }] } };
    assert.deepEqual(await before.ask(next, { after: certificates.pageInfo.endCursor }), rest);
    const smaller = openRecords(
      [ROOT, EXPIRED].map((certificate) => ({
        certificate,
        device: WORKSTATION,
        path: certificate.thumbprint,
      })),
    );
    await using after = await createHarness({ snapshot: smaller });
    assert.deepEqual(await after.ask(next, { after: certificates.pageInfo.endCursor }), rest);
  });

  it('order ascending and from the start unless told otherwise; null is the same as absent', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const answer = await harness.ask(`{
      plain: devices { nodes { deviceId } }
      nulls: devices(first: null, after: null, last: null, before: null, filter: null, orderBy: null) { nodes { deviceId } }
      direction: devices(orderBy: { field: DEVICE_ID, direction: null }) { nodes { deviceId } }
      descending: devices(orderBy: { field: DEVICE_ID, direction: DESC }) { nodes { deviceId } }
      names: devices(orderBy: { field: NAME, direction: DESC }) { nodes { name } }
    }`);
    const expected = ['a1', 'b2', 'c3'].map((byte) => ({ deviceId: byte.repeat(20) }));
    assert.deepEqual(answer.plain.nodes, expected);
    assert.deepEqual(answer.nulls.nodes, expected);
    assert.deepEqual(answer.direction.nodes, expected);
    assert.deepEqual(answer.descending.nodes, expected.toReversed());
    assert.deepEqual(
      answer.names.nodes.map(({ name }: { name: string | null }) => name),
      ['WS-1.contoso.example', 'srv-1', null],
    );
  });

  it('of a certificate, a device and a group are cut, filtered and ordered like those of the fleet', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const answer = await harness.ask(`{
      certificate(thumbprint: "${'AA'.repeat(20)}") {
        installations(first: 1, filter: { storeName: { eq: "root" } }, orderBy: { field: DEVICE_ID, direction: DESC }) {
          totalCount nodes { device { name } } pageInfo { hasNextPage }
        }
        devices(filter: { name: { startsWith: "WS" } }) { totalCount nodes { name } }
      }
      device(deviceId: "${'a1'.repeat(20)}") {
        installations(last: 1) { nodes { storeName } }
        certificates(orderBy: { field: KEY_SIZE }) { nodes { keySize } }
      }
      rbacGroups(first: 1) {
        nodes {
          certificates(filter: { validity: { in: [EXPIRED] } }) { nodes { thumbprint } }
          devices(orderBy: { field: NAME }) { totalCount }
        }
      }
    }`);
    assert.deepEqual(answer, {
      certificate: {
        installations: {
          totalCount: 2,
          nodes: [{ device: { name: 'srv-1' } }],
          pageInfo: { hasNextPage: true },
        },
        devices: { totalCount: 1, nodes: [{ name: 'WS-1.contoso.example' }] },
      },
      device: {
        installations: { nodes: [{ storeName: 'My' }] },
        certificates: { nodes: [{ keySize: 1024 }, { keySize: 4096 }] },
      },
      rbacGroups: {
        nodes: [{ certificates: { nodes: [{ thumbprint: 'DD'.repeat(20) }] }, devices: { totalCount: 1 } }],
      },
    });
  });
});
