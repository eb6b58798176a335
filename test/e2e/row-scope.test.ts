/** Callers of a real gateway, each limited to RBAC groups by the policy: what they see is what those groups have. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGatewayWithSnapshot } from '../support/gateway.ts';
import { mergeRecords, type TrueInventory } from '../support/simulated-truth.ts';
import { startTokenIssuer, type TokenIssuer } from '../support/token-issuer.ts';

const QUERY = `{
  viewer { kind rbacGroupIds }
  snapshot { certificateCount deviceCount installationCount quality { recordsRead } }
  rbacGroups { totalCount nodes { rbacGroupId deviceCount } }
  devices(first: 1000) { totalCount nodes { deviceId } }
  certificates(first: 1000, orderBy: { field: INSTALLATION_COUNT, direction: DESC }) {
    totalCount nodes { thumbprint installationCount deviceCount }
  }
  installations(first: 0) { totalCount }
}`;

interface Answer {
  readonly viewer: { readonly kind: string; readonly rbacGroupIds: readonly string[] | null };
  readonly snapshot: Readonly<Record<string, unknown>>;
  readonly rbacGroups: { readonly nodes: readonly { readonly rbacGroupId: string }[] };
  readonly devices: { readonly totalCount: number; readonly nodes: readonly { readonly deviceId: string }[] };
  readonly certificates: {
    readonly totalCount: number;
    readonly nodes: readonly { readonly thumbprint: string; readonly installationCount: number }[];
  };
  readonly installations: { readonly totalCount: number };
}

describe('callers limited to RBAC groups', () => {
  let tenant: Simulator;
  let issuer: TokenIssuer;
  let gateway: Gateway;
  let settings: Readonly<Record<string, string>>;
  let truth: TrueInventory;
  let groupIds: readonly string[];

  before(async () => {
    tenant = await createSimulator({ devices: 40, recordsPerDevice: 12, seed: 5 });
    truth = mergeRecords(tenant.records());
    groupIds = truth.groups.map(({ rbacGroupId }) => rbacGroupId);
    issuer = await startTokenIssuer();
    settings = await issuer.environment({
      grants: [
        ...groupIds.map((id) => ({ role: `Group.${id}`, rights: ['Inventory.Read'], rbacGroups: [id] })),
        { role: 'All', rights: ['Inventory.Read', 'Inventory.Operate'], rbacGroups: '*' },
        { role: 'Refresh', rights: ['Inventory.Refresh'], rbacGroups: '*' },
      ],
    });
    gateway = await startGatewayWithSnapshot({ tenant, settings });
  });

  after(async () => {
    await gateway[Symbol.asyncDispose]();
    await issuer[Symbol.asyncDispose]();
    await tenant[Symbol.asyncDispose]();
  });

  const ask = (...roles: string[]) => askOf(gateway, ...roles);

  /** By a connection of its own, so that any thread may get it. */
  async function askOf({ url }: Gateway, ...roles: string[]): Promise<Answer> {
    const token = await issuer.mintForApplication(roles);
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close', authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: QUERY }),
    });
    const { data, errors } = (await response.json()) as { data: Answer; errors?: unknown };
    assert.deepEqual([response.status, errors], [200, undefined]);
    return data;
  }

  /** What the devices of some groups have, by the records that the tenant handed out. */
  function expect(ids: readonly string[] | null) {
    const devices = truth.devices.filter(
      ({ rbacGroup }) => ids === null || (rbacGroup !== null && ids.includes(rbacGroup.rbacGroupId)),
    );
    const installations = devices.flatMap((device) => device.installations);
    const counts = new Map<string, number>();
    for (const { certificate } of installations) {
      counts.set(certificate.thumbprint, (counts.get(certificate.thumbprint) ?? 0) + 1);
    }
    return { deviceIds: devices.map(({ deviceId }) => deviceId), installations, counts };
  }

  function check(answer: Answer, ids: readonly string[] | null): void {
    const { deviceIds, installations, counts } = expect(ids);
    assert.deepEqual(
      answer.devices.nodes.map(({ deviceId }) => deviceId),
      deviceIds,
    );
    assert.equal(answer.devices.totalCount, deviceIds.length);
    assert.equal(answer.installations.totalCount, installations.length);
    assert.equal(answer.certificates.totalCount, counts.size);
    const listed = answer.certificates.nodes.slice(0, 1_000);
    for (const { thumbprint, installationCount } of listed) {
      assert.equal(installationCount, counts.get(thumbprint), thumbprint);
    }
    const inOrder = listed.map(({ installationCount }) => installationCount);
    assert.deepEqual(
      inOrder,
      inOrder.toSorted((a, b) => b - a),
    );
    const { quality, ...counted } = answer.snapshot;
    assert.deepEqual(counted, {
      certificateCount: counts.size,
      deviceCount: deviceIds.length,
      installationCount: installations.length,
    });
    assert.equal(quality === null, ids !== null);
    assert.deepEqual(
      answer.rbacGroups.nodes.map(({ rbacGroupId }) => rbacGroupId),
      groupIds.filter((id) => ids === null || ids.includes(id)),
    );
  }

  it('see the devices, installations and certificates of their groups, all at the same time', async () => {
    assert.ok(groupIds.length >= 2);
    const answers = await Promise.all([
      ask('All'),
      ...groupIds.map((id) => ask(`Group.${id}`)),
      ask(...groupIds.slice(0, 2).map((id) => `Group.${id}`)),
    ]);
    const scopes = [null, ...groupIds.map((id) => [id]), groupIds.slice(0, 2)];
    for (const [index, ids] of scopes.entries()) {
      check(answers[index]!, ids);
      assert.deepEqual(answers[index]!.viewer, {
        kind: 'APPLICATION',
        rbacGroupIds: ids === null ? null : ids.toSorted(),
      });
    }
  });

  it('see no more for a right to something else on all groups', async () => {
    check(await ask(`Group.${groupIds[0]}`, 'Refresh'), groupIds.slice(0, 1));
  });

  it('take memory, which the metrics add up over all threads', async () => {
    await using several = await startGatewayWithSnapshot({ tenant, settings: { ...settings, WORKERS: '2' } });
    const measure = async () => {
      const text = await (await fetch(`${several.url}/metrics`)).text();
      return Number(/_scope_memory_bytes (\d+)\n/.exec(text)?.[1]);
    };
    await askOf(several, 'All');
    assert.equal(await measure(), 0);
    await askOf(several, `Group.${groupIds[0]}`);
    const ofOneThread = await measure();
    assert.ok(ofOneThread > 0);
    // The system deals out connections by their ports.
    for (let left = 200; left > 0 && (await measure()) === ofOneThread; left -= 1) {
      await askOf(several, `Group.${groupIds[0]}`);
    }
    assert.equal(await measure(), 2 * ofOneThread);
  });
});
