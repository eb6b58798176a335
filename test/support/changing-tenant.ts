/** A simulated tenant whose inventory changes when a test says so, with the truth about each of its exports. */

import { DAY_SECONDS, MINUTE_MS, SECOND_MS } from '../../src/core/units.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { readTrueGeneration, type TrueGeneration } from './generations.ts';

/** Time between two exports: long enough for certificates to be renewed and machines to be replaced. */
const EXPORT_AGE_MS = 10 * DAY_SECONDS * SECOND_MS;
const PLENTY = { perMinute: 100_000, perHour: 100_000 };

/** A tenant that is asked more often than Defender allows, and each of its exports. */
export interface ChangingTenant extends AsyncDisposable {
  readonly simulator: Simulator;
  newest(): TrueGeneration;
  /** Lets a new export be made, and tells what is in it. */
  change(): TrueGeneration;
}

export async function createChangingTenant(seed: number): Promise<ChangingTenant> {
  const startAt = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS;
  const simulator = await createSimulator({
    seed,
    devices: 200,
    recordsPerDevice: 15,
    recordsPerFile: 700,
    startAt,
    exportIntervalMs: EXPORT_AGE_MS,
    limits: { export: PLENTY, paged: PLENTY },
  });
  const read = () => readTrueGeneration(simulator, startAt, EXPORT_AGE_MS);
  let newest = read();
  return {
    simulator,
    newest: () => newest,
    change: () => {
      simulator.advance(EXPORT_AGE_MS);
      newest = read();
      return newest;
    },
    [Symbol.asyncDispose]: () => simulator[Symbol.asyncDispose](),
  };
}
