import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { execute, parse } from 'graphql';
import { createSchema } from '../../src/graphql/schema.ts';
import { createHarness, SCHEMA_TEXT } from '../support/graphql-harness.ts';
import { openRecords } from '../support/inventories.ts';
import { openSmallInventory, ROOT } from '../support/small-inventory.ts';

/** Sixty devices, each with a certificate of its own and one that all have. */
function openFleet() {
  const records = Array.from({ length: 60 }, (_, index) => {
    const device = { deviceId: `device-${index}`, name: null, rbacGroupId: null, rbacGroupName: null };
    const own = { ...ROOT, thumbprint: index.toString(16).padStart(40, '0').toUpperCase() };
    return [ROOT, own].map((certificate) => ({ device, certificate, path: certificate.thumbprint }));
  });
  return openRecords(records.flat());
}

describe('loaders', () => {
  it('make one batch each for a page of fifty installations', async () => {
    await using harness = await createHarness({ snapshot: openFleet() });
    const { installations } = await harness.ask(`{
      installations(first: 50) {
        nodes {
          device { deviceId installations(first: 5) { nodes { path } } }
          certificate { thumbprint installations(first: 5) { nodes { path } } }
        }
      }
    }`);
    assert.equal(installations.nodes.length, 50);
    const { batches } = harness;
    assert.deepEqual(
      new Map(batches),
      new Map([
        ['installationDevice', 50],
        ['installationCertificate', 50],
        ['deviceInstallations', 25],
        ['certificateInstallations', 26],
      ]),
    );
    assert.equal(batches.length, 4);
  });

  it('take arguments that mean the same for the same, and others apart', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { device } = await harness.ask(
      `query ($none: Int) {
        device(deviceId: "${'a1'.repeat(20)}") {
          a: installations { totalCount }
          b: installations(first: $none, filter: null) { totalCount }
          c: installations(filter: { storeName: { eq: "my" }, path: { contains: "m" } }) { totalCount }
          d: installations(filter: { path: { contains: "m" }, storeName: { eq: "my", ne: null } }) { totalCount }
          e: installations(first: 50) { totalCount }
        }
      }`,
    );
    assert.deepEqual(
      Object.values(device).map((connection) => (connection as { totalCount: number }).totalCount),
      [3, 3, 1, 1, 3],
    );
    assert.deepEqual(harness.batches, [['deviceInstallations', 3]]);
  });

  it('let a bad argument fail alone', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { data, errors } = await harness.run(`{
      good: device(deviceId: "${'a1'.repeat(20)}") { installations(first: 1) { nodes { path } } }
      bad: device(deviceId: "${'a1'.repeat(20)}") { installations(first: -1) { nodes { path } } }
    }`);
    assert.equal(data.good.installations.nodes.length, 1);
    assert.equal(data.bad, null);
    assert.deepEqual(
      errors.map(({ message, path }) => [message, path]),
      [['first must be between 0 and 1000, but got: -1.', ['bad', 'installations']]],
    );
  });

  it('keep nothing beyond their request', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const query = '{ installations(first: 1) { nodes { device { deviceId } } } }';
    await harness.ask(query);
    await harness.ask(query);
    assert.deepEqual(harness.batches, [
      ['installationDevice', 1],
      ['installationDevice', 1],
    ]);
  });
});

describe('everything without a loader', () => {
  const PAGE_INFO = 'pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount';
  const CERTIFICATE = `id thumbprint serialNumber subject { text commonName } issuer { displayName } subjectType
    isSelfSigned signatureAlgorithm keySize notBefore notAfter lifetimeDays keyUsages extendedKeyUsages { oid name }
    validity daysUntilExpiry deviceCount installationCount`;
  const DEVICE = 'id deviceId name installationCount certificateCount';

  it('resolves synchronously', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const result = execute({
      schema: createSchema(SCHEMA_TEXT),
      contextValue: harness.createContext(),
      document: parse(`{
        certificate(thumbprint: "${'AA'.repeat(20)}") { ${CERTIFICATE} devices { nodes { ${DEVICE} } ${PAGE_INFO} } }
        device(deviceId: "${'a1'.repeat(20)}") {
          ${DEVICE}
          rbacGroup { id rbacGroupId name deviceCount certificateCount installationCount
            devices { nodes { id } } certificates { nodes { id } } }
          certificates(filter: { installations: { none: { device: { name: { eq: "x" } } } } }) { nodes { id } }
        }
        certificates(orderBy: { field: SUBJECT }, filter: { keySize: { gt: 1 } }) {
          edges { cursor node { ${CERTIFICATE} } } ${PAGE_INFO}
        }
        installations { edges { cursor node { id path storeLocation storeName } } ${PAGE_INFO} }
        devices { nodes { ${DEVICE} } }
        rbacGroups { nodes { id } }
        snapshot { id revision generatedAt quality { recordsRead rejections { reason } } }
        refresh { id phase currentRun { id } budgets { endpoint } }
      }`),
    });
    assert.ok(!(result instanceof Promise));
    assert.equal((result as { errors?: unknown }).errors, undefined);
    assert.deepEqual(harness.batches, []);
  });

  it('and only that: a relation through a loader is a promise', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const result = execute({
      schema: createSchema(SCHEMA_TEXT),
      contextValue: harness.createContext(),
      document: parse('{ installations { nodes { device { id } } } }'),
    });
    assert.ok(result instanceof Promise);
    assert.equal((await result).errors, undefined);
  });
});
