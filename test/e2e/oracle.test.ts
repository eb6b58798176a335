/** Everything that a gateway says about a tenant, against what the tenant knows to be true. */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { BROKEN_RECORDS, QUIRKS } from '../../src/simulator/inventory/quirks.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type WalkedRow, walkConnection } from '../support/connection-walk.ts';
import { type Gateway, startGatewayWithSnapshot, UNPRICED } from '../support/gateway.ts';
import { mergeRecords, type TrueInventory } from '../support/simulated-truth.ts';
import {
  toCertificateAnswer,
  toDaysLeft,
  toDeviceAnswer,
  toGroupAnswer,
  toInstallationAnswer,
  toText,
} from '../support/true-answers.ts';
import { toValidity } from '../support/true-filter.ts';

const SIZE = { devices: 60, recordsPerDevice: 60, recordsPerFile: 700 };

const TENANTS: readonly (readonly [name: string, options: SimulatorOptions])[] = [
  ['a tenant with realistic data', { ...SIZE, seed: 11 }],
  [
    'a tenant with every quirk and broken records',
    { ...SIZE, seed: 12, quirks: [...QUIRKS, BROKEN_RECORDS] },
  ],
];

const NAME = '{ commonName organization organizationalUnit locality state country displayName text }';

/** Well inside the lifetimes of the data, and not now. */
const AT_OFFSET_SECONDS = 40 * 86_400 + 1;

