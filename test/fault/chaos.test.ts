/**
 * An hour of everything at once: no query fails, no row is wrong, no quota is exceeded. `CHAOS_SEEDS=20` tries twenty hours;
 * without it there are three, one for each source.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS } from '../../src/core/units.ts';
import { runChaos } from '../support/chaos.ts';

const SOURCES = ['auto', 'paged', 'export'] as const;
const SEED_COUNT = Number(process.env.CHAOS_SEEDS ?? SOURCES.length);

for (let seed = 1; seed <= SEED_COUNT; seed++) {
  const source = SOURCES[(seed - 1) % SOURCES.length]!;
  test(`an hour of random faults, seed ${seed}, REFRESH_SOURCE=${source}`, async (t) => {
    const report = await runChaos({ seed, source, durationMs: HOUR_MS });
    t.diagnostic(JSON.stringify(report));
    assert.ok(report.snapshots >= 3, 'snapshots were published');
    assert.ok(report.answers >= 200, 'questions were asked throughout');
    assert.ok(report.faults >= 10, 'faults were ordered');
    assert.ok(report.restarts >= 1, 'the gateway was restarted');
  });
}
