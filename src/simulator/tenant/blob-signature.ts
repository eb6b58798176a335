/**
 * Shared access signatures of the simulated blob store: the query of a signed address, and its check.
 */

import { createHmac, timingSafeEqual } from 'node:crypto';

const STORAGE_VERSION = '2020-08-04';

export interface BlobSigner {
  /** The query string, without "?", that lets a reader in until `expiresAtMs`. */
  sign(path: string, startsAtMs: number, expiresAtMs: number): string;
  /** `undefined` when the signature is right and valid at `nowMs`, else why not. */
  findFault(url: URL, nowMs: number): string | undefined;
}

/** Signs with HMAC-SHA256 under `key`, and tells of every signature. */
export function createBlobSigner(key: string, onSecret: (secret: string) => void): BlobSigner {
  const compute = (path: string, query: URLSearchParams): string =>
    createHmac('sha256', key)
      .update([path, ...SIGNED_FIELDS.map((field) => query.get(field) ?? '')].join('\n'))
      .digest('base64');
  return {
    sign: (path, startsAtMs, expiresAtMs) => {
      const query = new URLSearchParams({
        sv: STORAGE_VERSION,
        st: toSecond(startsAtMs),
        se: toSecond(expiresAtMs),
        sr: 'b',
        sp: 'r',
      });
      const signature = compute(path, query);
      query.set('sig', signature);
      onSecret(signature);
      return query.toString();
    },
    findFault: ({ pathname, searchParams }, nowMs) => {
      const expected = Buffer.from(compute(pathname, searchParams));
      const given = Buffer.from(searchParams.get('sig') ?? '');
      if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
        return 'Signature did not match.';
      }
      const starts = searchParams.get('st') ?? '';
      const expires = searchParams.get('se') ?? '';
      if (nowMs >= Date.parse(starts) && nowMs < Date.parse(expires)) return undefined;
      const toHttpDate = (text: string): string => new Date(text).toUTCString();
      return (
        `Signature not valid in the specified key time frame: Key start [${toHttpDate(starts)}] - ` +
        `Key expiry [${toHttpDate(expires)}] - Current [${new Date(nowMs).toUTCString()}]`
      );
    },
  };
}

const SIGNED_FIELDS = ['sv', 'st', 'se', 'sr', 'sp'];

function toSecond(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}
