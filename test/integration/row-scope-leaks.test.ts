/**
 * Nobody reads a row that their RBAC groups do not cover, by any path: every way through the schema, walked by a caller
 * who is limited to one group. What such a caller is told is what it would be told if nothing else existed.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildSchema } from 'graphql';
import { ANONYMOUS_CALLER, type Caller } from '../../src/core/caller.ts';
import { encodeNodeId } from '../../src/graphql/node-id.ts';
import type { CertificatePart, DevicePart } from '../../src/snapshot/record.ts';
import { createHarness, SCHEMA_TEXT } from '../support/graphql-harness.ts';
import { type InventoryRecord, openRecords, UNKNOWN_CERTIFICATE } from '../support/inventories.ts';
import { walkSchema } from '../support/schema-walk.ts';

/** In every text of what the caller may not see, and in its ids. */
const MARK = 'hidden';
/** The same in thumbprints and device ids, which are hexadecimal. */
const HEX_MARK = 'DEADBEEF';

const certificate = (digit: string, name: string, mark = ''): CertificatePart => ({
  ...UNKNOWN_CERTIFICATE,
  thumbprint: `${mark}${digit.repeat(40)}`.slice(0, 40),
  serialNumber: `${mark}${digit}`,
  subject: `CN=${name},O=Contoso`,
  issuer: `CN=${name} authority`,
  subjectType: 'END_ENTITY',
  signatureAlgorithm: 'sha256RSA',
  keySize: 2048,
  notBefore: 1_700_000_000,
  notAfter: 1_800_000_000 + Number(digit),
  keyUsages: ['digitalSignature'],
  extendedKeyUsages: [{ oid: null, name: `${name} purpose` }],
});

const device = (digit: string, group: string | null, name: string, mark = ''): DevicePart => ({
  deviceId: `${mark}${digit.repeat(40)}`.slice(0, 40).toLowerCase(),
  name,
  rbacGroupId: group,
  rbacGroupName: group === null ? null : `${name} group`,
});

const SHARED = certificate('1', 'shared');
const VISIBLE = certificate('2', 'visible');
const HIDDEN = certificate('3', MARK, HEX_MARK);
const HIDDEN_TOO = certificate('4', `${MARK} too`, HEX_MARK);

const FIRST = device('a', '10', 'first');
const SECOND = { ...device('b', '10', 'second'), rbacGroupName: 'first group' };
const OTHER = device('c', '20', `${MARK} other`, HEX_MARK);
const UNASSIGNED = device('d', '0', `${MARK} unassigned`, HEX_MARK);
const GROUPLESS = device('e', null, `${MARK} groupless`, HEX_MARK);

const install = (on: DevicePart, of: CertificatePart, store: string): InventoryRecord => ({
  device: on,
  certificate: of,
  path: `LocalMachine\\${store}\\${of.thumbprint}`,
});

const IN_SCOPE = [
  install(FIRST, SHARED, 'Root'),
  install(FIRST, SHARED, 'AuthRoot'),
  install(FIRST, VISIBLE, 'My'),
  install(SECOND, SHARED, 'Root'),
];
const OUT_OF_SCOPE = [
  install(OTHER, SHARED, `${MARK}Root`),
  install(OTHER, HIDDEN, 'My'),
  install(UNASSIGNED, SHARED, `${MARK}Root`),
  install(UNASSIGNED, HIDDEN_TOO, 'My'),
  install(GROUPLESS, SHARED, `${MARK}Root`),
  install(GROUPLESS, HIDDEN, 'My'),
];

const LIMITED: Caller = {
  id: 'tenant:limited',
  subject: 'limited',
  kind: 'USER',
  rights: new Set(['Inventory.Read']),
  rbacGroupIds: ['10'],
};

