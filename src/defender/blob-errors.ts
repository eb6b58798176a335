/**
 * What the blob store's refusals mean. Its bodies are XML (`<Error><Code>…</Code>…`), sometimes behind a
 * byte order mark; only the code and the detail of an authentication failure are read.
 *
 * Source: Azure Storage, "Blob service error codes" and "Status and error codes".
 */

import { GatewayError } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';
import { findRetryAt } from './retry-after.ts';
import { capitalize } from './sentence.ts';

export interface BlobRefusal {
  readonly status: number;
  /** "the export file part-0.json.gz at host". */
  readonly subject: string;
  readonly retryAfter: string | undefined;
  readonly body: string;
  readonly nowMs: number;
}

/** The refusal as a {@link GatewayError} whose message says what to do. */
export function toBlobError({ status, subject, retryAfter, body, nowMs }: BlobRefusal): GatewayError {
  const code = elementOf(body, 'Code') ?? '';
  const said = `${status}${code === '' ? '' : ` ${code}`}`;
  const start = capitalize(subject);
  if (status === 401 || status === 403) {
    const detail = elementOf(body, 'AuthenticationErrorDetail');
    return new GatewayError(
      'UPSTREAM_FILE_FORBIDDEN',
      `${start} was refused (${said}${detail === undefined ? '' : `: ${redact(detail).slice(0, 300)}`}). Its URL has expired or is not valid yet: the next refresh asks for new ones. If it keeps happening, raise EXPORT_SAS_VALID_HOURS and check this machine's clock.`,
      { retryable: true },
    );
  }
  if (status === 404) {
    return new GatewayError(
      'UPSTREAM_NOT_FOUND',
      `${start} is gone (${said}): the export was cleaned up. The next refresh asks for new files.`,
      {
        retryable: true,
      },
    );
  }
  if (status === 412 || status === 416) {
    return new GatewayError(
      'UPSTREAM_FILE_CORRUPT',
      `${start} changed while it was read (${said}). The next refresh reads it anew.`,
    );
  }
  if (status === 429 || status >= 500) {
    const retryAtMs = findRetryAt(retryAfter, nowMs);
    return new GatewayError(
      'UPSTREAM_UNAVAILABLE',
      `${start} could not be served (${said}). Nothing to do here; it is tried again later.`,
      {
        retryable: true,
        ...(retryAtMs === undefined ? {} : { retryAtMs }),
      },
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

/** Whether a refusal says that the blob is still being copied to its place. */
export function isPendingCopy(status: number, body: string): boolean {
  return status === 409 && elementOf(body, 'Code') === 'PendingCopyOperation';
}

function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]?.replace(/\s+/g, ' ').trim();
  return text === '' ? undefined : text;
}
