/** The gateway as an operator starts it, in a process of its own, measured from outside and by a small probe inside. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { readPeakBytes, readResidentBytes } from '../support/processes.ts';
import type { ProbeReading } from './probe.ts';

const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
const PROBE = new URL('./probe.ts', import.meta.url).href;

/** The log's line of a refresh that ended. */
export interface FinishedRefresh {
  readonly outcome: string;
  readonly durationMs: number;
  readonly revision: number;
}

export interface Gateway extends AsyncDisposable {
  readonly url: string;
  readonly processId: number;
  /** When the process was started, on the clock of `performance.now`. */
  readonly startedAt: number;
  /** Milliseconds that restoring the stored snapshot took; `null` when none was. */
  readonly restoreMs: number | null;
  /** The data of an operation. @throws Error on any GraphQL error */
  ask<Data>(query: string): Promise<Data>;
  /** The next refresh to end, from now or from an earlier call's answer on. */
  nextRefresh(): Promise<FinishedRefresh>;
  /** Asks for a refresh and waits for its end. Waits first where the gateway keeps a quota. */
  refresh(): Promise<FinishedRefresh>;
  read(): Promise<ProbeReading>;
  /** Of all snapshots that its main thread has in memory. */
  snapshotBytes(): Promise<number>;
  residentBytes(): number;
  /** Largest resident set since the start, or since the last {@link resetPeak}. */
  peakBytes(): number;
  /** Linux only: elsewhere the peak stays that of the whole life. */
  resetPeak(): Promise<void>;
}

export interface GatewayOptions {
  /** Of the tenant. */
  readonly environment: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** `WORKERS`; default 1. */
  readonly workers?: number;
  /** Further settings. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The header `Authorization` of what the benchmark itself asks; absent = none. */
  readonly authorization?: string;
}

/** Starts it and waits until it listens. It refreshes by mutation only, and at its start when it has no data. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { environment, dataDir, workers = 1, settings = {}, authorization } = options;
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--expose-gc', '--import', PROBE, MAIN], {
    env: {
      PATH: process.env.PATH,
      ...environment,
      DATA_DIR: dataDir,
      PORT: '0',
      WORKERS: String(workers),
      REFRESH_INTERVAL: '0',
      REFRESH_COOLDOWN: '0',
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const log = followLog(child);
  try {
    const { url } = (await log.next('started')) as { url: string };
    return createHandle(child, log, { url, startedAt, authorization });
  } catch (error) {
    await stop(child);
    throw error;
  }
}

interface HandleFacts extends Pick<Gateway, 'url' | 'startedAt'> {
  readonly authorization: string | undefined;
}

function createHandle(
  child: ChildProcess,
  log: LogFollower,
  { url, startedAt, authorization }: HandleFacts,
): Gateway {
  const processId = child.pid!;
  const ask = <Data>(query: string): Promise<Data> => askGateway<Data>(url, query, authorization);
  const nextRefresh = async (): Promise<FinishedRefresh> => {
    const finished = (await log.next('refresh_finished')) as unknown as FinishedRefresh;
    if (finished.outcome !== 'PUBLISHED') throw new Error(`A refresh ended ${JSON.stringify(finished)}.`);
    return finished;
  };
  return {
    url,
    processId,
    startedAt,
    restoreMs: (log.find('snapshot_restored')?.durationMs as number | undefined) ?? null,
    ask,
    nextRefresh,
    refresh: async () => {
      for (;;) {
        const { refreshSnapshot } = await ask<{ refreshSnapshot: StartedRefresh }>(REFRESH);
        if (refreshSnapshot.__typename === 'RefreshStarted') return await nextRefresh();
        if (refreshSnapshot.retryAfterSeconds === undefined) throw new Error('A refresh is running already.');
        await delay(refreshSnapshot.retryAfterSeconds * 1_000);
      }
    },
    read: async () => {
      const answered = once(child, 'message') as Promise<[ProbeReading]>;
      child.send('read');
      return (await answered)[0];
    },
    snapshotBytes: async () => {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      return Number(/^\S*snapshot_memory_bytes (\d+)$/m.exec(metrics)![1]);
    },
    residentBytes: () => readResidentBytes(processId),
    peakBytes: () => readPeakBytes(processId),
    resetPeak: async () => {
      // proc(5): 5 resets the peak of the resident set to what it is now.
      if (process.platform === 'linux') await writeFile(`/proc/${processId}/clear_refs`, '5');
    },
    [Symbol.asyncDispose]: () => stop(child),
  };
}

interface StartedRefresh {
  readonly __typename: string;
  readonly retryAfterSeconds?: number;
}

const REFRESH = 'mutation { refreshSnapshot { __typename ... on RefreshRateLimited { retryAfterSeconds } } }';

async function askGateway<Data>(url: string, query: string, authorization?: string): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: unknown };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

/** What is looked for in the log. */
const EVENTS = ['started', 'refresh_finished', 'snapshot_restored'];

type LogLine = Readonly<Record<string, unknown>>;

interface LogFollower {
  /** The first line of an event so far. */
  find(event: string): LogLine | undefined;
  /** The next line of an event that was not given before. @throws Error when the process ends first */
  next(event: string): Promise<LogLine>;
}

function followLog(child: ChildProcess): LogFollower {
  const lines: LogLine[] = [];
  const given = new Set<LogLine>();
  let hasEnded = false;
  let wake = Promise.withResolvers<void>();
  const notify = (): void => {
    wake.resolve();
    wake = Promise.withResolvers();
  };
  const reader = createInterface({ input: child.stdout! });
  reader.on('line', (line) => {
    // There may be thousands of lines of requests: they are not worth the time on a machine that is measured.
    if (!EVENTS.some((event) => line.includes(event))) return;
    const parsed = JSON.parse(line) as LogLine;
    if (parsed.event === undefined) return;
    lines.push(parsed);
    notify();
  });
  reader.once('close', () => {
    hasEnded = true;
    notify();
  });
  return {
    find: (event) => lines.find((line) => line.event === event),
    next: async (event) => {
      for (;;) {
        const found = lines.find((line) => line.event === event && !given.has(line));
        if (found !== undefined) {
          given.add(found);
          return found;
        }
        if (hasEnded) throw new Error(`The gateway ended before it logged ${event}.`);
        await wake.promise;
      }
    },
  };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}
