/** The upstream client against a whole simulated tenant: real OAuth, HTTP, gzip and wire spellings. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/core/clock.ts';
import { parseDistinguishedName } from '../../src/core/distinguished-name.ts';
import type { CheckStep } from '../../src/defender/connection-check.ts';
import { createDefender, type Defender, type DefenderSettings } from '../../src/defender/defender.ts';
import type { SimulatedName, SimulatedRecord } from '../../src/simulator/inventory/truth.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { createTestBudget } from '../support/call-records.ts';
import {
  type CollectedRecord,
  type CollectingSink,
  createCollectingSink,
  neverAborted,
  rejectionOf,
} from '../support/defender-fixtures.ts';
import { toDefenderSettings } from '../support/defender-settings.ts';
import { createMemoryStore } from '../support/entra-fixture.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';

function connect(simulator: Simulator, options: Partial<DefenderSettings> = {}) {
  const log = createRecordingLogger();
  const prompts: unknown[] = [];
  const requests: [target: string, status: number | null][] = [];
  const defender = createDefender<CollectingSink>(
    toDefenderSettings(simulator, { mode: 'auto', pageSize: 1_000, ...options }),
    {
      budget: createTestBudget(systemClock),
      tokenCache: createMemoryStore(),
      clock: systemClock,
      random: () => 0,
      log,
      prompt: (prompt) => prompts.push(prompt),
      onRequest: (...request) => requests.push(request),
    },
  );
  return { defender, log, prompts, requests };
}

async function readAll(defender: Defender<CollectingSink>, knownGeneratedAtMs: number | null = null) {
  return defender.source.readInventory({
    createSink: createCollectingSink,
    signal: neverAborted(),
    knownGeneratedAtMs,
    onProgress: () => {},
  });
}

async function check(defender: Defender<CollectingSink>): Promise<CheckStep[]> {
  const steps: CheckStep[] = [];
  for await (const step of defender.check(neverAborted())) steps.push(step);
  return steps;
}

/** A record as one text, with names as their parts: how a name is written is checked elsewhere. */
function describeCollected({ device, certificate, path }: CollectedRecord): string {
  const { subject, issuer, ...facts } = certificate;
  return canonical({
    ...facts,
    ...device,
    path,
    deviceName: device.name,
    name: undefined,
    subject: partsOf(subject),
    issuer: partsOf(issuer),
  });
}

function describeTruth(record: SimulatedRecord): string {
  const { isSelfSigned: _, malformed: __, subject, issuer, ...facts } = record;
  return canonical({ ...facts, subject: truePartsOf(subject), issuer: truePartsOf(issuer) });
}

function partsOf(text: string | null) {
  if (text === null) return null;
  const parts = parseDistinguishedName(text);
  return Object.values(parts).some((part) => part !== null) ? parts : { text };
}

function truePartsOf(name: SimulatedName | null) {
  if (name === null) return null;
  const { text, ...parts } = name;
  if (Object.values(parts).some((part) => part !== null)) return parts;
  return text === null ? null : { text };
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([left], [right]) => (left < right ? -1 : 1)))
      : entry,
  );
}

