/**
 * Puts the upstream client together: one dispatcher, one token source, both endpoints, the files, and what
 * the rest of the gateway uses of them, the source for a refresh and the connection check.
 */

import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { createApiClient } from './api-client.ts';
import { createBlobClient } from './blob-client.ts';
import type { CallBudget } from './call-budget.ts';
import type { ApiEndpoint } from './call-ledger.ts';
import { type CheckStep, checkConnection } from './connection-check.ts';
import type { Credential } from './credential.ts';
import { createDefenderSource, type DefenderSource, type SourceMode } from './defender-source.ts';
import { createExportEndpoint } from './export-endpoint.ts';
import { createExportFileReader } from './export-file-reader.ts';
import { createHostAllowList } from './host-allow-list.ts';
import { createPagedEndpoint } from './paged-endpoint.ts';
import { observeRequests, type RequestObserver } from './request-observer.ts';
import { createRetryPolicy } from './retry.ts';
import type { SignInPrompt } from './sign-in.ts';
import type { TokenCacheStore } from './token-cache.ts';
import { createTokenSource } from './token-source.ts';
import { createUpstreamDispatcher, toUserAgent, type UpstreamDispatcherOptions } from './transport.ts';
import { createWatchedClock } from './watched-clock.ts';

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
  /** Export files read at a time. Default 2. */
  readonly concurrency?: number;
  /** Version of the gateway, for the User-Agent. */
  readonly version: string;
}

export interface DefenderPorts {
  readonly budget: CallBudget;
  readonly tokenCache: TokenCacheStore;
  readonly clock: Clock;
  /** Uniform in [0, 1), for the jitter of retries. */
  readonly random: () => number;
  readonly log: Logger;
  readonly prompt: (prompt: SignInPrompt) => void;
  /** Told of every request that left. */
  readonly onRequest: RequestObserver;
}

export interface Defender extends AsyncDisposable {
  readonly source: DefenderSource;
  /** Steps as they finish; without retries. Calls count against the budget. */
  check(signal: AbortSignal): AsyncIterable<CheckStep>;
}

/** Reads and asks nothing until it is used. Disposing ends every request under way. */
export function createDefender(settings: DefenderSettings, ports: DefenderPorts): Defender {
  const { apiUrl, sasValidHours, pageSize, mode, credential } = settings;
  const { random, log } = ports;
  const clock = createWatchedClock(ports.clock);
  const dispatcher = createUpstreamDispatcher({
    proxy: settings.proxy,
    timeouts: settings.timeouts ?? {},
  }).compose(observeRequests(settings.authorityHost, ports.onRequest));
  const userAgent = toUserAgent(settings.version);
  const requiredRole = credential.kind === 'deviceCode' ? 'Vulnerability.Read' : 'Vulnerability.Read.All';
  const retry = createRetryPolicy({ clock, random, log });
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
  const blobs = createBlobClient({ dispatcher, clock, userAgent });

  function createEndpoints(budget: CallBudget, policy: typeof retry) {
    const api = createApiClient({ dispatcher, tokens, budget, clock, userAgent, requiredRole });
    return {
      exportEndpoint: createExportEndpoint({ api, apiUrl, retry: policy, downloadHosts }),
      pagedEndpoint: createPagedEndpoint({ api, apiUrl, retry: policy, clock, pageHosts }),
    };
  }

  return {
    source: createDefenderSource({
      ...createEndpoints(ports.budget, retry),
      fileReader: createExportFileReader({ blobs, retry }),
      mode,
      sasValidHours,
      pageSize,
      waits: clock,
      log,
      ...(settings.concurrency === undefined ? {} : { concurrency: settings.concurrency }),
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
