/** Faults of export files: 24 to 28, and 31. */

import assert from 'node:assert/strict';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/core/units.ts';
import { type ExpectedRun, type FaultCase, READ } from '../fault-case.ts';

const NOTHING = 'nothing';
const BY_ITSELF = 'nothing, unless it goes on';
const FIRST_RETRY_MS = 15 * SECOND_MS;
const RETRIED = { isRetryable: true, nextInMs: FIRST_RETRY_MS } as const;
const BODY_TIMEOUT_MS = MINUTE_MS;
/** Waits before the first, second and third try after a failure. */
const WAITS_MS = [0, 500, 1_500, 3_500] as const;

/** A download that gets on has its tries anew. */
const TWO_FIRST_WAITS_MS = 1_000;

/** Published after so many more calls to the blob store than there are files. */
function published(more: number, tookMs: number = WAITS_MS[more] ?? 0): ExpectedRun {
  return { outcome: 'PUBLISHED', calls: { ...READ, blob: READ.blob + more }, tookMs };
}

/** Failed after so many calls to the blob store. */
function failed(
  code: string,
  says: RegExp,
  more: Partial<ExpectedRun> & { readonly blobCalls?: number } = {},
): ExpectedRun {
  const { blobCalls = 1, ...expected } = more;
  return { outcome: 'FAILED', code, says, calls: { token: 1, export: 1, blob: blobCalls }, ...expected };
}

const CORRUPT = { ...RETRIED, blobCalls: 3, tookMs: WAITS_MS[2] };

