import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import {
  ApolloClient,
  ApolloLink,
  gql,
  InMemoryCache,
  type ObservableQuery,
  type TypedDocumentNode,
} from '@apollo/client';
import { filter, firstValueFrom, of } from 'rxjs';
import {
  type ExpiringSoon,
  loadMore,
  watchExpiringSoon,
} from '../../../docs/recipes/apollo-client/certificates.ts';
import { createClient } from '../../../docs/recipes/apollo-client/client.ts';
import { findErrorCodes } from '../../../docs/recipes/apollo-client/errors.ts';
import { loadPossibleTypes } from '../../../docs/recipes/apollo-client/possible-types.ts';
import { createSnapshotLink } from '../../../docs/recipes/apollo-client/snapshot-link.ts';
import { type FixedTenant, startFixedTenant } from '../../support/fixed-tenant.ts';
import { serveInventory } from '../../support/served-inventory.ts';

/** Far enough for several pages of five. */
const DAYS = 700;
const PAGE_SIZE = 5;
/** Only for a test that would wait for ever. */
const options = { timeout: 60_000 };

const FOREIGN_CURSOR = '{ certificates(after: "AAAA") { nodes { id } } }';
const SNAPSHOT = '{ snapshot { id revision } }';

let tenant: FixedTenant;
before(async () => {
  tenant = await startFixedTenant();
  assert.ok(tenant.expiring(DAYS).length > 2 * PAGE_SIZE, 'the tenant has more than two pages');
});
after(() => tenant[Symbol.asyncDispose]());

describe('the recipe for Apollo Client', options, () => {
  it('knows from the schema which types stand behind an interface', async () => {
    const { Node = [], RefreshSnapshotResult = [], ...others } = await loadPossibleTypes(tenant.url);
    assert.deepEqual(others, {});
    assert.deepEqual(RefreshSnapshotResult.toSorted(), [
      'RefreshAlreadyRunning',
      'RefreshRateLimited',
      'RefreshStarted',
    ]);
    assert.deepEqual(Node.toSorted(), [
      'Certificate',
      'Device',
      'Installation',
      'RbacGroup',
      'RefreshRun',
      'RefreshStatus',
      'Snapshot',
    ]);
  });

  it('joins the pages of a list', async (t) => {
    const client = await startApollo(t, tenant.url);
    const list = watch(t, client, DAYS);
    assert.equal(await countPages(client, list), Math.ceil(tenant.expiring(DAYS).length / PAGE_SIZE));
    const { certificates } = await list.whenComplete();
    assert.deepEqual(thumbprintsOf({ certificates }), tenant.expiring(DAYS));
    assert.equal(certificates?.totalCount, tenant.expiring(DAYS).length);
  });

  it('keeps the lists of two filters apart', async (t) => {
    const client = await startApollo(t, tenant.url);
    const near = watch(t, client, 60);
    const far = watch(t, client, DAYS);
    await near.whenComplete();
    await countPages(client, far);
    assert.deepEqual(thumbprintsOf(await near.whenComplete()), tenant.expiring(60).slice(0, PAGE_SIZE));
    assert.deepEqual(thumbprintsOf(await far.whenComplete()), tenant.expiring(DAYS));
  });

  it('puts together what two operations ask of one name', async (t) => {
    const client = await startApollo(t, tenant.url);
    const [thumbprint] = tenant.expiring(DAYS);
    const ask = (fields: string, fetchPolicy: 'network-only' | 'cache-only' = 'network-only') =>
      client.query<{ certificate: { subject: object } }>({
        query: gql`query ($thumbprint: String!) {
          certificate(thumbprint: $thumbprint) { id subject { ${fields} } }
        }`,
        variables: { thumbprint },
        fetchPolicy,
      });
    await ask('displayName');
    await ask('text');
    const { data } = await ask('displayName text', 'cache-only');
    assert.deepEqual(Object.keys(data!.certificate.subject).sort(), ['__typename', 'displayName', 'text']);
  });

  it('matches a fragment on an interface', async (t) => {
    const client = await startApollo(t, tenant.url);
    const { data } = await client.query<{ certificate: { id?: string } }>({
      query: gql`query ($thumbprint: String!) {
        certificate(thumbprint: $thumbprint) { ...Identity }
      }
      fragment Identity on Node { id }`,
      variables: { thumbprint: tenant.expiring(DAYS)[0] },
    });
    assert.equal(typeof data?.certificate.id, 'string');
  });

  it('joins edges, while nodes are those of the last page, and takes no notice of the page size', async (t) => {
    const client = await startApollo(t, tenant.url);
    const query: TypedDocumentNode<{ devices: { edges: object[]; nodes: object[] } }> = gql`
      query ($first: Int, $after: String) {
        devices(first: $first, after: $after) { edges { node { id } } nodes { id } pageInfo { endCursor } }
      }`;
    const list = client.watchQuery({ query, variables: { first: 4 } });
    const subscription = list.subscribe(() => {});
    t.after(() => subscription.unsubscribe());
    const first = await firstValueFrom(list.pipe(filter(({ dataState }) => dataState === 'complete')));
    const { pageInfo } = (first.data as unknown as { devices: { pageInfo: { endCursor: string } } }).devices;
    await list.fetchMore({ variables: { first: 3, after: pageInfo.endCursor } });
    const { devices } = client.readQuery({ query, variables: { first: 1 } })!;
    assert.deepEqual([devices.edges.length, devices.nodes.length], [7, 3]);
  });

  it('reads its lists anew, from the first page, once an answer comes from another snapshot', async (t) => {
    await using later = await startFixedTenant();
    const client = await startApollo(t, later.url);
    const list = watch(t, client, DAYS);
    await countPages(client, list);
    await later.publishNextExport();
    const expected = later.expiring(DAYS).slice(0, PAGE_SIZE);
    assert.notDeepEqual(expected, tenant.expiring(DAYS).slice(0, PAGE_SIZE));
    await client.query({ query: gql(SNAPSHOT), fetchPolicy: 'network-only' });
    const data = await list.whenComplete((data) => data.certificates?.edges.length === PAGE_SIZE);
    assert.deepEqual(thumbprintsOf(data), expected);
  });

  it('is told of a snapshot that is new, not of the first one, nor of one seen before', async () => {
    const ids = ['first', 'first', 'second', 'first', 'second'];
    let news = 0;
    const answers = new ApolloLink(() => of({ data: {}, extensions: { snapshot: { id: ids.shift() } } }));
    const link = createSnapshotLink(() => {
      news += 1;
    }).concat(answers);
    const client = new ApolloClient({ cache: new InMemoryCache(), link });
    const told: number[] = [];
    while (ids.length > 0) {
      await client.query({ query: gql(SNAPSHOT), fetchPolicy: 'no-cache' });
      told.push(news);
    }
    assert.deepEqual(told, [0, 0, 1, 1, 1]);
  });

  it('tells the codes of errors, whatever the HTTP status', async (t) => {
    const client = await startApollo(t, tenant.url);
    await assert.rejects(client.query({ query: gql(FOREIGN_CURSOR) }), (error) => {
      assert.deepEqual(findErrorCodes(error), ['BAD_USER_INPUT']);
      return true;
    });
    const partial = await client.query<{ devices: null; snapshot: object }>({
      query: gql('{ devices(first: -1) { totalCount } snapshot { id } }'),
      errorPolicy: 'all',
    });
    assert.deepEqual(findErrorCodes(partial.error), ['BAD_USER_INPUT']);
    assert.equal(typeof partial.data?.snapshot, 'object');
    await using empty = await serveInventory(null);
    const early = createClient(empty.url, {});
    t.after(() => early.stop());
    await assert.rejects(early.query({ query: gql('{ devices { totalCount } }') }), (error) => {
      assert.deepEqual(findErrorCodes(error), ['SNAPSHOT_UNAVAILABLE']);
      return true;
    });
    assert.deepEqual(findErrorCodes(new TypeError('fetch failed')), []);
  });
});

