/** What a refresh did is one line of the log: an operator needs no other to see why it took long. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { startProcess } from '../support/gateway-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

type Counts = Readonly<Record<string, number>>;

interface Summary {
  readonly outcome: string;
  readonly source: string;
  readonly durationMs: number;
  readonly phaseDurationsMs: Counts;
  readonly filesTotal: number;
  readonly filesDone: number;
  readonly bytesDownloaded: number;
  readonly calls: Counts;
  readonly retries: Counts;
  readonly recordsRead: number;
  readonly recordsRejected: number;
  readonly rejections: Counts;
}

test('a refresh leaves one summary: files, bytes, records, calls, retries and where the time went', async (t) => {
  await using tenant = await createSimulator({
    devices: 6,
    recordsPerDevice: 10,
    recordsPerFile: 20,
    seed: 17,
  });
  tenant.fail({ endpoint: 'blob', fault: { kind: 'reset', afterBytes: 40 } });
  tenant.fail({ endpoint: 'export', fault: { kind: 'reply', status: 503, body: '' } });
  await using gateway = startProcess([], {
    ...tenant.environment,
    DATA_DIR: createTemporaryFolder(t),
    PORT: '0',
    REFRESH_SOURCE: 'export',
    // One thread: which of several meets the fault is chance, the counts are not.
    REFRESH_THREADS: '1',
  });
  const [line] = await gateway.waitFor(/^.*"event":"refresh_finished".*$/m);
  const summary = JSON.parse(line) as Summary;
  const { files, records, compressedBytes } = await tenant.prepare();
  assert.equal(summary.outcome, 'PUBLISHED', line);
  assert.equal(summary.source, 'EXPORT');
  assert.deepEqual([summary.filesTotal, summary.filesDone], [files, files]);
  assert.equal(summary.recordsRead, records);
  assert.ok(summary.bytesDownloaded >= compressedBytes);
  assert.equal(sumOf(summary.rejections), summary.recordsRejected);
  // As the tenant counts them.
  const made = (endpoint: string) => tenant.calls.filter((call) => call.endpoint === endpoint).length;
  assert.deepEqual(summary.calls, { TOKEN: made('token'), EXPORT: made('export'), FILE: made('blob') });
  assert.deepEqual(summary.retries, { UPSTREAM_UNAVAILABLE: 1, UPSTREAM_CONNECTION_LOST: 1 });
  const phases = Object.keys(summary.phaseDurationsMs);
  for (const phase of ['WAITING', 'DOWNLOADING', 'BUILDING', 'VALIDATING', 'PUBLISHING'])
    assert.ok(phases.includes(phase), phase);
  assert.equal(sumOf(summary.phaseDurationsMs), summary.durationMs);
});

function sumOf(counts: Counts): number {
  return Object.values(counts).reduce((sum, each) => sum + each, 0);
}
