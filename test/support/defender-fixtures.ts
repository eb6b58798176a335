/** What tests of the upstream client share: a sink that keeps everything, and ports that cost no time. */

import { silentLogger } from '../../src/core/logger.ts';
import type { CallBudget } from '../../src/defender/call-budget.ts';
import type { ApiEndpoint } from '../../src/defender/call-ledger.ts';
import type { ExportFileReader } from '../../src/defender/export-file-reader.ts';
import type { OpenLanes } from '../../src/defender/file-lanes.ts';
import { createRecordDecoder } from '../../src/defender/record-decoder.ts';
import { createRecordCounter, type RecordReader } from '../../src/defender/record-reader.ts';
import { createRetryPolicy, type RetryPolicy } from '../../src/defender/retry.ts';
import type { TokenSource } from '../../src/defender/token-source.ts';
import { joinPath, splitPath } from '../../src/snapshot/ingest.ts';
import type { CertificatePart, DevicePart, RecordSink, RejectionReason } from '../../src/snapshot/record.ts';
import { createManualClock } from './manual-clock.ts';

export interface CollectedRecord {
  readonly device: DevicePart;
  readonly certificate: CertificatePart;
  readonly path: string;
}

export interface CollectingSink extends RecordSink {
  readonly records: CollectedRecord[];
  readonly rejections: { readonly reason: RejectionReason; readonly sample: string }[];
  readonly unknownColumns: Set<string>;
  /** How often a part was handed over for interning. */
  readonly interned: { certificates: number; devices: number };
}

export function createCollectingSink(): CollectingSink {
  const certificates: CertificatePart[] = [];
  const devices: DevicePart[] = [];
  const paths: (readonly [prefix: string, tail: number])[] = [];
  const sink: CollectingSink = {
    records: [],
    rejections: [],
    unknownColumns: new Set(),
    interned: { certificates: 0, devices: 0 },
    internCertificate: (part) => {
      sink.interned.certificates += 1;
      return certificates.push(part) - 1;
    },
    internDevice: (part) => {
      sink.interned.devices += 1;
      return devices.push(part) - 1;
    },
    internPath: (path, thumbprint) => paths.push(splitPath(path, thumbprint)) - 1,
    addRecord: (device, certificate, path) => {
      const { thumbprint } = certificates[certificate] as CertificatePart;
      const [prefix, tail] = paths[path] as (typeof paths)[number];
      sink.records.push({
        device: devices[device] as DevicePart,
        certificate: certificates[certificate] as CertificatePart,
        path: joinPath(prefix, tail, thumbprint),
      });
    },
    rejectRecord: (reason, sample) => {
      sink.rejections.push({ reason, sample });
    },
    noteUnknownColumn: (name) => {
      sink.unknownColumns.add(name);
    },
    checkpoint: () => ({
      recordsAdded: sink.records.length,
      rejections: sink.rejections.map(({ reason, sample }) => ({ reason, count: 1, samples: [sample] })),
      unknownColumns: [...sink.unknownColumns],
    }),
    restore: ({ recordsAdded, rejections, unknownColumns }) => {
      sink.records.length = recordsAdded;
      sink.rejections.length = rejections.length;
      sink.unknownColumns.clear();
      for (const name of unknownColumns) sink.unknownColumns.add(name);
    },
  };
  return sink;
}

/** A reader that keeps the text of each record, and knows none by its shape. */
export function createTextReader(): { readonly reader: RecordReader; readonly records: string[] } {
  const records: string[] = [];
  const reader: RecordReader = {
    ...createRecordCounter(),
    decode: (bytes, start, end) => {
      records.push(bytes.toString('utf8', start, end).trim());
    },
    checkpoint: () => ({ recordsAdded: records.length, rejections: [], unknownColumns: [] }),
    restore: ({ recordsAdded }) => {
      records.length = recordsAdded;
    },
  };
  return { reader, records };
}

