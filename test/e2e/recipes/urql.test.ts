import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { gql } from '@urql/core';
import { readExpiringSoon } from '../../../docs/recipes/urql/certificates.ts';
import { createClient } from '../../../docs/recipes/urql/client.ts';
import { findErrorCodes } from '../../../docs/recipes/urql/errors.ts';
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

describe('the recipe for urql', options, () => {
  it('reads every page', async () => {
    const client = createClient(tenant.url, () => {});
    const expected = tenant.expiring(DAYS);
    const thumbprints: string[] = [];
    let pages = 0;
    for await (const nodes of readExpiringSoon(client, DAYS, PAGE_SIZE)) {
      thumbprints.push(...nodes.map(({ thumbprint }) => thumbprint));
      pages += 1;
    }
    assert.deepEqual(thumbprints, expected);
    assert.equal(pages, Math.ceil(expected.length / PAGE_SIZE));
  });

  it('says once that an answer comes from another snapshot', async () => {
    await using later = await startFixedTenant();
    let news = 0;
    const client = createClient(later.url, () => {
      news += 1;
    });
    const ask = () => client.query(gql(SNAPSHOT), {}).toPromise();
    await ask();
    await ask();
    assert.equal(news, 0);
    await later.publishNextExport();
    await ask();
    await ask();
    assert.equal(news, 1);
  });

  it('tells the codes of errors, whatever the HTTP status', async () => {
    const client = createClient(tenant.url, () => {});
    const { error } = await client.query(gql(FOREIGN_CURSOR), {}).toPromise();
    assert.deepEqual(findErrorCodes(error), ['BAD_USER_INPUT']);
    await using empty = await serveInventory(null);
    await assert.rejects(
      readExpiringSoon(
        createClient(empty.url, () => {}),
        DAYS,
      ).next(),
      (early) => {
        assert.deepEqual(findErrorCodes(early), ['SNAPSHOT_UNAVAILABLE']);
        return true;
      },
    );
    assert.deepEqual(findErrorCodes(new TypeError('fetch failed')), []);
  });
});
