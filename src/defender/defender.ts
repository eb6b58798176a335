/**
 * Puts the upstream client together: one dispatcher, one token source, both endpoints, the files, and what
 * the rest of the gateway uses of them: the source for a refresh, the connection check, and for a thread
 * that reads files alone, the file reader.
 */

import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { RecordSink } from '../snapshot/record.ts';
import { createApiClient } from './api-client.ts';
import { type BlobClient, createBlobClient } from './blob-client.ts';
import type { CallBudget } from './call-budget.ts';
import type { ApiEndpoint } from './call-ledger.ts';
import { type CheckStep, checkConnection } from './connection-check.ts';
import type { Credential } from './credential.ts';
import { createDefenderSource, type DefenderSource, type SourceMode } from './defender-source.ts';
import { createExportEndpoint } from './export-endpoint.ts';
import { createExportFileReader, type ExportFileReader } from './export-file-reader.ts';
import { createLocalLane, type OpenLanes } from './file-lanes.ts';
import { createHostAllowList } from './host-allow-list.ts';
import { createPagedEndpoint } from './paged-endpoint.ts';
import { observeRequests, type RequestObserver } from './request-observer.ts';
import { createRetryPolicy, type Retry, type RetryPolicy } from './retry.ts';
import type { SignInPrompt } from './sign-in.ts';
import type { TokenCacheStore } from './token-cache.ts';
import { createTokenSource } from './token-source.ts';
import { createUpstreamDispatcher, toUserAgent, type UpstreamDispatcherOptions } from './transport.ts';
import { createWatchedClock, type WatchedClock } from './watched-clock.ts';

/** Settings, named as in the configuration. */
export interface DefenderSettings {
  readonly tenantId: string;
  readonly clientId: string;
  readonly credential: Credential;
  readonly authorityHost: URL;
  readonly scope: string;
  readonly apiUrl: URL;
  /** `DEFENDER_PAGE_HOSTS`, the host of `apiUrl` included. */
  readonly pageHosts: readonly string[];
  readonly downloadHosts: readonly string[];
  readonly mode: SourceMode;
  readonly sasValidHours: number;
  readonly pageSize: number;
  readonly proxy: UpstreamDispatcherOptions['proxy'];
  readonly timeouts?: NonNullable<UpstreamDispatcherOptions['timeouts']>;
  /** Version of the gateway, for the User-Agent. */
  readonly version: string;
}

/** What reading a file needs of the settings. */
export type FileSettings = Pick<DefenderSettings, 'authorityHost' | 'proxy' | 'timeouts' | 'version'>;

export interface FilePorts {
  readonly clock: Clock;
  /** Uniform in [0, 1), for the jitter of retries. */
  readonly random: () => number;
  readonly log: Logger;
  /** Told of every request that left. */
  readonly onRequest: RequestObserver;
  /** Told of every attempt that failed and is made again, a look at a file that is still being copied included. */
  readonly onRetry?: (retry: Retry) => void;
}

export interface DefenderPorts<Sink extends RecordSink> extends FilePorts {
  readonly budget: CallBudget;
  readonly tokenCache: TokenCacheStore;
  readonly prompt: (prompt: SignInPrompt) => void;
  /** Reads export files elsewhere than in this thread. By default they are read here, one at a time. */
  readonly chooseLanes?: (choice: LaneChoice) => OpenLanes<Sink>;
}

export interface LaneChoice {
  /** One lane in this thread. */
  readonly local: OpenLanes<RecordSink>;
  /** Told of waits in other threads, so that they show like those in this one. */
  readonly waits: Pick<WatchedClock, 'hold'>;
}

/** The reader of export files alone. Disposing ends every request under way. */
export interface FileReading extends AsyncDisposable {
  readonly fileReader: ExportFileReader;
  /** Tells of every wait. */
  readonly waits: Pick<WatchedClock, 'watch'>;
}

