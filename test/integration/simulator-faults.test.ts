/** What a simulated tenant can be made to do beside its own answers: habits, faults that are forgotten, time of its own. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { mergeRecords } from '../support/simulated-truth.ts';

const SMALL: SimulatorOptions = { devices: 5, recordsPerDevice: 8, recordsPerFile: 8 };

async function signIn({ url, environment }: Simulator): Promise<Record<string, string>> {
  const response = await fetch(`${url}/${environment.AZURE_TENANT_ID}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: environment.AZURE_CLIENT_ID!,
      client_secret: environment.AZURE_CLIENT_SECRET!,
      scope: 'https://api.securitycenter.microsoft.com/.default',
    }),
  });
  const { access_token: token } = (await response.json()) as { access_token: string };
  return { authorization: `Bearer ${token}` };
}

interface Page {
  readonly value: readonly unknown[];
  readonly '@odata.nextLink'?: string;
}

async function walk(simulator: Simulator, pageSize: number): Promise<number[]> {
  const headers = await signIn(simulator);
  const sizes: number[] = [];
  let link: string | undefined =
    `${simulator.url}/api/machines/certificateAssessmentByMachine?pageSize=${pageSize}`;
  while (link !== undefined) {
    const response: Response = await fetch(link, { headers });
    assert.equal(response.status, 200, await response.clone().text());
    const page = (await response.json()) as Page;
    sizes.push(page.value.length);
    link = page['@odata.nextLink'];
  }
  return sizes;
}

async function list(simulator: Simulator, query = ''): Promise<{ status: number; files: string[] }> {
  const headers = await signIn(simulator);
  const response = await fetch(`${simulator.url}/api/machines/certificateAssessmentExport${query}`, {
    headers,
  });
  const { exportFiles = [] } = (await response.json()) as { exportFiles?: string[] };
  return { status: response.status, files: exportFiles };
}

const total = (simulator: Simulator): number => [...simulator.records()].length;
const sum = (sizes: readonly number[]): number => sizes.reduce((left, right) => left + right, 0);

describe('habits of a simulated tenant', () => {
  it('short pages, and empty ones, are between the others and lose nothing', async () => {
    await using simulator = await createSimulator(SMALL);
    const records = total(simulator);
    assert.equal(sum(await walk(simulator, 10)), records);
    simulator.change({ habits: { shortPages: true } });
    const short = await walk(simulator, 10);
    assert.deepEqual([sum(short), Math.max(...short)], [records, 5]);
    simulator.change({ habits: { shortPages: false, emptyPages: true } });
    const empty = await walk(simulator, 10);
    assert.equal(sum(empty), records);
    assert.deepEqual(
      empty.map((size) => size > 0),
      empty.map((_, index) => index % 2 === 1),
    );
  });

  it('a page size that is too large is refused, or cut down in silence', async () => {
    await using simulator = await createSimulator(SMALL);
    simulator.change({ habits: { pageMaximum: 7 } });
    const headers = await signIn(simulator);
    const refused = await fetch(`${simulator.url}/api/machines/certificateAssessmentByMachine?pageSize=8`, {
      headers,
    });
    assert.equal(refused.status, 400);
    assert.match(await refused.text(), /pageSize must be a whole number from 1 to 7/);
    simulator.change({ habits: { oversizedPages: 'clamped' } });
    const clamped = await walk(simulator, 8);
    assert.deepEqual([sum(clamped), Math.max(...clamped)], [total(simulator), 7]);
  });

  it('skip tokens outlive their export, or die with it', async () => {
    await using simulator = await createSimulator(SMALL);
    const headers = await signIn(simulator);
    const first = await fetch(`${simulator.url}/api/machines/certificateAssessmentByMachine?pageSize=9`, {
      headers,
    });
    const { '@odata.nextLink': link } = (await first.json()) as Page;
    simulator.advance(6 * 3_600_000);
    const later = await signIn(simulator);
    assert.equal((await fetch(link!, { headers: later })).status, 200);
    simulator.change({ habits: { skipTokensExpire: true } });
    const refused = await fetch(link!, { headers: later });
    assert.deepEqual([refused.status, /expired/.test(await refused.text())], [400, true]);
  });

  it('addresses live for so long, begin so late, and are refused for more hours than that', async () => {
    let now = Date.UTC(2026, 10, 23);
    await using simulator = await createSimulator({ ...SMALL, now: () => now });
    const statusOf = async (file: string): Promise<number> => {
      const response = await fetch(file);
      await response.arrayBuffer();
      return response.status;
    };
    simulator.change({ habits: { sasLifetimeMs: 20_000 } });
    const short = (await list(simulator)).files[0]!;
    now += 19_000;
    assert.equal(await statusOf(short), 200);
    now += 1_000;
    assert.equal(await statusOf(short), 403);
    simulator.change({ habits: { sasLifetimeMs: Number.POSITIVE_INFINITY, sasStartsInMs: 5_000 } });
    const early = (await list(simulator)).files[0]!;
    assert.equal(await statusOf(early), 403);
    now += 5_000;
    assert.equal(await statusOf(early), 200);
    simulator.change({ habits: { sasMaximumHours: 2 } });
    assert.equal((await list(simulator, '?sasValidHours=3')).status, 400);
    assert.equal((await list(simulator, '?sasValidHours=2')).status, 200);
  });
});

describe('a simulated tenant', () => {
  it('forgets its faults when it is healed', async () => {
    await using simulator = await createSimulator(SMALL);
    simulator.fail({ endpoint: 'export', fault: { kind: 'reply', status: 500, body: '{}' }, times: 1_000 });
    assert.equal((await list(simulator)).status, 500);
    simulator.heal();
    assert.equal((await list(simulator)).status, 200);
  });

  it('sends the whole file for a range that it ignores', async () => {
    await using simulator = await createSimulator(SMALL);
    const [file] = (await list(simulator)).files;
    simulator.fail({ endpoint: 'blob', fault: { kind: 'ignoreRange' } });
    const headers = { range: 'bytes=5-9' };
    const [whole, part] = [await fetch(file!, { headers }), await fetch(file!, { headers })];
    const bytes = await whole.bytes();
    assert.deepEqual([whole.status, part.status], [200, 206]);
    assert.deepEqual(await part.bytes(), bytes.subarray(5, 10));
  });

  it('waits by the time that it is given, and tells of every token and signature', async () => {
    const waits: number[] = [];
    const secrets: string[] = [];
    await using simulator = await createSimulator({
      ...SMALL,
      sleep: async (durationMs) => void waits.push(durationMs),
      onSecret: (secret) => secrets.push(secret),
    });
    simulator.fail({ endpoint: 'export', fault: { kind: 'delay', delayMs: 90_000 } });
    const { files } = await list(simulator);
    assert.deepEqual(waits, [90_000]);
    assert.equal(secrets.length, 1 + files.length);
    for (const file of files) assert.ok(secrets.includes(new URL(file).searchParams.get('sig')!));
  });

  it('changes faster from export to export when told to', async () => {
    const describe = (simulator: Simulator): string =>
      JSON.stringify(mergeRecords(simulator.records()).certificates.map(({ thumbprint }) => thumbprint));
    const changes = async (pace: number): Promise<boolean> => {
      await using simulator = await createSimulator({ ...SMALL, pace });
      const before = describe(simulator);
      simulator.advance(6 * 3_600_000);
      return describe(simulator) !== before;
    };
    assert.deepEqual([await changes(1), await changes(400)], [false, true]);
  });
});
