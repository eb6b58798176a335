/**
 * The whole gateway and the whole tenant in one process and one thread, by simulated time: settings, MSAL, HTTP over
 * loopback, downloads, storage in a folder, the refresher, GraphQL over HTTP. Only the threads are left out.
 *
 * Hours take seconds, and every wait has its exact length. Chance is a number that the test names.
 */

import assert from 'node:assert/strict';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { RefreshRunView } from '../../src/refresh/refresh-status.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGateway } from './gateway.ts';
import { createRefreshInProcess } from './refresh-in-process.ts';
import { createSimulatedTime, type SimulatedTime } from './simulated-time.ts';

export const START_MS = Date.UTC(2026, 10, 23, 6);

export interface SimulatedWorld extends AsyncDisposable {
  readonly time: SimulatedTime;
  readonly tenant: Simulator;
  /** Every line that a gateway of this world has logged, at the most talkative level. */
  readonly log: readonly string[];
  /** Every token and signature that the tenant has handed out, and its client secret. */
  readonly secrets: ReadonlySet<string>;
  /** Starts a gateway that refreshes when asked to; default a folder of its own. */
  startGateway(options?: SimulatedGatewayOptions): Promise<SimulatedGateway>;
}

export interface SimulatedGatewayOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly dataDir?: string;
  /** Uniform in [0, 1); default always one half. */
  readonly random?: () => number;
}

export interface SimulatedGateway extends Gateway {
  /** Ends it as a stop does; its data folder, for the next one. */
  close(): Promise<string>;
  /** Lets time pass until the first run has ended. */
  untilFirstRun(): Promise<RefreshRunView>;
  /** Lets time pass until the next run has ended, whoever starts it. */
  untilNextRun(): Promise<RefreshRunView>;
  /** Asks for a refresh while time stands still; what the answer is called. */
  requestRefresh(): Promise<string>;
}

export interface WorldOptions extends Omit<SimulatorOptions, 'now' | 'startAt' | 'sleep' | 'onSecret'> {
  /**
   * Real milliseconds after which an answer that does not come is given up. Simulated time then goes on by what the
   * gateway waits in life. Default: the gateway's own timeouts, which no test should meet.
   */
  readonly patienceMs?: number;
}

/** Two minutes to the first byte and one between two pieces of a body, which is what the gateway allows. */
const USUAL_TIMEOUTS_MS = { headers: 120_000, body: 60_000 };

/** A tenant at its first export. Disposing ends the gateways first. */
export async function createSimulatedWorld({
  patienceMs,
  ...tenantOptions
}: WorldOptions = {}): Promise<SimulatedWorld> {
  const owned = new AsyncDisposableStack();
  const time = owned.use(createSimulatedTime(START_MS));
  if (patienceMs !== undefined) owned.use(loseTimeInTimeouts(time, patienceMs));
  const secrets = new Set<string>();
  const log: string[] = [];
  const tenant = owned.use(
    await createSimulator({
      ...tenantOptions,
      startAt: START_MS,
      now: time.clock.now,
      onSecret: (secret) => secrets.add(secret),
      sleep: async (durationMs, signal) => {
        const back = time.lend();
        try {
          await time.clock.sleep(durationMs, signal);
        } finally {
          back();
        }
      },
    }),
  );
  secrets.add(tenant.environment.AZURE_CLIENT_SECRET!);
  const createFolder = async (): Promise<string> => {
    const folder = await mkdtemp(join(tmpdir(), 'simulated-gateway-'));
    owned.defer(() => rm(folder, { recursive: true, force: true }));
    return folder;
  };
  const logger = pino(
    { level: 'trace', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (line) => void log.push(line) },
  );

  return {
    time,
    tenant,
    log,
    secrets,
    async startGateway({ settings = {}, random = () => 0.5, ...options } = {}) {
      const dataDir = options.dataDir ?? (await createFolder());
      const gateway = await startGateway({
        tenant,
        dataDir,
        // One lane, which is in this thread.
        settings: { REFRESH_THREADS: '1', ...settings },
        overrides: {
          clock: time.clock,
          random,
          log: logger,
          spawnRefreshThread: createRefreshInProcess(time, random),
        },
      });
      const parts = new AsyncDisposableStack();
      parts.use(gateway);
      owned.use(parts);
      const requestRefresh = async (): Promise<string> => {
        const release = time.hold();
        try {
          const { refreshSnapshot } = await gateway.ask<{ refreshSnapshot: { __typename: string } }>(
            'mutation { refreshSnapshot { __typename } }',
          );
          return refreshSnapshot.__typename;
        } finally {
          release();
        }
      };
      return {
        ...gateway,
        [Symbol.asyncDispose]: () => parts.disposeAsync(),
        close: async () => {
          await parts.disposeAsync();
          return dataDir;
        },
        untilFirstRun: () => time.until(gateway.firstRun),
        untilNextRun: () => time.until(gateway.app.whenRunEnds()),
        requestRefresh,
        refresh: async () => {
          const ended = gateway.app.whenRunEnds();
          assert.equal(await requestRefresh(), 'RefreshStarted');
          return time.until(ended);
        },
      };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

interface ObservedRequest {
  headersTimeout: number | null | undefined;
  bodyTimeout: number | null | undefined;
}

/** undici measures its timeouts by the machine: they are cut short, and what they would have taken goes by at once. */
function loseTimeInTimeouts(time: SimulatedTime, patienceMs: number): Disposable {
  const allowedMs = new WeakMap<ObservedRequest, typeof USUAL_TIMEOUTS_MS>();
  const onCreate = (message: unknown): void => {
    const { request } = message as { request: ObservedRequest };
    allowedMs.set(request, {
      headers: request.headersTimeout ?? USUAL_TIMEOUTS_MS.headers,
      body: request.bodyTimeout ?? USUAL_TIMEOUTS_MS.body,
    });
    request.headersTimeout = patienceMs;
    request.bodyTimeout = patienceMs;
  };
  const onError = (message: unknown): void => {
    const { request, error } = message as { request: ObservedRequest; error: { code?: string } };
    const allowed = allowedMs.get(request) ?? USUAL_TIMEOUTS_MS;
    if (error.code === 'UND_ERR_HEADERS_TIMEOUT') time.elapse(allowed.headers);
    if (error.code === 'UND_ERR_BODY_TIMEOUT') time.elapse(allowed.body);
  };
  subscribe('undici:request:create', onCreate);
  subscribe('undici:request:error', onError);
  return {
    [Symbol.dispose]: () => {
      unsubscribe('undici:request:create', onCreate);
      unsubscribe('undici:request:error', onError);
    },
  };
}
