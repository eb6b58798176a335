import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { createCallerMetrics } from '../../../src/telemetry/caller-metrics.ts';
import { createMetrics } from '../../../src/telemetry/metrics.ts';
import { createThreadMetrics } from '../../../src/telemetry/thread-metrics.ts';

test('counts refused callers by reason, whatever the reasons', async () => {
  const registry = new Registry();
  const record = createCallerMetrics(registry);
  for (let index = 0; index < 100; index += 1) record({ reason: `REASON_${index}` });
  record({ reason: 'REASON_0' });
  const text = await registry.metrics();
  assert.match(text, /authentication_failures_total\{reason="REASON_0"\} 2/);
  assert.match(text, /authentication_failures_total\{reason="other"\} 50/);
});

test('those of all threads are one number', async () => {
  const main = createMetrics({ snapshotFacts: () => undefined, heldBytes: () => 0, countThreads: () => 2 });
  const thread = createThreadMetrics();
  main.recordRefusedCaller({ reason: 'EXPIRED' });
  thread.recordRefusedCaller({ reason: 'EXPIRED' });
  thread.recordRefusedCaller({ reason: 'NO_GRANT' });
  const text = await main.render([await thread.gather()]);
  assert.match(text, /authentication_failures_total\{reason="EXPIRED"\} 2/);
  assert.match(text, /authentication_failures_total\{reason="NO_GRANT"\} 1/);
});
