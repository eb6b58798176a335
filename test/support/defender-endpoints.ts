/** The endpoints and file reader of the upstream client over one loopback server, with waits that cost no time. */

import { Agent } from 'undici';
import { createApiClient } from '../../src/defender/api-client.ts';
import { type BlobClient, createBlobClient } from '../../src/defender/blob-client.ts';
import { createExportEndpoint, type ExportEndpoint } from '../../src/defender/export-endpoint.ts';
import { createExportFileReader, type ExportFileReader } from '../../src/defender/export-file-reader.ts';
import { createHostAllowList } from '../../src/defender/host-allow-list.ts';
import { createPagedEndpoint, type PagedEndpoint } from '../../src/defender/paged-endpoint.ts';
import { createRetryPolicy, type Retry } from '../../src/defender/retry.ts';
import { createWatchedClock, type WatchedClock } from '../../src/defender/watched-clock.ts';
import {
  type CountingBudget,
  createCountingBudget,
  createFakeTokens,
  type FakeTokenSource,
} from './defender-fixtures.ts';
import { createManualClock, type ManualClock } from './manual-clock.ts';
import { createRecordingLogger, type RecordingLogger } from './recording-logger.ts';
import { type Answer, startUpstream, type UpstreamServer } from './upstream-server.ts';

export interface EndpointFixture extends AsyncDisposable {
  readonly server: UpstreamServer;
  /** The clock by which everything here waits. */
  readonly waits: WatchedClock;
  readonly clock: ManualClock;
  readonly budget: CountingBudget;
  readonly tokens: FakeTokenSource;
  readonly exportEndpoint: ExportEndpoint;
  readonly pagedEndpoint: PagedEndpoint;
  readonly log: RecordingLogger;
  readonly blobs: BlobClient;
  readonly fileReader: ExportFileReader;
}

export interface EndpointFixtureOptions {
  readonly maximumRecordBytes?: number;
  readonly maximumPageBytes?: number;
  readonly maximumPages?: number;
  readonly maximumRetries?: number;
  readonly onRetry?: (retry: Retry) => void;
  /** Hosts that files may come from beside the server. */
  readonly downloadHosts?: readonly string[];
}

export async function createEndpointFixture(
  answer: Answer,
  options: EndpointFixtureOptions = {},
): Promise<EndpointFixture> {
  const { maximumRecordBytes = 10_000, downloadHosts = [], onRetry = () => {} } = options;
  const limit = options.maximumRetries === undefined ? {} : { maximumRetries: options.maximumRetries };
  const server = await startUpstream(answer);
  const dispatcher = new Agent();
  const log = createRecordingLogger();
  const clock = createManualClock(0, { autoAdvance: true });
  const waits = createWatchedClock(clock);
  const retry = createRetryPolicy({ clock: waits, random: () => 0.5, log, onRetry, ...limit });
  const budget = createCountingBudget();
  const tokens = createFakeTokens();
  const userAgent = 'test/1';
  const api = createApiClient({
    dispatcher,
    tokens,
    budget,
    clock: waits,
    userAgent,
    requiredRole: 'Vulnerability.Read.All',
  });
  const apiUrl = new URL(server.url);
  const hosts = createHostAllowList([server.host]);
  const blobs = createBlobClient({ dispatcher, clock: waits, userAgent });
  return {
    server,
    waits,
    clock,
    budget,
    tokens,
    log,
    exportEndpoint: createExportEndpoint({
      api,
      apiUrl,
      retry,
      downloadHosts: createHostAllowList([server.host, ...downloadHosts]),
    }),
    pagedEndpoint: createPagedEndpoint({
      api,
      apiUrl,
      retry,
      clock: waits,
      pageHosts: hosts,
      log,
      maximumRecordBytes,
      ...(options.maximumPageBytes === undefined ? {} : { maximumPageBytes: options.maximumPageBytes }),
      ...(options.maximumPages === undefined ? {} : { maximumPages: options.maximumPages }),
    }),
    blobs,
    fileReader: createExportFileReader({ blobs, retry, maximumRecordBytes }),
    [Symbol.asyncDispose]: async () => {
      await dispatcher.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}
