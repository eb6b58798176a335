/**
 * In which coding an answer is sent, as the framework's compression chooses it, and the answer in that coding. For answers that
 * are compressed once and sent many times.
 */

import type { IncomingHttpHeaders } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { negotiate } from '@fastify/accept-negotiator';
import { KIBIBYTE } from '../../core/units.ts';

/** The codings that answers are sent in, the one that is preferred first. */
export const CODINGS = ['br', 'gzip'] as const;

export type Coding = (typeof CODINGS)[number];

/** Below this, an answer fits a packet or two and compressing it gains nothing. */
export const COMPRESSION_THRESHOLD_BYTES = KIBIBYTE;

/** What the framework takes for names of gzip. */
const GZIP_ALIAS = /\*|x-gzip/g;

/** Of an answer that is long enough; `undefined`: as it is. */
export function findCoding(headers: IncomingHttpHeaders): Coding | undefined {
  const accepted = headers['accept-encoding'];
  if (accepted === undefined || headers['x-no-compression'] !== undefined) return undefined;
  return negotiate<Coding>(accepted.toLowerCase().replace(GZIP_ALIAS, 'gzip'), [...CODINGS]) ?? undefined;
}

/** A good deal smaller than at lower qualities, and made within milliseconds: that of the framework's compression. */
const BROTLI_QUALITY = 4;

const compressors: Readonly<Record<Coding, (bytes: Uint8Array) => Promise<Buffer>>> = {
  br: (bytes) =>
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } }),
  gzip: (bytes) => promisify(gzip)(bytes),
};

/** Off the thread. */
export function compressBody(body: Uint8Array, coding: Coding): Promise<Buffer> {
  return compressors[coding](body);
}