for (const [name, options] of TENANTS) {
  describe(name, () => {
    let tenant: Simulator;
    let gateway: Gateway;
    let truth: TrueInventory;
    const startAt = Date.now();
    const atSeconds = Math.floor(startAt / 1000) + AT_OFFSET_SECONDS;

    before(async () => {
      tenant = await createSimulator({ ...options, startAt });
      gateway = await startGatewayWithSnapshot({ tenant, settings: UNPRICED });
      truth = mergeRecords(tenant.records());
    });
    after(async () => {
      await gateway[Symbol.asyncDispose]();
      await tenant[Symbol.asyncDispose]();
    });

    test('each certificate has every value, count and relation that its records give it', async () => {
      const rows = await walkConnection<Record<string, unknown>>(gateway, {
        root: 'certificates',
        type: 'Certificate',
        pageSize: 170,
        selection: `
          __typename thumbprint serialNumber subject ${NAME} issuer ${NAME} subjectType isSelfSigned
          signatureAlgorithm keySize notBefore notAfter lifetimeDays keyUsages extendedKeyUsages { oid name }
          validity(at: "${toText(atSeconds)}") daysUntilExpiry(at: "${toText(atSeconds)}")
          deviceCount installationCount
          installations(first: 1000) { totalCount nodes { path storeLocation storeName device { deviceId } certificate { thumbprint } } }
          devices(first: 1000) { totalCount nodes { deviceId } }`,
      });
      assert.deepEqual(
        rows.map(withoutId),
        truth.certificates.map((certificate) => toCertificateAnswer(certificate, atSeconds)),
      );
    });

    test('each device has every value, count and relation that its records give it', async () => {
      const rows = await walkConnection<Record<string, unknown>>(gateway, {
        root: 'devices',
        type: 'Device',
        pageSize: 17,
        selection: `
          __typename deviceId name rbacGroup { rbacGroupId name } installationCount certificateCount
          installations(first: 1000) { totalCount nodes { path certificate { thumbprint } device { deviceId } } }
          certificates(first: 1000) { totalCount nodes { thumbprint } }`,
      });
      assert.deepEqual(rows.map(withoutId), truth.devices.map(toDeviceAnswer));
    });

    test('each installation has its path, its certificate and its device', async () => {
      const rows = await walkConnection<Record<string, unknown>>(gateway, {
        root: 'installations',
        type: 'Installation',
        pageSize: 900,
        selection: `
          __typename path storeLocation storeName
          certificate { thumbprint subject { text } notAfter } device { deviceId name rbacGroup { name } }`,
      });
      assert.deepEqual(rows.map(withoutId), truth.installations.map(toInstallationAnswer));
    });

    test('each group has its name, its counts and its devices and certificates', async () => {
      const rows = await walkConnection<Record<string, unknown>>(gateway, {
        root: 'rbacGroups',
        pageSize: 3,
        selection: `
          __typename rbacGroupId name deviceCount certificateCount installationCount
          devices(first: 1000) { totalCount nodes { deviceId } }
          certificates(first: 1000) { totalCount nodes { thumbprint } }`,
      });
      assert.deepEqual(rows.map(withoutId), truth.groups.map(toGroupAnswer));
    });

    test('without an instant, validity and days left are those of now', async () => {
      const beforeSeconds = Math.floor(Date.now() / 1000);
      const { certificates } = await gateway.ask<{
        certificates: { nodes: { thumbprint: string; validity: string; daysUntilExpiry: number | null }[] };
      }>('{ certificates(first: 1000) { nodes { thumbprint validity daysUntilExpiry } } }');
      const afterSeconds = Math.floor(Date.now() / 1000);
      assert.equal(certificates.nodes.length, truth.certificates.length);
      for (const [index, { validity, daysUntilExpiry }] of certificates.nodes.entries()) {
        const certificate = truth.certificates[index]!;
        const expected = [beforeSeconds, afterSeconds].map(
          (seconds) => `${toValidity(certificate, seconds)} ${toDaysLeft(certificate, seconds)}`,
        );
        assert.ok(expected.includes(`${validity} ${daysUntilExpiry}`), certificate.thumbprint);
      }
    });

    test('the same is found by thumbprint, by device id and by id, and nothing is made up', async () => {
      const { thumbprint } = truth.certificates[truth.certificates.length >> 1]!;
      const { deviceId, name: deviceName } = truth.devices[truth.devices.length >> 1]!;
      const spaced = thumbprint.toLowerCase().replace(/../g, '$& ');
      const found = await gateway.ask<{ certificate: Identified; device: Identified }>(
        `query ($spaced: String!, $deviceId: String!) {
          certificate(thumbprint: $spaced) { id thumbprint }
          device(deviceId: $deviceId) { id deviceId name }
          noCertificate: certificate(thumbprint: "${'0123456789'.repeat(4)}") { id }
          noDevice: device(deviceId: "${'f'.repeat(40)}") { id }
        }`,
        { spaced, deviceId: deviceId.toUpperCase() },
      );
      const { certificate, device } = found;
      assert.deepEqual(found, {
        certificate: { id: certificate.id, thumbprint },
        device: { id: device.id, deviceId, name: deviceName },
        noCertificate: null,
        noDevice: null,
      });

      const [installation] = await walkConnection<object>(gateway, {
        root: 'installations',
        type: 'Installation',
        pageSize: 1000,
        selection: 'path',
        filter: { device: { deviceId: { eq: deviceId } } },
      });
      const [group] = await walkConnection<object>(gateway, {
        root: 'rbacGroups',
        pageSize: 100,
        selection: 'rbacGroupId',
      });
      const { snapshot, refresh } = await gateway.ask<{
        snapshot: Identified;
        refresh: Identified & { lastRun: Identified };
      }>('{ snapshot { id } refresh { id lastRun { id } } }');
      const ids = [
        device,
        certificate,
        installation!,
        group!,
        snapshot,
        refresh,
        refresh.lastRun,
        device,
      ].map(({ id }) => id);
      const { nodes, node } = await gateway.ask<{ nodes: Identified[]; node: Identified }>(
        `query ($ids: [ID!]!, $id: ID!) {
          nodes(ids: $ids) { __typename id }
          node(id: $id) { ... on Device { deviceId } }
        }`,
        { ids, id: device.id },
      );
      assert.deepEqual(
        nodes,
        [
          'Device',
          'Certificate',
          'Installation',
          'RbacGroup',
          'Snapshot',
          'RefreshStatus',
          'RefreshRun',
          'Device',
        ].map((typeName, index) => ({ __typename: typeName, id: ids[index] })),
      );
      assert.deepEqual(node, { deviceId });
    });

    test('the snapshot says where it comes from, how much it holds and what was wrong with it', async () => {
      const { snapshot, refresh } = await gateway.ask<{
        snapshot: SnapshotAnswer;
        refresh: RefreshAnswer;
      }>(`{
        snapshot {
          __typename id revision generatedAt publishedAt expiresAt source certificateCount deviceCount installationCount
          quality {
            recordsRead recordsRejected duplicateRecords conflictingRecords unknownColumns
            rejections { reason count samples }
          }
        }
        refresh {
          __typename id phase lastSuccessAt nextRunAt currentRun { id } lastFailure { at code message retryable }
          lastRun {
            id trigger startedAt finishedAt outcome failure { at code message retryable }
            progress { filesTotal filesDone bytesDownloaded recordsRead }
          }
          budgets { endpoint limitPerMinute remainingThisMinute limitPerHour remainingThisHour resetsAt }
        }
      }`);
      const { id, publishedAt, quality, ...facts } = snapshot;
      assert.deepEqual(facts, {
        __typename: 'Snapshot',
        revision: 1,
        generatedAt: toText(Math.floor(startAt / 1000)),
        expiresAt: null,
        source: 'EXPORT',
        certificateCount: truth.certificates.length,
        deviceCount: truth.devices.length,
        installationCount: truth.installations.length,
      });
      const { rejections, ...counts } = quality;
      const rejectedCount = [...truth.rejected.values()].reduce((sum, count) => sum + count, 0);
      const hasQuirks = options.quirks !== undefined;
      assert.deepEqual(counts, {
        recordsRead: truth.recordsRead,
        recordsRejected: rejectedCount,
        duplicateRecords: truth.duplicateRecords,
        conflictingRecords: truth.conflictingRecords,
        unknownColumns: hasQuirks ? ['Tags', 'recommendationReference'] : [],
      });
      assert.deepEqual(new Map(rejections.map(({ reason, count }) => [reason, count])), truth.rejected);
      assert.equal(rejectedCount > 0, hasQuirks);
      for (const { samples, count } of rejections) assert.ok(samples.length > 0 && samples.length <= count);
      assert.ok(truth.duplicateRecords > 0 && truth.conflictingRecords > 0, 'the data tests the merge');

      const { lastRun, budgets, ...status } = refresh;
      assert.deepEqual(status, {
        __typename: 'RefreshStatus',
        id: refresh.id,
        phase: 'IDLE',
        currentRun: null,
        lastFailure: null,
        lastSuccessAt: lastRun.finishedAt,
        nextRunAt: null,
      });
      const files = tenant.calls.filter(({ endpoint }) => endpoint === 'blob').length;
      assert.ok(files > 4, 'the export has several files');
      assert.deepEqual(
        { ...lastRun, id: undefined },
        {
          id: undefined,
          trigger: 'STARTUP',
          startedAt: lastRun.startedAt,
          finishedAt: lastRun.finishedAt,
          outcome: 'PUBLISHED',
          failure: null,
          progress: {
            filesTotal: files,
            filesDone: files,
            bytesDownloaded: lastRun.progress.bytesDownloaded,
            recordsRead: truth.recordsRead,
          },
        },
      );
      assert.ok(lastRun.progress.bytesDownloaded > 10_000);
      assert.ok(publishedAt >= lastRun.startedAt && publishedAt <= lastRun.finishedAt);
      assert.deepEqual(
        budgets.map(({ resetsAt, ...budget }) => ({ ...budget, isSpent: resetsAt !== null })),
        [
          {
            endpoint: 'EXPORT',
            limitPerMinute: 5,
            remainingThisMinute: 4,
            limitPerHour: 20,
            remainingThisHour: 19,
            isSpent: true,
          },
          {
            endpoint: 'PAGED',
            limitPerMinute: 30,
            remainingThisMinute: 30,
            limitPerHour: 1000,
            remainingThisHour: 1000,
            isSpent: false,
          },
        ],
      );
    });
  });
}

interface Identified {
  readonly id: string;
}

interface SnapshotAnswer extends Identified {
  readonly publishedAt: string;
  readonly quality: {
    readonly rejections: readonly { reason: string; count: number; samples: readonly string[] }[];
  };
}

interface RefreshAnswer extends Identified {
  readonly lastRun: {
    readonly startedAt: string;
    readonly finishedAt: string;
    readonly progress: { readonly bytesDownloaded: number };
  };
  readonly budgets: readonly { readonly resetsAt: string | null }[];
}

function withoutId({ id: _, ...row }: WalkedRow<Record<string, unknown>>): Record<string, unknown> {
  return row;
}
