/** A simulated Defender tenant in a process of its own, without odd data and without quotas. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import type { PreparedExport } from '../../src/simulator/simulator.ts';
import type { TenantCommand, TenantState } from './tenant-process.ts';

export interface Tenant extends AsyncDisposable {
  /** Settings that point a gateway at it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly prepared: PreparedExport;
  /** Publishes a new export. Its files are there when this resolves: what comes later measures downloads alone. */
  advance(): Promise<void>;
}

const RECORDS_PER_DEVICE = 100;
/** As large as they are in the files of the ingest benchmark. */
const FILES_ABOUT = 16;
const LARGEST_FILE_RECORDS = 250_000;

/** @param records of the fleet, about */
export async function startTenant(records: number): Promise<Tenant> {
  const child = fork(new URL('./tenant-process.ts', import.meta.url));
  const ended = once(child, 'exit').then(([code]): never => {
    throw new Error(`The tenant ended with ${code}.`);
  });
  // It ends when it is told to, and then nobody waits for it here.
  ended.catch(() => undefined);
  const tell = async (command: TenantCommand): Promise<TenantState> => {
    const answered = once(child, 'message') as Promise<[TenantState]>;
    child.send(command);
    return (await Promise.race([answered, ended]))[0];
  };
  try {
    const { environment, prepared } = await tell({
      kind: 'start',
      devices: Math.max(1, Math.round(records / RECORDS_PER_DEVICE)),
      recordsPerFile: Math.min(
        LARGEST_FILE_RECORDS,
        Math.max(RECORDS_PER_DEVICE, Math.ceil(records / FILES_ABOUT)),
      ),
    });
    return {
      environment,
      prepared,
      advance: async () => {
        await tell({ kind: 'advance' });
      },
      [Symbol.asyncDispose]: () => stop(child),
    };
  } catch (error) {
    await stop(child);
    throw error;
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.send({ kind: 'stop' } satisfies TenantCommand);
  await ended;
}