export interface Defender<Sink extends RecordSink> extends AsyncDisposable {
  readonly source: DefenderSource<Sink>;
  /** Steps as they finish; without retries. Calls count against the budget. */
  check(signal: AbortSignal): AsyncIterable<CheckStep>;
}

export function createFileReading(settings: FileSettings, ports: FilePorts): FileReading {
  const { waits, retry, blobs, dispatcher } = createTransport(settings, ports);
  return {
    fileReader: createExportFileReader({ blobs, retry }),
    waits,
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

/** Reads and asks nothing until it is used. Disposing ends every request under way. */
export function createDefender<Sink extends RecordSink>(
  settings: DefenderSettings,
  ports: DefenderPorts<Sink>,
): Defender<Sink> {
  const { apiUrl, sasValidHours, pageSize, mode, credential } = settings;
  const { random, log } = ports;
  const { waits: clock, retry, blobs, dispatcher, userAgent } = createTransport(settings, ports);
  const local = createLocalLane(createExportFileReader({ blobs, retry }));
  const requiredRole = credential.kind === 'deviceCode' ? 'Vulnerability.Read' : 'Vulnerability.Read.All';
  const noRetry = createRetryPolicy({ clock, random, log, maximumRetries: 0 });
  const downloadHosts = createHostAllowList(settings.downloadHosts);
  const pageHosts = createHostAllowList(settings.pageHosts);
  const tokens = createTokenSource({
    ...settings,
    ...ports,
    clock,
    dispatcher,
    userAgent,
    retry,
    cache: ports.tokenCache,
  });

  function createEndpoints(budget: CallBudget, policy: typeof retry) {
    const api = createApiClient({ dispatcher, tokens, budget, clock, userAgent, requiredRole });
    return {
      exportEndpoint: createExportEndpoint({ api, apiUrl, retry: policy, downloadHosts }),
      pagedEndpoint: createPagedEndpoint({ api, apiUrl, retry: policy, clock, pageHosts, log }),
    };
  }

  return {
    source: createDefenderSource({
      ...createEndpoints(ports.budget, retry),
      openLanes: ports.chooseLanes?.({ local, waits: clock }) ?? local,
      mode,
      sasValidHours,
      pageSize,
      waits: clock,
      log,
    }),
    check: (signal) => {
      const { budget, countCalls } = countingBudget(ports.budget);
      return checkConnection({
        ...createEndpoints(budget, noRetry),
        tokens,
        blobs,
        countCalls,
        requiredRole,
        signal,
      });
    },
    [Symbol.asyncDispose]: () => dispatcher.destroy(),
  };
}

interface Transport {
  readonly waits: WatchedClock;
  readonly retry: RetryPolicy;
  readonly blobs: BlobClient;
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
}

function createTransport(settings: FileSettings, ports: FilePorts): Transport {
  const { clock, random, log, onRequest, onRetry = () => {} } = ports;
  const waits = createWatchedClock(clock);
  const dispatcher = createUpstreamDispatcher({
    proxy: settings.proxy,
    timeouts: settings.timeouts ?? {},
  }).compose(observeRequests(settings.authorityHost, onRequest));
  const userAgent = toUserAgent(settings.version);
  return {
    waits,
    retry: createRetryPolicy({ clock: waits, random, log, onRetry }),
    blobs: createBlobClient({ dispatcher, clock: waits, userAgent }),
    dispatcher,
    userAgent,
  };
}

function countingBudget(budget: CallBudget): {
  budget: CallBudget;
  countCalls: () => Record<ApiEndpoint, number>;
} {
  const calls: Record<ApiEndpoint, number> = { EXPORT: 0, PAGED: 0 };
  return {
    budget: {
      acquire: async (endpoint, signal) => {
        await budget.acquire(endpoint, signal);
        calls[endpoint] += 1;
      },
      noteThrottled: (endpoint, retryAtMs) => budget.noteThrottled(endpoint, retryAtMs),
    },
    countCalls: () => ({ ...calls }),
  };
}
