/**
 * The inventory page by page. Every page is read as a stream and its records go out as they pass; the next
 * page is the one that the last one names, opaque, and only on a host that may see the bearer token.
 *
 * The first page gives way to a spent budget or a 429 at once; in the middle of a walk both are waited for,
 * since starting over would cost all the calls again.
 */

import type { Clock } from '../core/clock.ts';
import { findGatewayError, GatewayError, printValue } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';
import { MEBIBYTE, MINUTE_MS } from '../core/units.ts';
import type { ApiClient } from './api-client.ts';
import { toErrorInPage } from './api-errors.ts';
import { withSlash } from './export-endpoint.ts';
import type { HostAllowList } from './host-allow-list.ts';
import { createPageScanner, type PageOutcome } from './page-scanner.ts';
import { readWhole } from './read-whole.ts';
import { createRecordCounter, type RecordLimits, type RecordReader } from './record-reader.ts';
import type { RetryPolicy } from './retry.ts';

export interface PagedEndpoint {
  /** Reads the whole inventory. Throws `UPSTREAM_*`; records handed on before that are then part of nothing. */
  readAll(options: ReadPagesOptions): Promise<{ readonly pages: number }>;
  /** One call with `$top=1`, for the connection check: how many records came (0 or 1). No retries, no next page. */
  readFirst(options: { readonly signal: AbortSignal }): Promise<{ readonly records: number }>;
}

export interface ReadPagesOptions {
  /** 1 to 200,000. */
  readonly pageSize: number;
  readonly reader: RecordReader;
  readonly onPage: (pages: number) => void;
  /** Told of bytes as they come over the wire. */
  readonly onBytes: (sizeBytes: number) => void;
  readonly signal: AbortSignal;
}

export interface PagedEndpointOptions {
  readonly api: ApiClient;
  readonly apiUrl: URL;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  /** `DEFENDER_PAGE_HOSTS`. */
  readonly pageHosts: HostAllowList;
  /** Longest record; default 16 MiB, some ten thousand times the usual. */
  readonly maximumRecordBytes?: number;
}

const PATH = 'api/machines/certificateAssessmentByMachine';
const SUBJECT = 'the paged endpoint';
const DEFAULT_MAXIMUM_RECORD_BYTES = 16 * MEBIBYTE;
/** Longest wait for a budget or a 429 in the middle of a walk, and how many of them one page gets. */
const MAXIMUM_TURN_WAIT_MS = 10 * MINUTE_MS;
const MAXIMUM_TURNS = 5;

export function createPagedEndpoint(options: PagedEndpointOptions): PagedEndpoint {
  const { api, apiUrl, retry, clock, pageHosts } = options;
  const maximumRecordBytes = options.maximumRecordBytes ?? DEFAULT_MAXIMUM_RECORD_BYTES;
  const limits: RecordLimits = {
    maximumRecordBytes,
    tooLong: () => invalid(`holds a record of more than ${maximumRecordBytes} bytes`, false),
  };
  const base = withSlash(apiUrl);

  async function readPage(url: URL, isFirst: boolean, readOptions: ReadPagesOptions): Promise<string | null> {
    const { reader, onBytes, signal } = readOptions;
    const get = () => api.get(url, { endpoint: 'PAGED', subject: SUBJECT, signal, onBytes });
    return readWhole(
      async () => {
        const scanner = createPageScanner(reader, limits);
        for await (const chunk of await (isFirst ? get() : inTurn(get, signal))) scanner.write(chunk);
        return judge(scanner.end());
      },
      { reader, retries: retry.begin(), signal },
    );
  }

  /** Waits for the budget or the end of a throttling and calls again, a few times. */
  async function inTurn<Result>(call: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    for (let turn = 1; ; turn += 1) {
      try {
        return await call();
      } catch (error) {
        const known = findGatewayError(error);
        const isOurTurnLater =
          known?.code === 'UPSTREAM_BUDGET_SPENT' || known?.code === 'UPSTREAM_RATE_LIMITED';
        const waitMs = (known?.retryAtMs ?? Number.POSITIVE_INFINITY) - clock.now();
        if (!isOurTurnLater || turn > MAXIMUM_TURNS || waitMs > MAXIMUM_TURN_WAIT_MS) throw error;
        await clock.sleep(waitMs, signal);
      }
    }
  }

  function follow(nextLink: string): URL {
    const url = URL.parse(nextLink, base);
    if (url === null)
      throw invalid(`names a next page that is no URL: ${printValue(redact(nextLink))}`, false);
    if (!pageHosts.allows(url)) {
      throw new GatewayError(
        'UPSTREAM_HOST_REFUSED',
        `The answer of ${SUBJECT} names a next page at ${url.protocol}//${url.host}, which DEFENDER_PAGE_HOSTS does not allow; a bearer token would go there. If that host is Microsoft's, add it there.`,
      );
    }
    return url;
  }

  return {
    readAll: async (readOptions) => {
      const first = new URL(PATH, base);
      first.searchParams.set('pageSize', String(readOptions.pageSize));
      const visited = new Set<string>();
      let pages = 0;
      for (let url: URL | null = first; url !== null; ) {
        if (visited.has(url.href)) throw invalid('names a next page that was read already', true);
        visited.add(url.href);
        const nextLink = await readPage(url, pages === 0, readOptions);
        pages += 1;
        readOptions.onPage(pages);
        url = nextLink === null ? null : follow(nextLink);
      }
      return { pages };
    },
    readFirst: async ({ signal }) => {
      const url = new URL(`${PATH}?$top=1`, base);
      const counter = createRecordCounter();
      const scanner = createPageScanner(counter, limits);
      for await (const chunk of await api.get(url, { endpoint: 'PAGED', subject: SUBJECT, signal }))
        scanner.write(chunk);
      judge(scanner.end());
      return { records: counter.records };
    },
  };
}

/** The link to the next page, or `null` on the last one. A page that ends too early is a failed try. */
function judge(outcome: PageOutcome): string | null {
  if (outcome.kind === 'ERROR') throw toErrorInPage(outcome.error, SUBJECT);
  if (outcome.kind === 'MALFORMED') {
    throw invalid(`${outcome.problem}: it begins with ${printValue(outcome.opening)}`, true);
  }
  return outcome.nextLink;
}

function invalid(problem: string, retryable: boolean): GatewayError {
  return new GatewayError('UPSTREAM_INVALID_RESPONSE', `The answer of ${SUBJECT} ${problem}.`, { retryable });
}
