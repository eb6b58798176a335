import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { buildSchema, isObjectType, parse, TypeInfo, visit, visitWithTypeInfo } from 'graphql';
import type { Caller } from '../../src/core/caller.ts';
import type { RefreshRunView, RefreshStatusView } from '../../src/graphql/refresh-port.ts';
import { createHarness, NOW_MS, SCHEMA_TEXT } from '../support/graphql-harness.ts';
import {
  EXPIRED,
  LEAF,
  NAMELESS,
  openSmallInventory,
  ROOT,
  SERVER,
  UNKNOWN,
  WORKSTATION,
} from '../support/small-inventory.ts';

const CERTIFICATE = `
  query Certificate($thumbprint: String!) {
    certificate(thumbprint: $thumbprint) {
      id thumbprint serialNumber subjectType isSelfSigned signatureAlgorithm keySize notBefore notAfter lifetimeDays
      subject { ...Name }
      issuer { ...Name }
      keyUsages
      extendedKeyUsages { oid name }
      validity
      earlier: validity(at: "2025-06-01T00:00:00Z")
      daysUntilExpiry
      daysThen: daysUntilExpiry(at: "2026-12-31T00:00:00Z")
      deviceCount installationCount
      installations { totalCount nodes { path storeLocation storeName device { deviceId } certificate { thumbprint } } }
      devices { nodes { name } }
    }
  }
  fragment Name on DistinguishedName {
    commonName organization organizationalUnit locality state country displayName text
  }`;

const DEVICE = `
  query Device($deviceId: String!) {
    device(deviceId: $deviceId) {
      id deviceId name installationCount certificateCount
      rbacGroup { id rbacGroupId name deviceCount certificateCount installationCount
        devices { nodes { deviceId } } certificates { nodes { thumbprint } } }
      installations { nodes { id path } }
      certificates { nodes { thumbprint } }
    }
  }`;

const PAGES = `
  query Pages {
    certificates { ...C }
    installations { edges { cursor node { path } } nodes { id } pageInfo { ...P } totalCount }
    devices { edges { cursor node { deviceId } } nodes { id } pageInfo { ...P } totalCount }
    rbacGroups { edges { cursor node { rbacGroupId } } nodes { id } pageInfo { ...P } totalCount }
  }
  fragment C on CertificateConnection {
    edges { cursor node { thumbprint } } nodes { id } pageInfo { ...P } totalCount
  }
  fragment P on PageInfo { hasNextPage hasPreviousPage startCursor endCursor }`;

const SNAPSHOT = `
  query Snapshot {
    snapshot {
      id revision generatedAt publishedAt expiresAt source certificateCount deviceCount installationCount
      quality { recordsRead recordsRejected duplicateRecords conflictingRecords unknownColumns
        rejections { reason count samples } }
    }
  }`;

const REFRESH = `
  query Refresh {
    refresh {
      id phase lastSuccessAt nextRunAt
      currentRun { ...Run }
      lastRun { ...Run }
      lastFailure { at code message retryable }
      budgets { endpoint limitPerMinute remainingThisMinute limitPerHour remainingThisHour resetsAt }
    }
  }
  fragment Run on RefreshRun {
    id trigger startedAt finishedAt outcome
    progress { filesTotal filesDone bytesDownloaded recordsRead }
    failure { at code message retryable }
  }`;

const MUTATION = `
  mutation Refresh {
    refreshSnapshot {
      __typename
      status { phase }
      ... on RefreshStarted { status { id } }
      ... on RefreshAlreadyRunning { status { id } }
      ... on RefreshRateLimited { status { id } retryAt retryAfterSeconds reason }
    }
  }`;

const VIEWER = '{ viewer { subject kind rights rbacGroupIds } }';

const NODES = 'query Nodes($id: ID!) { node(id: $id) { id __typename } nodes(ids: [$id]) { id } }';