describe('upstream client and simulated tenant', () => {
  for (const mode of ['export', 'paged'] as const) {
    for (const spelling of ['legacy', 'current', 'pascal'] as const) {
      it(`reads from ${mode} in ${spelling} spelling, with every quirk, what the tenant knows to be true`, async () => {
        await using simulator = await createSimulator({
          devices: 40,
          quirks: 'all',
          seed: 7,
          spelling: { export: spelling, paged: spelling },
        });
        const { defender } = connect(simulator, { mode });
        await using _closing = defender;
        const { sink, source, outcome } = await readAll(defender);
        const truth = [...simulator.records()];
        assert.deepEqual(
          [outcome, source, sink.rejections],
          ['READ', mode === 'export' ? 'EXPORT' : 'PAGED', []],
        );
        assert.deepEqual(sink.records.map(describeCollected).sort(), truth.map(describeTruth).sort());
        assert.ok(truth.length > 3_000);
      });
    }
  }

  it('tells of every request that left, by target and status', async () => {
    await using simulator = await createSimulator({ devices: 3, recordsPerFile: 100_000 });
    simulator.fail({ endpoint: 'export', fault: { kind: 'reset', afterBytes: 0 } });
    const { defender, requests } = connect(simulator, { mode: 'export' });
    await using _closing = defender;
    await readAll(defender);
    const [first, second, third, ...files] = requests;
    assert.deepEqual(
      [first, second, third],
      [
        ['TOKEN', 200],
        ['EXPORT', null],
        ['EXPORT', 200],
      ],
    );
    assert.ok(files.length > 0);
    assert.ok(files.every(([target, status]) => target === 'FILE' && status === 200));
  });

  it('asks a sign-in service that cannot be reached as often as one policy allows, and no more', async () => {
    await using simulator = await createSimulator({ devices: 3 });
    for (const mode of ['auto', 'paged'] as const) {
      // Nothing listens on port 1.
      const { defender, requests } = connect(simulator, {
        mode,
        authorityHost: new URL('http://127.0.0.1:1'),
      });
      await using _closing = defender;
      assert.equal((await rejectionOf(readAll(defender))).code, 'UPSTREAM_UNREACHABLE');
      assert.deepEqual(requests, Array(4).fill(['TOKEN', null]));
    }
  });

  it('rejects exactly the records that the tenant broke, for the reasons it broke them', async () => {
    await using simulator = await createSimulator({ devices: 40, quirks: ['brokenRecords'] });
    const { defender } = connect(simulator);
    await using _closing = defender;
    const { sink } = await readAll(defender);
    const truth = [...simulator.records()];
    const broken = truth.flatMap(({ malformed }) => malformed ?? []);
    assert.ok(broken.length > 10);
    assert.deepEqual(sink.rejections.map(({ reason }) => reason).sort(), broken.sort());
    assert.equal(sink.records.length, truth.length - broken.length);
  });

  it('downloads nothing while the export stays the same', async () => {
    await using simulator = await createSimulator({ devices: 5 });
    const { defender } = connect(simulator);
    await using _closing = defender;
    const first = await readAll(defender);
    const second = await readAll(defender, first.generatedAtMs);
    assert.deepEqual([first.outcome, second.outcome, second.bytesDownloaded], ['READ', 'UNCHANGED', 0]);
  });

  it('sends no bearer token to the blob store and leaves no secret in the log', async () => {
    await using simulator = await createSimulator({ devices: 5 });
    simulator.fail({ endpoint: 'blob', fault: { kind: 'reset', afterBytes: 1_000 } });
    simulator.fail({ endpoint: 'export', fault: { kind: 'reply', status: 503, body: '<html>' } });
    const { defender, log } = connect(simulator);
    await using _closing = defender;
    assert.equal((await readAll(defender)).sink.records.length, [...simulator.records()].length);
    const logged = JSON.stringify(log.lines);
    assert.ok(log.messages.includes('upstream attempt failed, trying again'));
    assert.doesNotMatch(logged, /sig=(?!\[)|eyJ|Bearer/);
    assert.ok(!logged.includes(simulator.environment.AZURE_CLIENT_SECRET ?? ''));
  });

  it('signs in by device code as one user', async () => {
    await using simulator = await createSimulator({ devices: 5, deviceCodePolls: 0 });
    const { defender, log, prompts } = connect(simulator, { credential: { kind: 'deviceCode' } });
    await using _closing = defender;
    assert.ok((await readAll(defender)).sink.records.length > 0);
    assert.equal(prompts.length, 1);
    assert.ok(
      log.messages.includes(
        'signed in as a user: the snapshot holds only the devices that this user may see',
      ),
    );
  });

  it('passes the connection check, and says what it cost', async () => {
    await using simulator = await createSimulator({ devices: 5 });
    const { defender } = connect(simulator);
    await using _closing = defender;
    const steps = await check(defender);
    assert.deepEqual(
      steps.map(({ name, ok, callsUsed }) => [name, ok, callsUsed.EXPORT, callsUsed.PAGED]),
      [
        ['TOKEN', true, 0, 0],
        ['PAGED', true, 0, 1],
        ['EXPORT', true, 1, 0],
        ['FILE', true, 0, 0],
      ],
    );
  });

  for (const [name, change, codes] of [
    [
      'without a licence',
      { licensed: false },
      [null, 'UPSTREAM_LICENSE_MISSING', 'UPSTREAM_LICENSE_MISSING'],
    ],
    [
      'without the role',
      { roles: [] },
      ['UPSTREAM_ROLE_MISSING', 'UPSTREAM_ROLE_MISSING', 'UPSTREAM_ROLE_MISSING'],
    ],
    ['with another secret', { clientSecret: 'changed' }, ['UPSTREAM_CREDENTIAL_REJECTED']],
  ] as const) {
    it(`fails the connection check of a tenant ${name}`, async () => {
      await using simulator = await createSimulator({ devices: 5 });
      simulator.change(change);
      const { defender } = connect(simulator);
      await using _closing = defender;
      const steps = await check(defender);
      assert.deepEqual(
        steps.map(({ code }) => code),
        codes,
      );
    });
  }
});
