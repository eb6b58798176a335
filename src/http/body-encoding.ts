/**
 * How the bytes of a request body must be encoded: as they are, in UTF-8. JSON has no other encoding (RFC 8259,
 * section 8.1); a body in another one would be read as different text. Does not look at the body.
 */

import type { IncomingHttpHeaders } from 'node:http';
import { MIMEType } from 'node:util';

/**
 * Whether the headers of a request announce no other charset than UTF-8 and no compression. A media type that
 * cannot be parsed announces none; it is refused for itself.
 */
export function isReadableBody(headers: IncomingHttpHeaders): boolean {
  const contentEncoding = headers['content-encoding']?.trim().toLowerCase() ?? '';
  if (contentEncoding !== '' && contentEncoding !== 'identity') return false;
  const charset = findCharset(headers['content-type'] ?? '');
  return charset === undefined || charset === 'utf-8' || charset === 'utf8';
}

function findCharset(contentType: string): string | undefined {
  try {
    return new MIMEType(contentType).params.get('charset')?.toLowerCase();
  } catch {
    return undefined;
  }
}
