/**
 * What can be wrong with an export file, and what the blob store's refusals mean. Their bodies are XML
 * (`<Error><Code>…</Code>…`), sometimes behind a byte order mark; only the code and the detail of an authentication failure
 * are read.
 *
 * Source: Azure Storage, "Blob service error codes" and "Status and error codes".
 */

import { GatewayError } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';
import type { ExportFile } from './export-endpoint.ts';
import { findRetryAt } from './retry-after.ts';
import { capitalize } from './sentence.ts';

export interface BlobRefusal {
  readonly status: number;
  /** "the export file part-0.json.gz at host". */
  readonly subject: string;
  readonly retryAfter: string | undefined;
  readonly body: string;
  /** From which on the URL says to be valid; `null` when it does not. */
  readonly validFromMs: number | null;
  readonly nowMs: number;
}

/** Refusals that are about who asks and from where: another URL is refused as well. */
const NOT_ALLOWED =
  /^(?:Authorization\w*|InsufficientAccountPermissions|AccountIsDisabled|PublicAccessNotPermitted)$/;
/** The three instants in the detail of a signature that is refused for its time. */
const TIME_FRAME = /start \[([^\]]+)\].*?expiry \[([^\]]+)\].*?current \[([^\]]+)\]/i;

/** A file for messages and logs: its name and host, never the query that grants access. */
export function describeFile({ url }: ExportFile): string {
  return `the export file ${url.pathname.split('/').at(-1) ?? ''} at ${url.host}`;
}

/**
 * The refusal as a {@link GatewayError} whose message says what to do. `UPSTREAM_FILE_FORBIDDEN` is retryable when a new URL
 * may help, and has `retryAtMs` when this one will be valid then.
 */
export function toBlobError(refusal: BlobRefusal): GatewayError {
  const { status, subject, retryAfter, body, nowMs } = refusal;
  const code = elementOf(body, 'Code') ?? '';
  const said = `${status}${code === '' ? '' : ` ${code}`}`;
  const start = capitalize(subject);
  if (status === 401 || status === 403) return toForbidden(refusal, start, said, code);
  if (status === 404) {
    return new GatewayError(
      'UPSTREAM_NOT_FOUND',
      `${start} is gone (${said}): the export was cleaned up. The next refresh asks for new files.`,
      { retryable: true },
    );
  }
  if (status === 412 || status === 416) {
    return new GatewayError('UPSTREAM_FILE_CORRUPT', changed(start, ` (${said})`), { retryable: true });
  }
  if (status === 408 || status === 429 || status >= 500) {
    const retryAtMs = findRetryAt(retryAfter, nowMs);
    return new GatewayError(
      'UPSTREAM_UNAVAILABLE',
      `${start} could not be served (${said}). Nothing to do here; it is tried again later.`,
      { retryable: true, ...(retryAtMs === undefined ? {} : { retryAtMs }) },
    );
  }
  if (status >= 300 && status < 400) {
    return new GatewayError(
      'UPSTREAM_INVALID_RESPONSE',
      `${start} answered with a redirect (${status}), which is not followed. Check DEFENDER_DOWNLOAD_HOSTS and the proxy.`,
    );
  }
  return new GatewayError(
    'UPSTREAM_INVALID_RESPONSE',
    `${start} answered with the unexpected status ${said}.`,
  );
}

function toForbidden(
  { body, validFromMs, nowMs }: BlobRefusal,
  start: string,
  said: string,
  code: string,
): GatewayError {
  const detail = elementOf(body, 'AuthenticationErrorDetail');
  const refused = `${start} was refused (${said}${detail === undefined ? '' : `: ${redact(detail).slice(0, 300)}`}).`;
  if (NOT_ALLOWED.test(code)) {
    return new GatewayError(
      'UPSTREAM_FILE_FORBIDDEN',
      `${refused} The blob store does not let this machine read it, whatever the URL: check the network that it is reached from and HTTPS_PROXY.`,
    );
  }
  const earlyMs = findEarliness(detail) ?? (validFromMs === null ? 0 : validFromMs - nowMs);
  return new GatewayError(
    'UPSTREAM_FILE_FORBIDDEN',
    earlyMs > 0
      ? `${refused} Its URL is not valid yet, though Defender has just given it out: clocks are apart. It is tried again later. If it keeps happening, check this machine's clock.`
      : `${refused} Its URL has expired or is not valid yet: the next refresh asks for new ones. If it keeps happening, raise EXPORT_SAS_VALID_HOURS and check this machine's clock.`,
    { retryable: true, ...(earlyMs > 0 ? { retryAtMs: nowMs + earlyMs } : {}) },
  );
}

/** By how much a signature was used too early by the clock of the store; 0 when it was not, `undefined` when nobody says. */
function findEarliness(detail: string | undefined): number | undefined {
  const times = TIME_FRAME.exec(detail ?? '');
  if (times === null) return undefined;
  const earlyMs = Date.parse(times[1] ?? '') - Date.parse(times[3] ?? '');
  return Number.isNaN(earlyMs) ? undefined : Math.max(earlyMs, 0);
}

/** Whether a refusal says that the blob is still being copied to its place. */
export function isPendingCopy(status: number, body: string): boolean {
  return status === 409 && elementOf(body, 'Code') === 'PendingCopyOperation';
}

/** The error of a file that is listed and not there yet. */
export function stillBeingCopied(file: ExportFile): GatewayError {
  return new GatewayError(
    'UPSTREAM_FILE_NOT_READY',
    `${capitalize(describeFile(file))} is listed but still being copied to its place. Nothing to do here; it is asked for again until it is there.`,
    { retryable: true },
  );
}

/** The error of a file whose copy has ended without it. */
export function uncompletedCopy(file: ExportFile, copyStatus: string): GatewayError {
  return new GatewayError(
    'UPSTREAM_NOT_FOUND',
    `${capitalize(describeFile(file))} was never completed (copy ${copyStatus}). The next refresh asks for new files.`,
    { retryable: true },
  );
}

/** The error of a file of which another version came before it was read to its end. */
export function changedWhileRead(file: ExportFile): GatewayError {
  return new GatewayError('UPSTREAM_FILE_CORRUPT', changed(capitalize(describeFile(file)), ''), {
    retryable: true,
  });
}

/** The error of a file that came and cannot be right. @param problem "is cut off": the end of a sentence about it */
export function corruptFile(file: ExportFile, problem: string): GatewayError {
  return new GatewayError(
    'UPSTREAM_FILE_CORRUPT',
    `${capitalize(describeFile(file))} ${problem}. The next refresh reads it anew.`,
    { retryable: true },
  );
}

function changed(start: string, said: string): string {
  return `${start} changed while it was read${said}. The next refresh reads it anew.`;
}

function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.replace(/\s+/g, ' ').trim();
  return text === '' ? undefined : text;
}