describe('every field', () => {
  it('is asked by a test below', () => {
    const schema = buildSchema(SCHEMA_TEXT);
    const asked = new Set<string>();
    for (const document of [CERTIFICATE, DEVICE, PAGES, SNAPSHOT, REFRESH, MUTATION, VIEWER, NODES]) {
      const typeInfo = new TypeInfo(schema);
      const enter = () => void asked.add(`${typeInfo.getParentType()?.name}.${typeInfo.getFieldDef()?.name}`);
      visit(parse(document), visitWithTypeInfo(typeInfo, { Field: { enter } }));
    }
    const fields = Object.values(schema.getTypeMap())
      .filter((type) => isObjectType(type) && !type.name.startsWith('__'))
      .flatMap((type) =>
        Object.keys(isObjectType(type) ? type.getFields() : {}).map((field) => `${type.name}.${field}`),
      );
    assert.deepEqual(
      fields.filter((field) => !asked.has(field)),
      [],
    );
  });

  it('of the viewer says who asks and what that allows, anybody all of it', async () => {
    await using anybody = await createHarness();
    assert.deepEqual(await anybody.ask(VIEWER), {
      viewer: {
        subject: null,
        kind: 'ANONYMOUS',
        rights: ['Inventory.Read', 'Inventory.Refresh', 'Inventory.Operate'],
        rbacGroupIds: null,
      },
    });
    const caller: Caller = {
      id: 'tenant:robot',
      subject: 'robot',
      kind: 'APPLICATION',
      rights: new Set(['Inventory.Operate', 'Inventory.Read']),
      rbacGroupIds: ['12', '4226'],
    };
    await using known = await createHarness({ caller });
    assert.deepEqual(await known.ask(VIEWER), {
      viewer: {
        subject: 'robot',
        kind: 'APPLICATION',
        rights: ['Inventory.Read', 'Inventory.Operate'],
        rbacGroupIds: ['12', '4226'],
      },
    });
  });

  it('of a certificate and its names says what was reported', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { certificate } = await harness.ask(CERTIFICATE, { thumbprint: LEAF.thumbprint.toLowerCase() });
    assert.deepEqual(certificate, {
      id: 'WyJDIiwiQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQkJCQiJd',
      thumbprint: LEAF.thumbprint,
      serialNumber: '77',
      subjectType: 'END_ENTITY',
      isSelfSigned: false,
      signatureAlgorithm: 'sha1RSA',
      keySize: 1024,
      notBefore: '2026-01-01T00:00:00Z',
      notAfter: '2026-12-30T08:15:30Z',
      lifetimeDays: 364,
      subject: {
        commonName: 'web.contoso.example',
        organization: 'Contoso',
        organizationalUnit: 'Web',
        locality: 'Bern',
        state: 'BE',
        country: 'CH',
        displayName: 'web.contoso.example',
        text: LEAF.subject,
      },
      issuer: {
        commonName: 'Contoso Root',
        organization: 'Contoso',
        organizationalUnit: null,
        locality: null,
        state: null,
        country: 'DE',
        displayName: 'Contoso Root',
        text: ROOT.subject,
      },
      keyUsages: ['digitalSignature', 'Odd Usage'],
      extendedKeyUsages: [
        { oid: '1.3.6.1.5.5.7.3.1', name: 'Server Authentication' },
        { oid: null, name: 'Odd Purpose' },
      ],
      validity: 'CURRENT',
      earlier: 'NOT_YET_VALID',
      daysUntilExpiry: 37,
      daysThen: -1,
      deviceCount: 2,
      installationCount: 2,
      installations: {
        totalCount: 2,
        nodes: [
          {
            path: `LocalMachine\\My\\${LEAF.thumbprint}`,
            storeLocation: 'LocalMachine',
            storeName: 'My',
            device: { deviceId: WORKSTATION.deviceId },
            certificate: { thumbprint: LEAF.thumbprint },
          },
          {
            path: `LocalMachine\\WebHosting\\${LEAF.thumbprint}`,
            storeLocation: 'LocalMachine',
            storeName: 'WebHosting',
            device: { deviceId: SERVER.deviceId },
            certificate: { thumbprint: LEAF.thumbprint },
          },
        ],
      },
      devices: { nodes: [{ name: WORKSTATION.name }, { name: SERVER.name }] },
    });
  });

  it('of a certificate is null when nothing was reported', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { certificate } = await harness.ask(CERTIFICATE, { thumbprint: UNKNOWN.thumbprint });
    for (const field of [
      'serialNumber',
      'subjectType',
      'isSelfSigned',
      'signatureAlgorithm',
      'keySize',
      'notBefore',
      'notAfter',
      'lifetimeDays',
      'subject',
      'issuer',
      'keyUsages',
      'extendedKeyUsages',
      'daysUntilExpiry',
      'daysThen',
    ]) {
      assert.equal(certificate[field], null, field);
    }
    assert.equal(certificate.validity, 'UNKNOWN');
    assert.deepEqual(
      certificate.installations.nodes.map((node: Record<string, unknown>) => [
        node.storeLocation,
        node.storeName,
      ]),
      [[null, null]],
    );
  });

  it('of an authority tells an empty list from an unknown one, and that it signed itself', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { certificate } = await harness.ask(CERTIFICATE, { thumbprint: ROOT.thumbprint });
    assert.deepEqual(certificate.extendedKeyUsages, []);
    assert.equal(certificate.isSelfSigned, true);
    assert.equal(certificate.subjectType, 'CERTIFICATE_AUTHORITY');
    assert.equal(certificate.serialNumber, '00AB12');
    assert.equal(certificate.installationCount, 3);
    assert.equal(certificate.deviceCount, 2);
  });

  it('of a device and its group says what was reported', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { device } = await harness.ask(DEVICE, { deviceId: SERVER.deviceId.toUpperCase() });
    const { id, rbacGroup, installations, ...rest } = device;
    assert.ok(id);
    assert.deepEqual(rest, {
      deviceId: SERVER.deviceId,
      name: 'srv-1',
      installationCount: 3,
      certificateCount: 3,
      certificates: {
        nodes: [ROOT, LEAF, EXPIRED].map(({ thumbprint }) => ({ thumbprint })),
      },
    });
    assert.deepEqual(
      installations.nodes.map(({ path }: { path: string }) => path),
      [
        `LocalMachine\\Root\\${ROOT.thumbprint}`,
        `LocalMachine\\WebHosting\\${LEAF.thumbprint}`,
        `LocalMachine\\My\\${EXPIRED.thumbprint}`,
      ],
    );
    assert.deepEqual(rbacGroup, {
      id: 'WyJHIiwiMCJd',
      rbacGroupId: '0',
      name: 'Unassigned',
      deviceCount: 1,
      certificateCount: 3,
      installationCount: 3,
      devices: { nodes: [{ deviceId: SERVER.deviceId }] },
      certificates: { nodes: [ROOT, LEAF, EXPIRED].map(({ thumbprint }) => ({ thumbprint })) },
    });
  });

  it('of a device without name and group is null', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { device } = await harness.ask(DEVICE, { deviceId: NAMELESS.deviceId });
    assert.equal(device.name, null);
    assert.equal(device.rbacGroup, null);
  });

  it('of a page is consistent with the others', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const pages = await harness.ask(PAGES);
    const counts = { certificates: 4, installations: 7, devices: 3, rbacGroups: 2 };
    for (const [root, count] of Object.entries(counts)) {
      const { edges, nodes, pageInfo, totalCount } = pages[root];
      assert.equal(totalCount, count, root);
      assert.equal(edges.length, count, root);
      assert.equal(nodes.length, count, root);
      assert.deepEqual(pageInfo, {
        hasNextPage: false,
        hasPreviousPage: false,
        startCursor: edges[0].cursor,
        endCursor: edges.at(-1).cursor,
      });
    }
  });

  it('of the snapshot says where the data comes from and how good it is', async () => {
    const day = 86_400_000;
    await using harness = await createHarness({
      snapshot: openSmallInventory(),
      snapshotExpiresAfterMs: day,
    });
    const { snapshot } = await harness.ask(SNAPSHOT);
    const { id, ...rest } = snapshot;
    assert.ok(id);
    assert.deepEqual(rest, {
      revision: 7,
      generatedAt: '2026-11-01T00:00:00Z',
      publishedAt: '2026-11-01T01:00:00Z',
      expiresAt: '2026-11-02T01:00:00Z',
      source: 'EXPORT',
      certificateCount: 4,
      deviceCount: 3,
      installationCount: 7,
      quality: {
        recordsRead: 10,
        recordsRejected: 2,
        duplicateRecords: 1,
        conflictingRecords: 0,
        unknownColumns: ['firstSeen'],
        rejections: [
          { reason: 'NOT_JSON', count: 1, samples: ['nonsense'] },
          { reason: 'PATH_MISSING', count: 1, samples: ['{"deviceId":"x"}'] },
        ],
      },
    });
  });

  it('of a snapshot that never expires says so', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    assert.deepEqual(await harness.ask('{ snapshot { expiresAt } }'), { snapshot: { expiresAt: null } });
  });

  it('of the refresher says what its view says, cut to the second', async () => {
    await using harness = await createHarness({ status: BUSY });
    const { refresh } = await harness.ask(REFRESH);
    const { id, currentRun, lastRun, ...rest } = refresh;
    assert.equal(id, 'WyJSIl0');
    const failure = {
      at: '2026-11-23T08:00:00Z',
      code: 'SNAPSHOT_SHRUNK',
      message: 'half is gone',
      retryable: false,
    };
    assert.deepEqual(rest, {
      phase: 'DOWNLOADING',
      lastSuccessAt: '2026-11-22T08:15:30Z',
      nextRunAt: '2026-11-23T14:15:30Z',
      lastFailure: failure,
      budgets: [
        {
          endpoint: 'EXPORT',
          limitPerMinute: 5,
          remainingThisMinute: 4,
          limitPerHour: 20,
          remainingThisHour: 19,
          resetsAt: '2026-11-23T08:16:30Z',
        },
      ],
    });
    const { id: currentId, ...current } = currentRun;
    assert.deepEqual(current, {
      trigger: 'MUTATION',
      startedAt: '2026-11-23T08:15:29Z',
      finishedAt: null,
      outcome: null,
      progress: { filesTotal: null, filesDone: 1, bytesDownloaded: 5_000_000_000, recordsRead: 12 },
      failure: null,
    });
    assert.equal(lastRun.outcome, 'REJECTED');
    assert.equal(lastRun.finishedAt, '2026-11-23T08:00:00Z');
    assert.deepEqual(lastRun.failure, failure);
    assert.notEqual(lastRun.id, currentId);
  });

  it('of an id is there for every node', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { certificate } = await harness.ask(CERTIFICATE, { thumbprint: ROOT.thumbprint });
    assert.deepEqual(await harness.ask(NODES, { id: certificate.id }), {
      node: { id: certificate.id, __typename: 'Certificate' },
      nodes: [{ id: certificate.id }],
    });
  });
});

