/** Entity tags of bodies that change with the release, not with the data (RFC 9110 section 8.8.3). */

import { createHash } from 'node:crypto';

/** A strong entity tag of the bytes; cost is one SHA-256 over them. */
export function toEntityTag(bytes: Uint8Array): string {
  return `"${createHash('sha256').update(bytes).digest('base64url')}"`;
}

/**
 * Whether `If-None-Match` holds the tag, by weak comparison (RFC 9110 section 13.1.2): a proxy that
 * compressed the body may have made it weak.
 */
export function matchesEntityTag(ifNoneMatch: string | undefined, entityTag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  return ifNoneMatch.split(',').some((one) => {
    const tag = one.trim();
    return tag === '*' || tag.replace(/^W\//, '') === entityTag;
  });
}
