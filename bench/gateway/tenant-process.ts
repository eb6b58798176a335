/** A process that runs a simulated tenant; `tenant.ts` starts it and tells it what to do. */

import { createSimulator, type PreparedExport } from '../../src/simulator/simulator.ts';

/** From the benchmark, in turn. */
export type TenantCommand =
  | { readonly kind: 'start'; readonly devices: number; readonly recordsPerFile: number }
  /** A new export, with its files written. */
  | { readonly kind: 'advance' }
  | { readonly kind: 'stop' };

/** The answer to each command but the last. */
export interface TenantState {
  readonly environment: Readonly<Record<string, string>>;
  readonly prepared: PreparedExport;
}

const EXPORT_INTERVAL_MS = 3_600_000;
/** A token outlives all exports of a run: one that time has run away from would cost a second call of the quota. */
const TOKEN_LIFETIME_SECONDS = 86_400;
const UNLIMITED = { perMinute: Number.POSITIVE_INFINITY, perHour: Number.POSITIVE_INFINITY };

process.once('message', (command: TenantCommand) => {
  if (command.kind === 'start') void serve(command);
});

async function serve({ devices, recordsPerFile }: TenantCommand & { readonly kind: 'start' }): Promise<void> {
  const simulator = await createSimulator({
    devices,
    recordsPerFile,
    quirks: 'none',
    exportIntervalMs: EXPORT_INTERVAL_MS,
    tokenLifetimeSeconds: TOKEN_LIFETIME_SECONDS,
    limits: { paged: UNLIMITED, export: UNLIMITED },
  });
  const answer = async (): Promise<void> => {
    const state: TenantState = {
      environment: simulator.environment,
      prepared: await simulator.prepare(),
    };
    process.send!(state);
  };
  process.on('message', (command: TenantCommand) => {
    if (command.kind === 'stop') void stop();
    if (command.kind !== 'advance') return;
    simulator.advance(EXPORT_INTERVAL_MS);
    void answer();
  });
  process.once('disconnect', stop);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  async function stop(): Promise<void> {
    await simulator[Symbol.asyncDispose]();
    process.exit();
  }
  await answer();
}