export const FILE_CASES: readonly FaultCase[] = [
  {
    family: 24,
    faults: [['copy-pending', 4]],
    expected: published(4, (1 + 2 + 4 + 8) * SECOND_MS),
    todo: NOTHING,
  },
  {
    family: 24,
    name: 'a file that is still being copied at the deadline of the refresh',
    faults: ['copy-pending'],
    settings: { REFRESH_DEADLINE: '5m' },
    // After 1, 3, 7 and 15 s, then every 10 s.
    expected: failed('REFRESH_TIMED_OUT', /0 of 5 files/, {
      ...RETRIED,
      blobCalls: 5 + 28,
      tookMs: 5 * MINUTE_MS,
    }),
    todo: 'nothing, unless it goes on: then raise `REFRESH_DEADLINE`, or ask Microsoft',
  },
  {
    family: 24,
    faults: ['copy-failed'],
    expected: {
      outcome: 'FAILED',
      code: 'UPSTREAM_NOT_FOUND',
      says: /copy failed.*next refresh/,
      calls: { token: 1, export: 2, blob: 2 },
      ...RETRIED,
    },
    todo: BY_ITSELF,
  },
  {
    family: 25,
    name: 'addresses that expire in the middle of the list',
    faults: ['sas-short', ['copy-pending-late', 5]],
    expected: {
      outcome: 'PUBLISHED',
      calls: { token: 1, export: 2, blob: 2 + 6 + 3 },
      tookMs: 25 * SECOND_MS,
    },
    todo: 'nothing: new addresses are asked for, once, and files that are through are kept',
  },
  {
    family: 25,
    name: 'addresses that expire in the middle of a download',
    faults: ['sas-short', ['sas-download', 1]],
    expected: {
      outcome: 'PUBLISHED',
      calls: { token: 1, export: 2, blob: 2 + 3 + 3 },
      tookMs: 30 * SECOND_MS + 500,
    },
    todo: 'nothing: new addresses are asked for, once, and files that are through are kept',
  },
  {
    family: 25,
    name: 'addresses that expire when a newer export is out',
    faults: ['sas-short', ['copy-pending-late', 5]],
    afterMs: 12 * HOUR_MS - 10 * SECOND_MS,
    expected: {
      outcome: 'PUBLISHED',
      calls: { token: 1, export: 2, blob: 2 + 6 + 5 },
      tookMs: 25 * SECOND_MS,
      serves: 'newest',
    },
    todo: 'nothing: the newer export is read from its beginning',
  },
  {
    family: 25,
    faults: ['sas-hour'],
    settings: { EXPORT_SAS_VALID_HOURS: '24' },
    expected: published(0),
    todo: NOTHING,
  },
  {
    family: 25,
    faults: ['sas-hours-refused'],
    expected: {
      outcome: 'FAILED',
      code: 'UPSTREAM_BAD_REQUEST',
      says: /sasValidHours must be.*EXPORT_SAS_VALID_HOURS/,
      calls: { token: 1, export: 1 },
    },
    todo: 'lower `EXPORT_SAS_VALID_HOURS`',
  },
  {
    family: 25,
    faults: ['sas-early'],
    expected: published(1, 20 * SECOND_MS),
    todo: "set this machine's clock",
  },
  {
    family: 25,
    faults: ['sas-refused'],
    expected: {
      outcome: 'FAILED',
      code: 'UPSTREAM_FILE_FORBIDDEN',
      says: /EXPORT_SAS_VALID_HOURS.*clock/,
      calls: { token: 1, export: 2, blob: 2 },
      ...RETRIED,
    },
    todo: "raise `EXPORT_SAS_VALID_HOURS`, and check this machine's clock",
  },
  { family: 26, faults: [['file-reset', 1]], expected: published(1), todo: NOTHING },
  { family: 26, faults: [['file-reset-early', 3]], expected: published(3), todo: NOTHING },
  {
    family: 26,
    name: 'a connection to the blob store that is reset again and again before the first byte',
    faults: ['file-reset-early'],
    expected: failed('UPSTREAM_CONNECTION_LOST', /broke off/, {
      ...RETRIED,
      blobCalls: 4,
      tookMs: WAITS_MS[3],
    }),
    todo: BY_ITSELF,
  },
  {
    family: 26,
    faults: [['file-hang', 1]],
    tenant: { patienceMs: 300 },
    expected: published(1, BODY_TIMEOUT_MS + WAITS_MS[1]),
    todo: NOTHING,
  },
  { family: 26, faults: [['file-truncated', 2]], expected: published(2), todo: NOTHING },
  {
    family: 26,
    name: 'a file that ends early at each of three tries',
    faults: ['file-truncated'],
    expected: failed('UPSTREAM_FILE_CORRUPT', /ends early/, CORRUPT),
    todo: BY_ITSELF,
  },
  { family: 26, faults: [['file-emptied', 1]], expected: published(1), todo: NOTHING },
  {
    family: 26,
    name: 'a file that stays empty, and is not being copied',
    faults: ['file-emptied'],
    expected: failed('UPSTREAM_FILE_CORRUPT', /is empty/, CORRUPT),
    todo: BY_ITSELF,
  },
  { family: 26, faults: [['file-crc', 1]], expected: published(1), todo: NOTHING },
  {
    family: 26,
    name: 'a wrong checksum in the gzip trailer at each of three tries',
    faults: ['file-crc'],
    expected: failed('UPSTREAM_FILE_CORRUPT', /gzip data is corrupt/, CORRUPT),
    todo: BY_ITSELF,
  },
  { family: 26, faults: [['file-garbage', 1]], expected: published(1), todo: NOTHING },
  { family: 26, faults: ['file-members'], expected: published(0), todo: NOTHING },
  { family: 26, faults: ['file-length-missing'], expected: published(0), todo: NOTHING },
  {
    family: 26,
    faults: [['file-length-large', 1]],
    expected: published(2, TWO_FIRST_WAITS_MS),
    todo: NOTHING,
  },
  { family: 26, faults: [['file-length-small', 1]], expected: published(1), todo: NOTHING },
  { family: 27, faults: [['range-ignored', 1]], expected: published(1), todo: NOTHING },
  { family: 27, faults: [['range-refused', 1]], expected: published(2, TWO_FIRST_WAITS_MS), todo: NOTHING },
  { family: 27, faults: [['file-changed', 1]], expected: published(2, TWO_FIRST_WAITS_MS), todo: NOTHING },
  { family: 27, faults: ['md5-absent'], expected: published(0), todo: NOTHING },
  { family: 27, faults: [['md5-wrong', 1]], expected: published(1), todo: NOTHING },
  {
    family: 27,
    name: 'a checksum that is wrong at each of three tries',
    faults: ['md5-wrong'],
    expected: failed('UPSTREAM_FILE_CORRUPT', /MD5/, CORRUPT),
    todo: BY_ITSELF,
  },
  ...(
    [
      'file-plain',
      'file-encoded',
      'file-bom',
      'file-crlf',
      'file-blank-lines',
      'file-no-newline',
      'file-array',
    ] as const
  ).map((name): FaultCase => ({ family: 28, faults: [name], expected: published(0), todo: NOTHING })),
  {
    family: 28,
    faults: ['file-broken-line'],
    expected: published(0),
    todo: 'look at `snapshot { quality { rejections } }`',
    also: async (_world, gateway) => {
      const { snapshot } = await gateway.ask<{ snapshot: unknown }>(
        '{ snapshot { quality { recordsRead recordsRejected rejections { reason count } } } }',
      );
      assert.deepEqual(snapshot, {
        quality: {
          recordsRead: 61,
          recordsRejected: 1,
          rejections: [{ reason: 'NOT_JSON', count: 1 }],
        },
      });
    },
  },
  {
    family: 28,
    faults: ['file-long-line'],
    expected: failed('UPSTREAM_FILE_TOO_LARGE', /more than 16777216 bytes/),
    todo: 'look at the file; the gateway cannot read it',
  },
  {
    family: 28,
    faults: ['file-bomb'],
    expected: failed('UPSTREAM_FILE_TOO_LARGE', /300 times its size/),
    todo: 'look at the file; the gateway cannot read it',
  },
  { family: 31, faults: [['copy-pending-409', 2]], expected: published(2, 3 * SECOND_MS), todo: NOTHING },
  {
    family: 31,
    faults: [['file-missing', 1]],
    expected: { outcome: 'PUBLISHED', calls: { token: 1, export: 2, blob: 6 } },
    todo: 'nothing: new addresses are asked for, once',
  },
  {
    family: 31,
    name: 'a file that is not there under new addresses either (404)',
    faults: ['file-missing'],
    expected: {
      outcome: 'FAILED',
      code: 'UPSTREAM_NOT_FOUND',
      says: /is gone/,
      calls: { token: 1, export: 2, blob: 2 },
      ...RETRIED,
    },
    todo: BY_ITSELF,
  },
  { family: 31, faults: [['file-busy', 1]], expected: published(1, 5 * SECOND_MS), todo: NOTHING },
  {
    family: 31,
    name: 'a blob store that is busy again and again (503)',
    faults: ['file-busy'],
    expected: failed('UPSTREAM_UNAVAILABLE', /503 ServerBusy/, {
      isRetryable: true,
      blobCalls: 4,
      tookMs: 15 * SECOND_MS,
      nextInMs: 5 * SECOND_MS + FIRST_RETRY_MS,
    }),
    todo: BY_ITSELF,
  },
  {
    family: 31,
    faults: ['file-conflict'],
    expected: failed('UPSTREAM_INVALID_RESPONSE', /409 BlobImmutableDueToPolicy/),
    todo: 'look at the code; ask Microsoft',
  },
];
