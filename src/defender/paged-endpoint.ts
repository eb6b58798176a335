/**
 * The inventory page by page. Every page is read as a stream and its records go out as they pass; the next
 * page is the one that the last one names, opaque, and only on a host that may see the bearer token.
 *
 * The first page gives way to a spent budget or a 429 at once; in the middle of a walk both are waited for,
 * since starting over would cost all the calls again. Where a new export ends a walk, it starts over from nothing: what
 * was read before is taken back.
 */

import type { Clock } from '../core/clock.ts';
import { type ErrorCode, findGatewayError, GatewayError, printValue } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { redact } from '../core/redaction.ts';
import { KIBIBYTE, MEBIBYTE } from '../core/units.ts';
import type { ApiClient } from './api-client.ts';
import { toErrorInPage } from './api-errors.ts';
import { withSlash } from './export-endpoint.ts';
import type { HostAllowList } from './host-allow-list.ts';
import { inTurn } from './in-turn.ts';
import { createPageScanner, type PageOutcome } from './page-scanner.ts';
import { type WalkedPage, walkPages } from './page-walk.ts';
import { readWhole } from './read-whole.ts';
import { createRecordCounter, type RecordLimits, type RecordReader } from './record-reader.ts';
import type { RetryPolicy } from './retry.ts';

export interface PagedEndpoint {
  /**
   * Reads the whole inventory, and gives the number of its pages. Throws `UPSTREAM_*`; records handed on before that are
   * then part of nothing.
   */
  readAll(options: ReadPagesOptions): Promise<{ readonly pages: number }>;
  /** One call with `$top=1`, for the connection check: how many records came (0 or 1). No retries, no next page. */
  readFirst(options: { readonly signal: AbortSignal }): Promise<{ readonly records: number }>;
}

export interface ReadPagesOptions {
  /** 1 to 200,000. */
  readonly pageSize: number;
  readonly reader: RecordReader;
  /** Told after each page how many have been read; 0 when the walk starts over. */
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
  readonly log: Logger;
  /** Longest record; default 16 MiB, some ten thousand times the usual. */
  readonly maximumRecordBytes?: number;
  /** Longest page, inflated; default 2 GiB, ten times 200,000 usual records. */
  readonly maximumPageBytes?: number;
  /** Most pages of a walk; default 10,000, which the quota allows in ten hours. */
  readonly maximumPages?: number;
}

const PATH = 'api/machines/certificateAssessmentByMachine';
const SUBJECT = 'the paged endpoint';
const DEFAULT_MAXIMUM_RECORD_BYTES = 16 * MEBIBYTE;
const DEFAULT_MAXIMUM_PAGE_BYTES = 2_048 * MEBIBYTE;
const DEFAULT_MAXIMUM_PAGES = 10_000;
/** Longest link: no server takes a longer request line, and Microsoft's sample has some three hundred characters. */
const MAXIMUM_LINK_LENGTH = 16 * KIBIBYTE;
/** What Defender says to a link that it does not know any more; of the first page these have other causes. */
const LINK_REFUSALS: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_BAD_REQUEST', 'UPSTREAM_NOT_FOUND']);

export function createPagedEndpoint(options: PagedEndpointOptions): PagedEndpoint {
  const { api, apiUrl, retry, clock, pageHosts, log } = options;
  const maximumRecordBytes = options.maximumRecordBytes ?? DEFAULT_MAXIMUM_RECORD_BYTES;
  const maximumPageBytes = options.maximumPageBytes ?? DEFAULT_MAXIMUM_PAGE_BYTES;
  const maximumPages = options.maximumPages ?? DEFAULT_MAXIMUM_PAGES;
  const limits: RecordLimits = {
    maximumRecordBytes,
    tooLong: () =>
      invalid(
        `holds a record of more than ${maximumRecordBytes} bytes, which is no inventory record; report it`,
        false,
      ),
  };
  const base = withSlash(apiUrl);

  async function readPage(
    url: URL,
    page: WalkedPage,
    { reader, onBytes, signal }: ReadPagesOptions,
  ): Promise<string | null> {
    const advice = page.number === 1 ? {} : { advice: adviseOnLink(page) };
    const get = () => api.get(url, { endpoint: 'PAGED', subject: SUBJECT, signal, onBytes, ...advice });
    try {
      return await readWhole(
        async () => scanPage(await (page.isFirst ? get() : inTurn(get, { clock, signal })), reader),
        {
          reader,
          retries: retry.begin(),
          signal,
        },
      );
    } catch (error) {
      const known = findGatewayError(error);
      if (page.number === 1 || known === undefined || !LINK_REFUSALS.has(known.code)) throw error;
      throw new GatewayError('UPSTREAM_PAGE_EXPIRED', known.message, { cause: error, retryable: true });
    }
  }

  /** The link to the next page, or `null` on the last one. */
  async function scanPage(body: AsyncIterable<Buffer>, reader: RecordReader): Promise<string | null> {
    const scanner = createPageScanner(reader, limits);
    let sizeBytes = 0;
    for await (const chunk of body) {
      sizeBytes += chunk.length;
      if (sizeBytes > maximumPageBytes) {
        throw invalid(
          `has more than ${maximumPageBytes} bytes; a smaller PAGE_SIZE makes smaller ones`,
          false,
        );
      }
      if (!scanner.write(chunk)) break;
    }
    return judge(scanner.end());
  }

  function follow(nextLink: string): URL {
    if (nextLink.length > MAXIMUM_LINK_LENGTH) {
      const size = `${nextLink.length} characters; at most ${MAXIMUM_LINK_LENGTH} are taken`;
      throw invalid(`names a next page by a link of ${size}. Report it to Microsoft`, false);
    }
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
      const { pageSize, reader, onPage } = readOptions;
      const nothing = reader.checkpoint();
      const first = new URL(PATH, base);
      first.searchParams.set('pageSize', String(pageSize));
      const pages = await walkPages({
        first,
        readPage: async (url, page) => {
          const nextLink = await readPage(url, page, readOptions);
          return nextLink === null ? null : follow(nextLink);
        },
        onPage,
        onStartOver: ({ code, message }) => {
          log.warn({ code, reason: message }, 'pages of an old export, starting over');
          reader.restore(nothing);
        },
        maximumPages,
      });
      return { pages };
    },
    readFirst: async ({ signal }) => {
      const url = new URL(`${PATH}?$top=1`, base);
      const counter = createRecordCounter();
      await scanPage(await api.get(url, { endpoint: 'PAGED', subject: SUBJECT, signal }), counter);
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

function adviseOnLink({ number }: WalkedPage): string {
  return `That was the link to page ${number}, which Defender itself gave: it has probably made a new export since.`;
}

function invalid(problem: string, retryable: boolean): GatewayError {
  return new GatewayError('UPSTREAM_INVALID_RESPONSE', `The answer of ${SUBJECT} ${problem}.`, { retryable });
}
