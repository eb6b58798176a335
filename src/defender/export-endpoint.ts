/**
 * The export listing: the URLs of the files that hold the whole inventory, and when they were made. Asking
 * never makes new files; it costs one of five calls a minute and twenty an hour.
 */

import { z } from 'zod';
import { GatewayError, printValue } from '../core/errors.ts';
import { MEBIBYTE, SECOND_MS } from '../core/units.ts';
import type { ApiClient } from './api-client.ts';
import { toErrorInPage } from './api-errors.ts';
import { readBounded } from './bounded-body.ts';
import type { HostAllowList } from './host-allow-list.ts';
import { hasMoreValues } from './json-size.ts';
import type { RetryPolicy } from './retry.ts';
import { findSasExpiry } from './sas-times.ts';
import { toEpochSeconds } from './wire-values.ts';

/** One part of the export. The URL grants access by itself: never log it with its query. */
export interface ExportFile {
  readonly url: URL;
  /** The RBAC group whose devices it holds, when the path names one. */
  readonly rbacGroupId: string | null;
  /** Epoch milliseconds at which the URL stops working, when it says so. */
  readonly expiresAtMs: number | null;
}

export interface ExportListing {
  /** Soonest-expiring first; no file twice. */
  readonly files: readonly ExportFile[];
  /** Epoch milliseconds; the same for two listings of the same files. */
  readonly generatedAtMs: number | null;
}

export interface ExportEndpoint {
  /** Throws `UPSTREAM_*`; a listing with one bad URL is refused as a whole, for half an inventory is a wrong one. */
  requestExport(options: {
    readonly sasValidHours: number;
    readonly signal: AbortSignal;
  }): Promise<ExportListing>;
}

export interface ExportEndpointOptions {
  readonly api: ApiClient;
  readonly apiUrl: URL;
  readonly retry: RetryPolicy;
  /** `DEFENDER_DOWNLOAD_HOSTS`. */
  readonly downloadHosts: HostAllowList;
}

const PATH = 'api/machines/certificateAssessmentExport';
const SUBJECT = 'the export endpoint';
const MAXIMUM_FILES = 100_000;
const MAXIMUM_LISTING_BYTES = 128 * MEBIBYTE;
const MAXIMUM_VALUES = 2 * MAXIMUM_FILES;

const listingShape = z.object({
  exportfiles: z.array(z.string()).nullish(),
  generatedtime: z.string().nullish(),
});

export function createExportEndpoint({
  api,
  apiUrl,
  retry,
  downloadHosts,
}: ExportEndpointOptions): ExportEndpoint {
  return {
    requestExport: ({ sasValidHours, signal }) =>
      retry.run(async () => {
        const url = new URL(PATH, withSlash(apiUrl));
        url.searchParams.set('sasValidHours', String(sasValidHours));
        const body = await api.get(url, { endpoint: 'EXPORT', subject: SUBJECT, signal });
        const { bytes, isCut } = await readBounded(body, MAXIMUM_LISTING_BYTES);
        if (isCut) throw tooLong(`has more than ${MAXIMUM_LISTING_BYTES} bytes`);
        if (hasMoreValues(bytes, MAXIMUM_VALUES)) {
          throw tooLong(
            `holds more than ${MAXIMUM_VALUES} values, and at most ${MAXIMUM_FILES} files are taken`,
          );
        }
        return readListing(bytes.toString('utf8'), downloadHosts);
      }, signal),
  };
}

/** The URL as a base that keeps its whole path when a relative path is resolved against it. */
export function withSlash(url: URL): URL {
  return url.pathname.endsWith('/') ? url : new URL(`${url.origin}${url.pathname}/`);
}

function readListing(text: string, downloadHosts: HostAllowList): ExportListing {
  const wire = foldKeys(parseListing(text));
  if (wire?.error != null && wire.exportfiles == null) throw toErrorInPage(wire, SUBJECT);
  const wireCount = Array.isArray(wire?.exportfiles) ? wire.exportfiles.length : 0;
  // Before the entries are looked at: each that is no text would be a fault of its own.
  if (wireCount > MAXIMUM_FILES) {
    throw tooLong(`lists ${wireCount} files, and at most ${MAXIMUM_FILES} are taken`);
  }
  const listing = listingShape.safeParse(wire);
  if (!listing.success) {
    throw invalid(
      `is of an unknown shape: ${z.prettifyError(listing.error).replaceAll('\n', ' ').slice(0, 300)}`,
      false,
    );
  }
  const wireFiles = listing.data.exportfiles ?? [];
  const files = new Map<string, ExportFile>();
  for (const wireUrl of wireFiles) {
    const file = readFile(wireUrl, downloadHosts);
    files.set(file.url.origin + file.url.pathname, file);
  }
  const generatedAt = toEpochSeconds(listing.data.generatedtime);
  return {
    files: [...files.values()].sort((left, right) => expiryOrder(left) - expiryOrder(right)),
    generatedAtMs: generatedAt === null ? null : generatedAt * SECOND_MS,
  };
}

/** Files that name no expiry come last. */
function expiryOrder(file: ExportFile): number {
  return file.expiresAtMs ?? Number.MAX_SAFE_INTEGER;
}

function parseListing(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    const kind = text.trimStart().startsWith('<') ? 'is HTML or XML' : 'is cut off or not JSON';
    throw invalid(`${kind}: it begins with ${printValue(text.slice(0, 60))}`, true);
  }
}

/** An object with its keys in lower case; `undefined` for anything else. */
function foldKeys(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key.toLowerCase(), entry]));
}

function readFile(wireUrl: string, downloadHosts: HostAllowList): ExportFile {
  const url = URL.parse(wireUrl);
  if (url === null) throw invalid('lists a file whose URL cannot be read', false);
  if (!downloadHosts.allows(url)) {
    throw new GatewayError(
      'UPSTREAM_HOST_REFUSED',
      `The export lists a file at ${url.protocol}//${url.host}, which DEFENDER_DOWNLOAD_HOSTS does not allow. If that host is Microsoft's, or yours, add it there.`,
    );
  }
  return { url, rbacGroupId: findRbacGroupId(url), expiresAtMs: findSasExpiry(url) };
}

function findRbacGroupId(url: URL): string | null {
  return /_RbacGroupId(?:=|%3D)(\d+)/i.exec(url.pathname)?.[1] ?? null;
}

function tooLong(problem: string): GatewayError {
  return invalid(`${problem}. Report it; meanwhile REFRESH_SOURCE=paged does without files`, false);
}

function invalid(problem: string, retryable: boolean): GatewayError {
  return new GatewayError('UPSTREAM_INVALID_RESPONSE', `The answer of ${SUBJECT} ${problem}.`, { retryable });
}