const CERTIFICATES = [SHARED, VISIBLE, HIDDEN, HIDDEN_TOO];
const DEVICES = [FIRST, SECOND, OTHER, UNASSIGNED, GROUPLESS];
const NODE_IDS = [
  ...CERTIFICATES.map(({ thumbprint }) => encodeNodeId('Certificate', thumbprint)),
  ...DEVICES.map(({ deviceId }) => encodeNodeId('Device', deviceId)),
  ...[...IN_SCOPE, ...OUT_OF_SCOPE].map((record) =>
    encodeNodeId('Installation', record.device.deviceId, record.certificate.thumbprint, record.path),
  ),
  ...['10', '20', '0', 'nowhere'].map((group) => encodeNodeId('RbacGroup', group)),
];

/** Every chain of six objects: as deep as certificates of devices of certificates. */
const OPERATIONS = walkSchema(buildSchema(SCHEMA_TEXT), {
  maximumDepth: 6,
  // Named after what is in it, so that it differs; and that of a caller, which says who asks.
  skipped: ['Snapshot.id', 'Query.viewer', 'Query.node'],
  variants: {
    'Query.nodes': [`(ids: ${JSON.stringify(NODE_IDS)})`],
    'Query.certificate': CERTIFICATES.map(({ thumbprint }) => `(thumbprint: "${thumbprint}")`),
    'Query.device': DEVICES.map(({ deviceId }) => `(deviceId: "${deviceId}")`),
  },
});

/** Every text of an answer, and what is in it when it is base64url, as ids and cursors are. */
function* readTexts(value: unknown): Generator<string> {
  if (typeof value === 'string') {
    yield value;
    yield Buffer.from(value, 'base64url').toString('latin1');
  } else if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) yield* readTexts(inner);
  }
}

const isMarked = (answer: unknown): boolean =>
  [...readTexts(answer)].some((text) => text.includes(MARK) || text.toUpperCase().includes(HEX_MARK));

describe('a caller limited to one RBAC group', () => {
  it('is told, on every way through the schema, what it would be told if nothing else existed', async () => {
    await using limited = await createHarness({
      snapshot: openRecords([...IN_SCOPE, ...OUT_OF_SCOPE]),
      caller: LIMITED,
    });
    await using alone = await createHarness({
      snapshot: openRecords(IN_SCOPE),
      caller: { ...LIMITED, rbacGroupIds: null },
    });
    for (const { chain, document } of OPERATIONS) {
      const told = await limited.run(document);
      const expected = await alone.run(document);
      assert.deepEqual([told.data, told.errors], [expected.data, expected.errors], chain);
      assert.equal(isMarked([told.data, told.errors]), false, chain);
    }
  });

  it('is asked about what others are told: the same walk finds what is hidden', async () => {
    await using unlimited = await createHarness({
      snapshot: openRecords([...IN_SCOPE, ...OUT_OF_SCOPE]),
      caller: ANONYMOUS_CALLER,
    });
    const marked = new Set<string>();
    for (const { chain, document } of OPERATIONS) {
      if (isMarked((await unlimited.run(document)).data)) marked.add(chain.split(' > ')[0]!);
    }
    assert.deepEqual(
      [...marked].sort(),
      ['certificate', 'certificates', 'device', 'devices', 'installations', 'nodes', 'rbacGroups'].map(
        (root) => `Query.${root}`,
      ),
    );
  });

  it('finds the same by node as by nodes', async () => {
    await using limited = await createHarness({
      snapshot: openRecords([...IN_SCOPE, ...OUT_OF_SCOPE]),
      caller: LIMITED,
    });
    const { nodes } = await limited.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', {
      ids: NODE_IDS,
    });
    for (const [index, id] of NODE_IDS.entries()) {
      const { node } = await limited.ask('query ($id: ID!) { node(id: $id) { id } }', { id });
      assert.deepEqual(node, nodes[index]);
    }
    assert.equal(nodes.filter((node: unknown) => node !== null).length, 2 + 2 + IN_SCOPE.length + 1);
  });
});
