/**
 * The way from page to page: each names the next one, and the last one names none. A walk ends, and never takes
 * records of two exports for one inventory: where Defender goes over to a new export, it starts over, once.
 *
 * Knows of URLs alone; what a page holds, and whether a link may be followed, is for whoever reads it.
 */

import { hash } from 'node:crypto';
import { findGatewayError, GatewayError, printValue } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';

/** A place in a walk. */
export interface WalkedPage {
  /** From 1; again so when the walk starts over. */
  readonly number: number;
  /** Whether nothing was read before it, not even by a walk that was given up. */
  readonly isFirst: boolean;
}

export interface PageWalk {
  readonly first: URL;
  /** Reads one page and gives the URL of the next; `null` after the last one. */
  readonly readPage: (url: URL, page: WalkedPage) => Promise<URL | null>;
  /** Told after each page how many have been read. */
  readonly onPage: (pages: number) => void;
  /** Told why the walk starts over: what was read is to be forgotten. */
  readonly onStartOver: (reason: GatewayError) => void;
  /** Most pages of a walk. */
  readonly maximumPages: number;
}

/**
 * Walks to the end; gives the number of pages.
 *
 * @throws {GatewayError} `UPSTREAM_INVALID_RESPONSE` when the pages lead back or do not end; `UPSTREAM_PAGE_EXPIRED` the
 * second time that `readPage` throws it, or the pages lead into another export; what else `readPage` throws
 */
export async function walkPages(walk: PageWalk): Promise<number> {
  try {
    return await walkOnce(walk, true);
  } catch (error) {
    const expired = findExpired(error);
    if (expired === undefined) throw error;
    walk.onStartOver(expired);
    walk.onPage(0);
  }
  try {
    return await walkOnce(walk, false);
  } catch (error) {
    const expired = findExpired(error);
    throw expired === undefined ? error : expiredAgain(expired);
  }
}

async function walkOnce(
  { first, readPage, onPage, maximumPages }: PageWalk,
  isFirstWalk: boolean,
): Promise<number> {
  /** Pages by the digests of their URLs, which may be long. */
  const visited = new Map<string, number>();
  let exportName: string | null = null;
  for (let url = first, page = 1; ; page += 1) {
    visited.set(digest(url), page);
    const next = await readPage(url, { number: page, isFirst: isFirstWalk && page === 1 });
    onPage(page);
    if (next === null) return page;
    const earlier = visited.get(digest(next));
    if (earlier !== undefined) throw leadsBack(page, earlier);
    if (page === maximumPages) throw neverEnds(maximumPages);
    const nextExport = findExportName(next);
    if (exportName !== null && nextExport !== null && nextExport !== exportName) {
      throw anotherExport(page, exportName, nextExport);
    }
    exportName ??= nextExport;
    url = next;
  }
}

function findExpired(error: unknown): GatewayError | undefined {
  const known = findGatewayError(error);
  return known?.code === 'UPSTREAM_PAGE_EXPIRED' ? known : undefined;
}

function digest(url: URL): string {
  return hash('sha256', url.href, 'base64');
}

/**
 * What names the export in the link to a page, when it shows: Microsoft's sample of a skip token is base64 of
 * `{"ExportDefinition":{"TimePath":"2021-01-11/1101/"},"ExportFileIndex":0,"LineStoppedAt":5}`. A token is opaque, and
 * nothing is ever made from it: one of another form names nothing.
 */
function findExportName(url: URL): string | null {
  const token = [...url.searchParams].find(([name]) => name.toLowerCase() === '$skiptoken')?.[1];
  if (token === undefined) return null;
  try {
    const position: unknown = JSON.parse(Buffer.from(token, 'base64').toString('utf8'));
    const name = (position as { ExportDefinition?: { TimePath?: unknown } } | null)?.ExportDefinition
      ?.TimePath;
    return typeof name === 'string' && name !== '' ? name : null;
  } catch {
    return null;
  }
}

function leadsBack(page: number, earlier: number): GatewayError {
  return new GatewayError(
    'UPSTREAM_INVALID_RESPONSE',
    `Page ${page} of the paged endpoint names a next page that was read already (page ${earlier}): the walk would never ` +
      'end. It is tried again later; if this stays, set REFRESH_SOURCE to export and report it to Microsoft.',
    { retryable: true },
  );
}

function neverEnds(maximumPages: number): GatewayError {
  return new GatewayError(
    'UPSTREAM_INVALID_RESPONSE',
    `The paged endpoint names a page after page ${maximumPages}, and no more than ${maximumPages} are read. ` +
      'A larger PAGE_SIZE makes fewer pages; if it is large already, set REFRESH_SOURCE to export.',
  );
}

function anotherExport(page: number, before: string, after: string): GatewayError {
  const print = (name: string): string => printValue(redact(name));
  return new GatewayError(
    'UPSTREAM_PAGE_EXPIRED',
    `The paged endpoint went over from the export ${print(before)} to ${print(after)} after page ${page}; records of two ` +
      'exports are never mixed.',
    { retryable: true },
  );
}

function expiredAgain({ code, message, cause }: GatewayError): GatewayError {
  return new GatewayError(
    code,
    `${message} The walk was started over once already. It is tried again later; a larger PAGE_SIZE makes it shorter.`,
    { cause, retryable: true },
  );
}
