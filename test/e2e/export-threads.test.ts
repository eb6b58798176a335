/** Faults of export files through the whole gateway, with files read in two threads of their own. */

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HOUR_MS } from '../../src/core/units.ts';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { startGateway } from '../support/gateway.ts';

const SIZE = { devices: 8, recordsPerDevice: 20, recordsPerFile: 20, quirks: 'none', seed: 5 } as const;
const SETTINGS = { REFRESH_THREADS: '2', REFRESH_SOURCE: 'export' };

interface Served {
  readonly snapshot: {
    readonly installationCount: number;
    readonly quality: { readonly recordsRead: number };
  };
}

describe('export files that are read in threads', { concurrency: 2 }, () => {
  test('keep what they have read when their addresses expire, and are read on under new ones', async () => {
    await using tenant = await createSimulator({ ...SIZE, exportIntervalMs: 240 * HOUR_MS });
    const { files } = await tenant.prepare();
    tenant.fail({
      endpoint: 'blob',
      after: 2,
      fault: {
        kind: 'change',
        change: (reply) => {
          tenant.advance(4 * HOUR_MS);
          return reply;
        },
      },
    });
    await using gateway = await startGateway({ tenant, settings: SETTINGS });
    const { outcome, failure, progress } = await gateway.firstRun;
    assert.equal(outcome, 'PUBLISHED', failure?.message);
    const records = [...tenant.records()];
    const { snapshot } = await gateway.ask<Served>(
      '{ snapshot { installationCount quality { recordsRead } } }',
    );
    assert.equal(snapshot.quality.recordsRead, records.length);
    assert.equal(
      snapshot.installationCount,
      new Set(records.map(({ deviceId, thumbprint, path }) => `${deviceId} ${thumbprint} ${path}`)).size,
    );
    assert.deepEqual([progress.filesTotal, progress.filesDone], [files, files]);
    const count = (endpoint: string, status: number) =>
      tenant.calls.filter((call) => call.endpoint === endpoint && call.status === status).length;
    assert.deepEqual([count('export', 200), count('blob', 200)], [2, files]);
  });

  test('end with the deadline, and the failure says what a thread was waiting for', async () => {
    await using tenant = await createSimulator(SIZE);
    tenant.fail({ endpoint: 'blob', times: Number.POSITIVE_INFINITY, fault: { kind: 'copyPending' } });
    await using gateway = await startGateway({
      tenant,
      settings: { ...SETTINGS, REFRESH_DEADLINE: '6s' },
    });
    const { outcome, failure } = await gateway.firstRun;
    assert.deepEqual(
      [outcome, failure?.code, failure?.retryable],
      ['FAILED', 'REFRESH_TIMED_OUT', true],
      failure?.message,
    );
    assert.match(
      failure?.message ?? '',
      /read for 6 s, .* 0 of \d+ files were read; what last made it wait was UPSTREAM_FILE_NOT_READY/,
    );
  });
});
