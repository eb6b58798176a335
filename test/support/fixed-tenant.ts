/**
 * A small tenant at one fixed instant and the gateway over it, for tests that ask as a client would: nothing
 * expires while a test runs, and every run has the same data. What it holds is known from the simulator alone.
 */

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../src/core/clock.ts';
import { DAY_SECONDS, SECOND_MS } from '../../src/core/units.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, type GatewayOptions, startGatewayWithSnapshot } from './gateway.ts';

const NOW_MS = Date.UTC(2026, 10, 23, 12);
const EXPORT_AGE_MS = 10 * DAY_SECONDS * SECOND_MS;

export interface FixedTenant extends AsyncDisposable {
  readonly url: string;
  readonly gateway: Gateway;
  readonly simulator: Simulator;
  /** Thumbprints of what expires within so many days of now, soonest first, as the newest export has it. */
  expiring(days: number): string[];
  /** Lets ten days pass for the tenant, whose inventory changes, and has its new export served. */
  publishNextExport(): Promise<void>;
}

/** Starts both, and waits for the first snapshot. By default there is nothing odd in the data. */
export async function startFixedTenant(
  {
    settings = {},
    ...options
  }: Pick<SimulatorOptions, 'seed' | 'quirks'> & Pick<GatewayOptions, 'settings'> = { quirks: 'none' },
): Promise<FixedTenant> {
  await using resources = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'gateway-test-'));
  resources.defer(() => rm(dataDir, { recursive: true, force: true }));
  const now = () => NOW_MS;
  const simulator = resources.use(
    await createSimulator({ devices: 12, recordsPerDevice: 20, startAt: NOW_MS, now, ...options }),
  );
  const overrides = { clock: { ...systemClock, now } };
  const gateway = resources.use(
    await startGatewayWithSnapshot({ tenant: simulator, dataDir, settings, overrides }),
  );
  const owned = resources.move();
  return {
    url: gateway.url,
    gateway,
    simulator,
    expiring: (days) => findExpiring(simulator, days),
    async publishNextExport() {
      simulator.advance(EXPORT_AGE_MS);
      const { outcome, failure } = await gateway.refresh();
      assert.equal(outcome, 'PUBLISHED', failure?.message);
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function findExpiring(simulator: Simulator, days: number): string[] {
  const from = NOW_MS / SECOND_MS;
  const expiries = new Map<string, number>();
  for (const { thumbprint, notAfter } of simulator.records()) {
    if (notAfter !== null && notAfter >= from && notAfter <= from + days * DAY_SECONDS)
      expiries.set(thumbprint, notAfter);
  }
  return [...expiries]
    .sort(([left, leftExpiry], [right, rightExpiry]) => leftExpiry - rightExpiry || (left < right ? -1 : 1))
    .map(([thumbprint]) => thumbprint);
}