describe('refreshSnapshot', () => {
  it('says that a refresh has started, or is under way', async () => {
    for (const [kind, typeName] of [
      ['started', 'RefreshStarted'],
      ['alreadyRunning', 'RefreshAlreadyRunning'],
    ] as const) {
      await using harness = await createHarness({ outcome: { kind }, status: BUSY });
      assert.deepEqual(await harness.ask(MUTATION), {
        refreshSnapshot: { __typename: typeName, status: { phase: 'DOWNLOADING', id: 'WyJSIl0' } },
      });
      assert.equal(harness.refreshRequests(), 1);
    }
  });

  it('is data when it is limited, at 200, with the time to come back rounded up', async () => {
    for (const reason of ['COOLDOWN', 'UPSTREAM_BUDGET', 'UPSTREAM_THROTTLED'] as const) {
      const outcome = { kind: 'rateLimited', retryAtMs: NOW_MS + 90_100, reason } as const;
      await using harness = await createHarness({ outcome });
      const { data, errors, status } = await harness.run(MUTATION);
      assert.deepEqual([errors, status], [[], undefined]);
      assert.deepEqual(data.refreshSnapshot, {
        __typename: 'RefreshRateLimited',
        status: { phase: 'IDLE', id: 'WyJSIl0' },
        retryAt: '2026-11-23T08:17:01Z',
        retryAfterSeconds: 91,
        reason,
      });
    }
  });

  it('never asks to come back in no time', async () => {
    const outcome = { kind: 'rateLimited', retryAtMs: NOW_MS - 5, reason: 'COOLDOWN' } as const;
    await using harness = await createHarness({ outcome });
    const { refreshSnapshot } = await harness.ask(MUTATION);
    assert.equal(refreshSnapshot.retryAfterSeconds, 1);
  });
});

const FAILURE = {
  atMs: Date.UTC(2026, 10, 23, 8, 0, 0, 999),
  code: 'SNAPSHOT_SHRUNK',
  message: 'half is gone',
  retryable: false,
};

const RUN: RefreshRunView = {
  runId: 'run-2',
  trigger: 'MUTATION',
  startedAtMs: NOW_MS - 1_000,
  finishedAtMs: null,
  progress: { filesTotal: null, filesDone: 1, bytesDownloaded: 5_000_000_000, recordsRead: 12 },
  outcome: null,
  failure: null,
};

const BUSY: RefreshStatusView = {
  phase: 'DOWNLOADING',
  currentRun: RUN,
  lastRun: { ...RUN, runId: 'run-1', finishedAtMs: FAILURE.atMs, outcome: 'REJECTED', failure: FAILURE },
  lastSuccessAtMs: NOW_MS - 86_400_000,
  lastFailure: FAILURE,
  nextRunAtMs: NOW_MS + 21_600_000,
  budgets: [
    {
      endpoint: 'EXPORT',
      limitPerMinute: 5,
      remainingThisMinute: 4,
      limitPerHour: 20,
      remainingThisHour: 19,
      resetsAtMs: NOW_MS + 60_000,
    },
  ],
};
