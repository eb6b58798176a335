import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createHarness } from '../support/graphql-harness.ts';
import { openSmallInventory } from '../support/small-inventory.ts';

const PAGE = 'totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }';
const QUESTION = `{
  certificates(first: 2, filter: { subject: { text: { contains: "contoso" } } }) {
    ${PAGE}
    nodes {
      thumbprint
      devices(orderBy: { field: NAME }) { ${PAGE} nodes { deviceId } }
      installations(filter: { storeName: { ne: "none" } }, orderBy: { field: PATH }) { ${PAGE} nodes { path } }
    }
  }
  devices(filter: { installations: { none: { path: { contains: "aa" } } } }) {
    ${PAGE}
    edges { cursor node { deviceId certificates(last: 1) { ${PAGE} nodes { thumbprint } } } }
  }
  rbacGroups { nodes { devices { totalCount } certificates(orderBy: { field: ISSUER }) { totalCount } } }
}`;

describe('work in slices', () => {
  test('gives the answers that work at once gives', async () => {
    await using atOnce = await createHarness({ snapshot: openSmallInventory() });
    await using later = await createHarness({ snapshot: openSmallInventory(), slices: { turnMs: 0 } });
    const expected = await atOnce.ask(QUESTION);
    assert.ok(expected.certificates.totalCount > 1 && expected.devices.edges.length > 0);
    assert.deepEqual(await later.ask(QUESTION), expected);
  });

  test('faults of the caller are the same, and leave the other roots standing', async () => {
    await using later = await createHarness({ snapshot: openSmallInventory(), slices: { turnMs: 0 } });
    const { data, errors } = await later.run(
      '{ certificates(first: -1) { totalCount } devices { totalCount } }',
    );
    assert.equal(data.certificates, null);
    assert.equal(data.devices.totalCount, 3);
    assert.deepEqual(
      errors.map(({ extensions }) => extensions?.code),
      ['BAD_USER_INPUT'],
    );
  });

  test('stops when the caller goes, and leaves standing what takes no work', async () => {
    let looks = 0;
    await using abandoned = await createHarness({
      snapshot: openSmallInventory(),
      slices: { turnMs: 0 },
      // Still there when the operation is taken on.
      isAbandoned: () => looks++ > 0,
    });
    const { data, errors, status } = await abandoned.run(
      '{ certificates { totalCount } snapshot { revision } }',
    );
    assert.deepEqual([data, status], [{ certificates: null, snapshot: { revision: 7 } }, undefined]);
    assert.deepEqual(
      errors.map(({ extensions }) => extensions?.code),
      ['DEADLINE_EXCEEDED'],
    );
    assert.match(errors[0]?.message ?? '', /connection was closed/);
    assert.deepEqual(abandoned.log.lines, []);
  });

  test('does not begin for a caller that is gone already', async () => {
    await using abandoned = await createHarness({
      snapshot: openSmallInventory(),
      isAbandoned: () => true,
    });
    const { data, errors, status } = await abandoned.run('mutation { refreshSnapshot { status { id } } }');
    assert.deepEqual([data, status, abandoned.refreshRequests()], [undefined, 503, 0]);
    assert.deepEqual(
      errors.map(({ extensions }) => extensions?.code),
      ['DEADLINE_EXCEEDED'],
    );
  });
});
