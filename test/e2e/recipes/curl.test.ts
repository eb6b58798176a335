import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type FixedTenant, startFixedTenant } from '../../support/fixed-tenant.ts';
import { findOptionalProgram } from '../../support/optional-programs.ts';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const run = promisify(execFile);

/** DigiCert Global Root G2. */
const DEFAULT_ROOT = 'DF3C24F9BFD666761B268073FE06D1CC8D4F82A4';
/** Only for a test that would wait for ever. */
const options = { timeout: 60_000 };

const curl = findOptionalProgram('curl');
describe('the recipe for curl', { ...options, skip: curl.skip }, () => {
  let tenant: FixedTenant;
  before(async () => {
    tenant = await startFixedTenant();
  });
  after(() => tenant[Symbol.asyncDispose]());

  interface Answer {
    readonly data: {
      readonly certificates: Connection<{ thumbprint: string; installations: { totalCount: number } }>;
      readonly certificate: { readonly installations: Connection<{ path: string; device: Device }> } | null;
      readonly devices: Connection<Device>;
      readonly refreshSnapshot: { readonly __typename: string };
    };
  }
  interface Device {
    readonly deviceId: string;
  }
  interface Connection<Row> {
    readonly totalCount: number;
    readonly nodes: readonly Row[];
    readonly pageInfo: { readonly endCursor: string };
  }

  async function runScript(name: string, ...args: readonly string[]): Promise<Answer['data']> {
    const env = { ...process.env, GATEWAY_URL: tenant.url };
    const { stdout } = await run('sh', [join(root, 'docs/recipes/curl', name), ...args], { env });
    return (JSON.parse(stdout) as Answer).data;
  }

  /** Each place of a certificate as the gateway has it. */
  function toPlaces(certificate: Answer['data']['certificate']): string[] {
    const installations = certificate?.installations.nodes ?? [];
    return installations.map(({ device, path }) => `${device.deviceId} ${path}`).sort();
  }

  /** Each place of a certificate as the tenant knows it. */
  function findPlaces(thumbprint: string): string[] {
    const found = [...tenant.simulator.records()].filter((record) => record.thumbprint === thumbprint);
    return found.map(({ deviceId, path }) => `${deviceId} ${path}`).sort();
  }

  /** A root that some devices trust, and the others. */
  function findRoot(): { thumbprint: string; lacking: string[] } {
    const records = [...tenant.simulator.records()];
    const devices = [...new Set(records.map(({ deviceId }) => deviceId))].sort();
    const roots = records.filter(({ path }) => /^LocalMachine\\(?:Root|AuthRoot)\\/.test(path));
    for (const { thumbprint } of roots) {
      const holders = roots.filter((record) => record.thumbprint === thumbprint);
      const trusting = new Set(holders.map(({ deviceId }) => deviceId));
      const lacking = devices.filter((deviceId) => !trusting.has(deviceId));
      if (lacking.length > 0) return { thumbprint, lacking };
    }
    throw new Error('the tenant has no root that some device lacks');
  }

  it('finds what expires in 30 days, and goes on behind a cursor', async () => {
    const { certificates } = await runScript('expiring-in-30-days.sh');
    const expected = tenant.expiring(30);
    assert.ok(expected.length > 0);
    assert.deepEqual(
      certificates.nodes.map(({ thumbprint }) => thumbprint),
      expected,
    );
    assert.ok(certificates.nodes.every(({ installations }) => installations.totalCount > 0));
    const rest = await runScript('expiring-in-30-days.sh', certificates.pageInfo.endCursor);
    assert.deepEqual([rest.certificates.totalCount, rest.certificates.nodes], [expected.length, []]);
  });

  it('finds one thumbprint everywhere', async () => {
    const { thumbprint } = findRoot();
    const { certificate } = await runScript('one-thumbprint-everywhere.sh', thumbprint.toLowerCase());
    assert.deepEqual(toPlaces(certificate), findPlaces(thumbprint));
  });

  it('looks for a well-known root where no thumbprint is given', async () => {
    const { certificate } = await runScript('one-thumbprint-everywhere.sh');
    assert.deepEqual(toPlaces(certificate), findPlaces(DEFAULT_ROOT));
  });

  it('finds the devices that lack a root', async () => {
    const { thumbprint, lacking } = findRoot();
    const { devices } = await runScript('devices-lacking-a-root.sh', thumbprint);
    assert.deepEqual(devices.nodes.map(({ deviceId }) => deviceId).sort(), lacking);
  });

  it('asks for a refresh', async () => {
    const { refreshSnapshot } = await runScript('refresh.sh');
    assert.equal(refreshSnapshot.__typename, 'RefreshStarted');
  });
});
