/** Faults of export files and of the blob store that holds them. */

import { gunzipSync, gzipSync } from 'node:zlib';
import type { Fault } from '../tenant/faults.ts';
import { alterBlob, alterHeaders, alterLines, alterReply, blobError } from './fault-replies.ts';
import { asState, type NamedFault, onFile, onOneFile } from './named-fault.ts';

const COPY_PENDING: Fault = { kind: 'copyPending' };
/** Somewhere in the middle of the smallest file. */
const SOME_BYTES = 300;
const RESET: Fault = { kind: 'reset', afterBytes: SOME_BYTES };
const GARBAGE = Buffer.from('\u0001\u0002garbage that is no gzip member');
const BOMB_MEMBER_BYTES = 16 * 1024 * 1024;
const BOMB_MEMBERS = 6;

export const FILE_FAULTS = {
  'copy-pending': onOneFile(24, 'a file that is still being copied (200, empty)', COPY_PENDING),
  'copy-pending-409': onOneFile(
    31,
    'a file that is still being copied (409)',
    blobError(409, 'PendingCopyOperation'),
  ),
  'copy-pending-late': onFile(
    3,
    24,
    'a file that is still being copied when others are through (200, empty)',
    COPY_PENDING,
  ),
  'copy-failed': onOneFile(
    24,
    'a file whose copy has failed',
    alterHeaders({ 'x-ms-copy-status': 'failed', 'x-ms-copy-status-description': '500 InternalError' }),
  ),
  'sas-short': asState(25, 'addresses that live for 20 s, whatever was asked for', {
    habits: { sasLifetimeMs: 20_000 },
  }),
  'sas-hour': asState(25, 'hours of validity that are cut down to one', {
    habits: { sasLifetimeMs: 3_600_000 },
  }),
  'sas-hours-refused': asState(25, 'hours of validity that are refused', { habits: { sasMaximumHours: 1 } }),
  'sas-early': asState(25, 'addresses that are not valid yet for 20 s', {
    habits: { sasStartsInMs: 20_000 },
  }),
  'sas-download': onFile(
    3,
    25,
    'a reset in the middle of a file, then a busy store until its address has expired',
    RESET,
    blobError(503, 'ServerBusy', { 'retry-after': '30' }),
  ),
  'sas-refused': onOneFile(25, 'an address that is refused (403)', blobError(403, 'AuthenticationFailed')),
  'file-reset': onOneFile(26, 'a connection that is reset in the middle of a file', RESET),
  'file-reset-early': onOneFile(26, 'a connection that is reset before the first byte', { kind: 'reset' }),
  'file-hang': onOneFile(26, 'a file that stops in its middle, with the connection open', {
    kind: 'hang',
    afterBytes: SOME_BYTES,
  }),
  'file-truncated': onOneFile(
    26,
    'a file that ends early, in good order',
    alterReply(({ headers: { 'content-md5': _, ...headers }, ...reply }) => ({
      ...reply,
      headers,
      body: reply.body.subarray(0, SOME_BYTES),
    })),
  ),
  'file-emptied': onOneFile(
    26,
    'a file of zero bytes',
    alterBlob(() => Buffer.alloc(0)),
  ),
  'file-crc': onOneFile(
    26,
    'a file with a wrong checksum in its gzip trailer',
    alterBlob((body) => body.map((byte, index) => (index === body.length - 8 ? byte ^ 0xff : byte))),
  ),
  'file-garbage': onOneFile(
    26,
    'garbage after the gzip member',
    alterBlob((body) => Buffer.concat([body, GARBAGE])),
  ),
  'file-members': onOneFile(
    26,
    'a file of several gzip members',
    alterBlob((body) => {
      const lines = gunzipSync(body)
        .toString()
        .split(/(?<=\n)/);
      return Buffer.concat(lines.map((line) => gzipSync(line)));
    }),
  ),
  'file-length-missing': onOneFile(
    26,
    'a file without Content-Length',
    alterHeaders({ 'content-length': null }),
  ),
  'file-length-large': onOneFile(
    26,
    'a Content-Length that is larger than the file',
    alterReply((reply) => ({
      ...reply,
      headers: {
        ...reply.headers,
        'content-length': String(reply.body.byteLength + 100),
        connection: 'close',
      },
    })),
  ),
  'file-length-small': onOneFile(
    26,
    'a Content-Length that is smaller than the file',
    alterReply((reply) => ({
      ...reply,
      headers: {
        ...reply.headers,
        'content-length': String(reply.body.byteLength - 100),
        connection: 'close',
      },
    })),
  ),
  'range-ignored': onOneFile(27, 'a reset, then a whole file where the rest was asked for', RESET, {
    kind: 'ignoreRange',
  }),
  'range-refused': onOneFile(27, 'a reset, then a 416', RESET, blobError(416, 'InvalidRange')),
  'file-changed': onOneFile(27, 'a reset, then another ETag (412)', RESET, blobError(412, 'ConditionNotMet')),
  'md5-absent': onOneFile(
    27,
    'a file without a checksum of its own',
    alterHeaders({ 'content-md5': null, 'x-ms-blob-content-md5': null }),
  ),
  'md5-wrong': onOneFile(
    27,
    'a checksum (Content-MD5) that is not that of the file',
    alterHeaders({ 'content-md5': Buffer.alloc(16, 7).toString('base64') }),
  ),
  'file-plain': onOneFile(
    28,
    'plain JSON under a name in .gz',
    alterBlob((body) => gunzipSync(body)),
  ),
  'file-encoded': onOneFile(
    28,
    'a file with Content-Encoding: gzip',
    alterHeaders({ 'content-encoding': 'gzip' }),
  ),
  'file-bom': onOneFile(
    28,
    'a byte order mark',
    alterLines((text) => `\uFEFF${text}`),
  ),
  'file-crlf': onOneFile(
    28,
    'lines that end in CRLF',
    alterLines((text) => text.replaceAll('\n', '\r\n')),
  ),
  'file-blank-lines': onOneFile(
    28,
    'blank lines',
    alterLines((text) => `\n${text.replaceAll('\n', '\n\n \n')}`),
  ),
  'file-no-newline': onOneFile(
    28,
    'no newline at the end',
    alterLines((text) => text.trimEnd()),
  ),
  'file-array': onOneFile(
    28,
    'a JSON array in place of lines',
    alterLines((text) => `[${text.trimEnd().split('\n').join(',\n')}]`),
  ),
  'file-broken-line': onOneFile(
    28,
    'one broken line among good ones',
    alterLines((text) => `${text}{"DeviceId":"0a0b","Path":\n`),
  ),
  'file-long-line': onOneFile(
    28,
    'a line of 17 MiB',
    alterLines((text) => `${text}{"DeviceId":"${'a'.repeat(17 * 1024 * 1024)}"}\n`),
  ),
  'file-bomb': onOneFile(28, 'a decompression bomb', alterBlob(createBomb)),
  'file-missing': onOneFile(
    31,
    'a file whose container was cleaned up (404)',
    blobError(404, 'BlobNotFound'),
  ),
  'file-busy': onOneFile(
    31,
    'a busy blob store (503) that names 5 s',
    blobError(503, 'ServerBusy', { 'retry-after': '5' }),
  ),
  'file-conflict': onOneFile(
    31,
    'a conflict of another kind (409)',
    blobError(409, 'BlobImmutableDueToPolicy'),
  ),
  'file-misses-rows': onOneFile(
    32,
    'a file that lacks a few rows of the pages',
    alterLines((text) => `${text.trimEnd().split('\n').slice(0, -2).join('\n')}\n`),
  ),
} as const satisfies Record<string, NamedFault>;

function createBomb(): Uint8Array {
  // Blank lines: nothing but the limit stands in the way of reading all of them.
  const member = gzipSync(Buffer.alloc(BOMB_MEMBER_BYTES, '\n'), { level: 9 });
  return Buffer.concat(Array.from({ length: BOMB_MEMBERS }, () => member));
}
