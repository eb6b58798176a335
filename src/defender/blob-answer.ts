/**
 * What the headers of a blob's answer say: which version of the blob it is, how large the whole is, its checksum, and which
 * byte of it comes first.
 *
 * Source: Azure Storage, "Get Blob", response headers.
 */

import type { Dispatcher } from 'undici';

type Answer = Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'>;

/** The first value of a header, or `undefined`. */
export function findHeader({ headers }: Answer, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** The entity tag when it is a strong one: only that says that bytes are the same (RFC 9110 section 8.8.1). */
export function findStrongEtag(answer: Answer): string | undefined {
  const etag = findHeader(answer, 'etag');
  return etag === undefined || etag === '' || etag.startsWith('W/') ? undefined : etag;
}

/** Bytes of the whole blob; `null` when the answer does not say. */
export function findBlobSize(answer: Answer): number | null {
  const total = /\/(\d+)$/.exec(findHeader(answer, 'content-range') ?? '')?.[1];
  const size = total ?? (answer.statusCode === 200 ? findHeader(answer, 'content-length') : undefined);
  return size !== undefined && /^\d+$/.test(size) ? Number(size) : null;
}

/**
 * The base64 MD5 of the whole blob; `undefined` when none is stored. Content-MD5 of a partial answer is that of the part,
 * the blob's own stands in a header of its own then.
 */
export function findBlobMd5(answer: Answer): string | undefined {
  const whole = findHeader(answer, 'x-ms-blob-content-md5');
  const md5 = whole ?? (answer.statusCode === 200 ? findHeader(answer, 'content-md5') : undefined);
  return md5 === '' ? undefined : md5;
}

/** The offset in the blob of the answer's first byte; `undefined` for a partial answer that does not say. */
export function findBlobOffset(answer: Answer): number | undefined {
  if (answer.statusCode !== 206) return 0;
  const start = /^bytes (\d+)-/.exec(findHeader(answer, 'content-range') ?? '')?.[1];
  return start === undefined ? undefined : Number(start);
}