async function startApollo(t: TestContext, url: string): Promise<ApolloClient> {
  const client = createClient(url, await loadPossibleTypes(url));
  t.after(() => client.stop());
  return client;
}

interface WatchedList {
  readonly query: ReturnType<typeof watchExpiringSoon>;
  /** The list, as soon as it is all there and as wanted. */
  whenComplete(isWanted?: (data: ExpiringSoon) => boolean): Promise<ExpiringSoon>;
}

/** A list that is on screen until the test ends. */
function watch(t: TestContext, client: ApolloClient, days: number): WatchedList {
  const query = watchExpiringSoon(client, days, PAGE_SIZE);
  const subscription = query.subscribe(() => {});
  t.after(() => subscription.unsubscribe());
  return {
    query,
    async whenComplete(isWanted = () => true) {
      const result = await firstValueFrom(
        query.pipe(
          filter(isComplete),
          filter(({ data }) => isWanted(data)),
        ),
      );
      return result.data;
    },
  };
}

type ListResult = ObservableQuery.Result<ExpiringSoon>;

function isComplete(result: ListResult): result is ListResult & { readonly data: ExpiringSoon } {
  return result.dataState === 'complete' && !result.loading;
}

/** Reads the list to its end, and waits until it shows what was read. */
async function countPages(client: ApolloClient, { query, whenComplete }: WatchedList): Promise<number> {
  await whenComplete();
  let pages = 1;
  while (await loadMore(client, query)) pages += 1;
  await whenComplete(({ certificates }) => certificates?.pageInfo.hasNextPage === false);
  return pages;
}

const thumbprintsOf = ({ certificates }: Pick<ExpiringSoon, 'certificates'>): string[] =>
  certificates?.edges.map(({ node }) => node.thumbprint) ?? [];
