/** Building blocks of faults: answers that an endpoint gives in place of its own, and changes to what it would say. */

import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { ApiErrorCode } from '../tenant/api-errors.ts';
import { createApiErrorReply } from '../tenant/api-errors.ts';
import type { BufferedReply, Fault } from '../tenant/faults.ts';
import { createOAuthErrorReply, type OAuthErrorNumber } from '../tenant/oauth-errors.ts';

/** The API's error object. */
export function apiError(
  status: number,
  code: ApiErrorCode,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Fault {
  return { kind: 'reply', ...createApiErrorReply(status, code, message, headers) };
}

/** Entra's error object. */
export function signInError(errorNumber: OAuthErrorNumber, nowMs: number): Fault {
  return { kind: 'reply', ...createOAuthErrorReply(errorNumber, nowMs) };
}

/** A JSON text as it stands. */
export function json(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Fault {
  return { kind: 'reply', status, headers: { 'content-type': 'application/json', ...headers }, body };
}

/** The page of a gateway in front of the service. */
export function html(status: number, headers: Readonly<Record<string, string>> = {}): Fault {
  const title = status === 200 ? 'Sign in to your network' : `${status} Error`;
  return {
    kind: 'reply',
    status,
    headers: { 'content-type': 'text/html', ...headers },
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
  };
}

/** The blob store's error document. */
export function blobError(
  status: number,
  code: string,
  headers: Readonly<Record<string, string>> = {},
): Fault {
  return {
    kind: 'reply',
    status,
    headers: { 'content-type': 'application/xml', 'x-ms-error-code': code, ...headers },
    body: `\uFEFF<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
  };
}

/** The answer with another text; compressed as it was. */
export function alterText(alter: (text: string) => string): Fault {
  return alterReply((reply) => ({ ...reply, body: writeText(reply, alter(readText(reply))) }));
}

/** The listing with other members. */
export function alterListing(alter: (listing: ExportListing) => object): Fault {
  return alterText((text) => JSON.stringify(alter(JSON.parse(text) as ExportListing)));
}

export interface ExportListing {
  readonly exportFiles: readonly string[];
  readonly generatedTime: string;
}

/** The lines of an export file, altered and compressed again: a whole and sound blob of another content. */
export function alterLines(alter: (text: string) => string): Fault {
  return alterBlob((body) => gzipSync(alter(gunzipSync(body).toString())));
}

/** A blob with other bytes, under the checksum of these. */
export function alterBlob(alter: (body: Uint8Array) => Uint8Array): Fault {
  return alterReply((reply) => {
    const body = alter(reply.body);
    const headers = { ...reply.headers };
    if (headers['content-md5'] !== undefined) {
      headers['content-md5'] = createHash('md5').update(body).digest('base64');
    }
    return { ...reply, headers, body };
  });
}

/** The answer with these headers set, and without those that are `null`. */
export function alterHeaders(changes: Readonly<Record<string, string | null>>): Fault {
  return alterReply((reply) => ({
    ...reply,
    headers: Object.fromEntries(
      Object.entries({ ...reply.headers, ...changes }).filter(
        (entry): entry is [string, string] => entry[1] !== null,
      ),
    ),
  }));
}

export function alterReply(change: (reply: BufferedReply) => BufferedReply): Fault {
  return { kind: 'change', change };
}

/** The text of an answer, whatever it was compressed with. */
export function readText(reply: BufferedReply): string {
  const isGzip = reply.headers['content-encoding'] === 'gzip';
  return (isGzip ? gunzipSync(reply.body) : Buffer.from(reply.body)).toString();
}

function writeText(reply: BufferedReply, text: string): Uint8Array {
  return reply.headers['content-encoding'] === 'gzip' ? gzipSync(text) : Buffer.from(text);
}