/** The real decoder, which also counts the records that it took without parsing them. */
export function createCountingDecoder(sink: RecordSink): RecordReader & { readonly accepted: number } {
  const decoder = createRecordDecoder(sink);
  let accepted = 0;
  return {
    ...decoder,
    accept: () => {
      accepted += 1;
      decoder.accept();
    },
    get accepted() {
      return accepted;
    },
  };
}

/** Lanes in this thread, each with a sink of its own, as threads have. */
export function createSeparateLanes(fileReader: ExportFileReader, count: number): OpenLanes<CollectingSink> {
  return (sink) => {
    const parts = Array.from({ length: count }, createCollectingSink);
    return {
      lanes: parts.map((part) => {
        const reader = createRecordDecoder(part);
        return { read: (file, options) => fileReader.readRecords(file, { reader, ...options }) };
      }),
      get recordsUncollected() {
        return parts.reduce((sum, { records }) => sum + records.length, 0);
      },
      collect: async () => {
        for (const part of parts) {
          sink.records.push(...part.records.splice(0));
          sink.rejections.push(...part.rejections);
        }
      },
      [Symbol.asyncDispose]: async () => {},
    };
  };
}

/** Everything that the decoder makes of some records, each given as a value or as its text. */
export function decodeAll(...records: readonly unknown[]): CollectingSink {
  const sink = createCollectingSink();
  const decoder = createRecordDecoder(sink);
  for (const record of records) {
    const bytes = Buffer.from(typeof record === 'string' ? record : JSON.stringify(record));
    decoder.decode(bytes, 0, bytes.length);
  }
  return sink;
}

/** Retries whose waits pass at once. */
export function createInstantRetry(): RetryPolicy {
  return createRetryPolicy({
    clock: createManualClock(0, { autoAdvance: true }),
    random: () => 0.5,
    log: silentLogger,
  });
}

export interface CountingBudget extends CallBudget {
  readonly calls: Record<ApiEndpoint, number>;
  readonly throttled: { readonly endpoint: ApiEndpoint; readonly retryAtMs: number }[];
}

/** A budget without a limit that counts. */
export function createCountingBudget(): CountingBudget {
  const budget: CountingBudget = {
    calls: { EXPORT: 0, PAGED: 0 },
    throttled: [],
    acquire: async (endpoint) => {
      budget.calls[endpoint] += 1;
    },
    noteThrottled: async (endpoint, retryAtMs) => {
      budget.throttled.push({ endpoint, retryAtMs });
    },
  };
  return budget;
}

export interface FakeTokenSource extends TokenSource {
  /** Whether each call asked for a renewal. */
  readonly asked: boolean[];
}

/** Tokens `token-1`, `token-2` …, a new one for each renewal. */
export function createFakeTokens(roles: readonly string[] = ['Vulnerability.Read.All']): FakeTokenSource {
  const asked: boolean[] = [];
  let number = 1;
  return {
    asked,
    getToken: async ({ forceRenewal = false } = {}) => {
      asked.push(forceRenewal);
      if (forceRenewal) number += 1;
      return {
        token: `token-${number}`,
        expiresAtMs: Number.MAX_SAFE_INTEGER,
        claims: {
          applicationName: 'gateway',
          applicationId: null,
          objectId: null,
          userName: null,
          tenantId: null,
          audience: null,
          roles,
        },
      };
    },
  };
}

/** Cuts bytes into pieces of the given sizes, over and over. */
export function* chunksOf(bytes: Buffer, sizes: readonly number[]): Generator<Buffer> {
  for (let start = 0, turn = 0; start < bytes.length; turn += 1) {
    const size = sizes[turn % sizes.length] ?? bytes.length;
    yield Buffer.from(bytes.subarray(start, start + size));
    start += size;
  }
}

/** A signal that nobody aborts. */
export function neverAborted(): AbortSignal {
  return new AbortController().signal;
}

/** The error that a promise rejects with. */
export async function rejectionOf(
  promise: Promise<unknown>,
): Promise<Error & { code?: string; retryAtMs?: number; retryable?: boolean }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('The promise was expected to reject.');
}
