import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import type { RefreshJobProgress, ServedSnapshot } from '../../../src/refresh/refresh-job.ts';
import type { ReadInventory, ReadInventoryOptions } from '../../../src/refresh/refresh-source.ts';
import {
  type InventoryBuilder,
  type RunRefreshOptions,
  runRefresh,
} from '../../../src/refresh/run-refresh.ts';
import { DEFAULT_VALIDATION_LIMITS } from '../../../src/refresh/validation.ts';
import { SnapshotBuilder, type SnapshotFacts } from '../../../src/snapshot/builder.ts';
import type { SnapshotManifest } from '../../../src/snapshot/format.ts';
import type { CertificatePart } from '../../../src/snapshot/record.ts';
import { rejectionOf } from '../../support/defender-fixtures.ts';
import { UNKNOWN_CERTIFICATE } from '../../support/inventories.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createEmptyStore, createFakeSnapshot } from '../../support/refresh-fixtures.ts';

const GENERATED_AT_MS = 5_000;
const PREVIOUS: ServedSnapshot = {
  revision: 3,
  publishedAtMs: 1,
  generatedAtMs: GENERATED_AT_MS - 1,
  certificateCount: 1,
  deviceCount: 1,
  installationCount: 1,
};

type Read = (options: ReadInventoryOptions<InventoryBuilder>) => Promise<ReadInventory<InventoryBuilder>>;

/** Reads two files of one record each. */
const readTwoFiles: Read = async ({ createSink, onProgress }) => {
  onProgress({ phase: 'DOWNLOADING', filesTotal: 2 });
  const sink = createSink();
  for (const filesDone of [1, 2]) {
    sink.addRecord(0, 0, 0);
    onProgress({ filesDone, bytesDownloaded: filesDone * 10 });
  }
  return {
    outcome: 'READ',
    sink,
    source: 'EXPORT',
    generatedAtMs: GENERATED_AT_MS,
    filesTotal: 2,
    bytesDownloaded: 20,
  };
};

function setUp({ read = readTwoFiles, ...overrides }: Partial<RunRefreshOptions> & { read?: Read } = {}) {
  const steps: string[] = [];
  const progress: RefreshJobProgress[] = [];
  const abort = new AbortController();
  const manifest: { current: Partial<SnapshotManifest> } = { current: {} };
  const builds: SnapshotFacts[] = [];
  const options: RunRefreshOptions = {
    source: { readInventory: read },
    createBuilder: () => {
      let recordsRead = 0;
      steps.push('builder');
      return {
        get recordsRead() {
          return recordsRead;
        },
        internCertificate: () => 0,
        internDevice: () => 0,
        internPath: () => 0,
        addRecord: () => {
          recordsRead += 1;
        },
        rejectRecord() {},
        noteUnknownColumn() {},
        checkpoint: () => ({ recordsAdded: recordsRead, rejections: [], unknownColumns: [] }),
        restore: ({ recordsAdded }) => {
          recordsRead = recordsAdded;
        },
        build: (details) => {
          steps.push('build');
          builds.push(details);
          return createFakeSnapshot({ revision: details.revision, ...manifest.current });
        },
      };
    },
    store: createEmptyStore({
      save: async (snapshot) => {
        steps.push(`save ${snapshot.manifest.revision}`);
      },
    }),
    clock: createManualClock(9_000),
    previous: PREVIOUS,
    nextRevision: 4,
    tenantId: 'tenant',
    apiUrl: 'https://api.example',
    limits: DEFAULT_VALIDATION_LIMITS,
    gatewayVersion: '1.2.3',
    signal: abort.signal,
    onProgress: (changes) => progress.push(changes),
    ...overrides,
  };
  return { steps, progress, abort, manifest, builds, run: () => runRefresh(options) };
}

test('reads, builds, validates, then stores, and returns the snapshot', async () => {
  const { steps, builds, run } = setUp();
  const result = await run();
  assert.equal(result.outcome, 'BUILT');
  assert.equal(result.outcome === 'BUILT' && result.storeFailure, null);
  assert.deepEqual(steps, ['builder', 'build', 'save 4']);
  assert.deepEqual(builds, [
    {
      tenantId: 'tenant',
      apiUrl: 'https://api.example',
      revision: 4,
      source: 'EXPORT',
      generatedAtMs: GENERATED_AT_MS,
      publishedAtMs: 9_000,
    },
  ]);
});

test('reports each phase in order, with the files, bytes and records so far', async () => {
  const { progress, run } = setUp();
  await run();
  assert.deepEqual(progress, [
    { phase: 'REQUESTING' },
    { phase: 'DOWNLOADING', filesTotal: 2, recordsRead: 0 },
    { filesDone: 1, bytesDownloaded: 10, recordsRead: 1 },
    { filesDone: 2, bytesDownloaded: 20, recordsRead: 2 },
    { phase: 'BUILDING', filesTotal: 2, bytesDownloaded: 20, recordsRead: 2 },
    { phase: 'VALIDATING' },
    { phase: 'PUBLISHING' },
  ]);
});

test('tells the source which generation is served, and none when nothing is', async () => {
  const known: (number | null)[] = [];
  const read: Read = (options) => {
    known.push(options.knownGeneratedAtMs);
    return readTwoFiles(options);
  };
  await setUp({ read }).run();
  await setUp({ read, previous: null }).run();
  assert.deepEqual(known, [GENERATED_AT_MS - 1, null]);
});

test('builds and stores nothing when the source has nothing new', async () => {
  const { steps, run } = setUp({
    read: async () => ({
      outcome: 'UNCHANGED',
      source: 'EXPORT',
      generatedAtMs: 4,
      filesTotal: 0,
      bytesDownloaded: 0,
    }),
  });
  assert.deepEqual(await run(), { outcome: 'UNCHANGED', source: 'EXPORT', generatedAtMs: 4 });
  assert.deepEqual(steps, []);
});

test('builds neither the generation that is served nor an older one, should they be read after all', async () => {
  for (const generatedAtMs of [GENERATED_AT_MS, GENERATED_AT_MS + 1]) {
    const { steps, run } = setUp({ previous: { ...PREVIOUS, generatedAtMs } });
    assert.equal((await run()).outcome, 'UNCHANGED');
    assert.deepEqual(steps, ['builder']);
  }
});

test('builds what has no generation time, or follows on one without', async () => {
  const read: Read = async (options) => ({ ...(await readTwoFiles(options)), generatedAtMs: null });
  assert.equal((await setUp({ read }).run()).outcome, 'BUILT');
  assert.equal((await setUp({ previous: { ...PREVIOUS, generatedAtMs: null } }).run()).outcome, 'BUILT');
});

test('stores nothing that the validator refuses', async () => {
  const { steps, manifest, run } = setUp();
  manifest.current = { installationCount: 0 };
  await assert.rejects(run(), { code: 'SNAPSHOT_EMPTY' });
  assert.deepEqual(steps, ['builder', 'build']);
});

test('refuses a source that stops before its last file', async () => {
  const { steps, run } = setUp({
    read: async (options) => ({ ...(await readTwoFiles(options)), filesTotal: 3 }),
  });
  await assert.rejects(run(), { code: 'SNAPSHOT_INCOMPLETE', value: 2 });
  assert.deepEqual(steps, ['builder', 'build']);
});

test('counts the files of the last attempt alone when a source begins anew', async () => {
  const { run } = setUp({
    read: async (options) => {
      options.createSink();
      options.onProgress({ filesTotal: 5, filesDone: 4 });
      const sink = options.createSink();
      return {
        outcome: 'READ',
        sink,
        source: 'PAGED',
        generatedAtMs: null,
        filesTotal: 1,
        bytesDownloaded: 0,
      };
    },
  });
  assert.equal((await run()).outcome, 'BUILT');
});

test('takes a source that hands over no sink for a mistake', async () => {
  const { run } = setUp({
    read: async () => ({
      outcome: 'READ',
      source: 'EXPORT',
      generatedAtMs: null,
      filesTotal: 0,
      bytesDownloaded: 0,
    }),
  });
  await assert.rejects(run(), { code: 'INVARIANT_VIOLATED' });
});

test('passes on the error of the source as it is', async () => {
  const error = new GatewayError('UPSTREAM_TIMEOUT', 'Too slow.', { retryable: true });
  await assert.rejects(setUp({ read: () => Promise.reject(error) }).run(), error);
});

test('returns a snapshot that could not be stored with the reason', async () => {
  const failure = new GatewayError('STORE_UNAVAILABLE', 'The disk is full.');
  const result = await setUp({ store: createEmptyStore({ save: () => Promise.reject(failure) }) }).run();
  assert.equal(result.outcome === 'BUILT' && result.storeFailure, failure);
});

test('shows nothing of a foreign error of the store but keeps it as the cause', async () => {
  const cause = new Error('redis://:secret@host');
  const result = await setUp({ store: createEmptyStore({ save: () => Promise.reject(cause) }) }).run();
  assert.ok(result.outcome === 'BUILT' && result.storeFailure !== null);
  assert.equal(result.storeFailure.code, 'STORE_UNAVAILABLE');
  assert.equal(result.storeFailure.cause, cause);
  assert.equal(
    result.storeFailure.message,
    'The new snapshot is served but could not be stored, so that a restart will not find it. See the log for the cause.',
  );
});

test('is cancelled, whatever the source makes of the abort', async () => {
  for (const ending of ['rejects', 'returns'] as const) {
    const { steps, abort, run } = setUp({
      read: async (options) => {
        const inventory = await readTwoFiles(options);
        abort.abort();
        if (ending === 'rejects') throw new Error('socket closed');
        return inventory;
      },
    });
    await assert.rejects(run(), { code: 'REFRESH_CANCELLED' });
    assert.deepEqual(steps, ['builder']);
  }
});

test('is cancelled when the abort comes while storing', async () => {
  const { run, abort } = setUp({ store: createEmptyStore({ save: async () => abort.abort() }) });
  await assert.rejects(run(), { code: 'REFRESH_CANCELLED' });
});

/** A source that lists two files, reads one and then does nothing until it is told to end. */
const readOneThenHang: Read = async ({ createSink, onProgress, signal }) => {
  createSink();
  onProgress({ phase: 'DOWNLOADING', filesTotal: 2, filesDone: 0 });
  onProgress({ filesDone: 1 });
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('socket closed')));
  });
};

test('ends when it has read for too long, and says how far it came and why', async () => {
  const clock = createManualClock();
  const { run, steps } = setUp({
    read: readOneThenHang,
    clock,
    deadlineMs: 90_000,
    findLastFault: () => 'UPSTREAM_FILE_NOT_READY',
  });
  const failure = rejectionOf(run());
  await clock.advance(89_999);
  assert.equal(clock.pendingCount, 1);
  await clock.advance(1);
  const { code, retryable, message } = await failure;
  assert.deepEqual([code, retryable, steps], ['REFRESH_TIMED_OUT', true, ['builder']]);
  assert.equal(
    message,
    'The refresh has read for 90 s, longer than REFRESH_DEADLINE allows: 1 of 2 files were read; what last made it wait was UPSTREAM_FILE_NOT_READY, see the log. The served snapshot stays, and the refresh is tried again. If reading takes that long here, raise REFRESH_DEADLINE.',
  );
});

test('says of a deadline what little there is to say', async () => {
  for (const [progress, says] of [
    [undefined, /: Defender has not said yet what there is to read; nothing had failed\. /],
    [{ filesTotal: null, filesDone: 7 }, /: 7 pages were read; nothing had failed\. /],
  ] as const) {
    const clock = createManualClock();
    const read: Read = async (options) => {
      if (progress !== undefined) options.onProgress(progress);
      return new Promise((_, reject) => {
        options.signal.addEventListener('abort', () => reject(options.signal.reason));
      });
    };
    const failure = rejectionOf(setUp({ read, clock, deadlineMs: 1 }).run());
    await clock.advance(1);
    assert.match((await failure).message, says);
  }
});

test('is cancelled rather than too late when it is stopped', async () => {
  const clock = createManualClock();
  const { run, abort } = setUp({ read: readOneThenHang, clock, deadlineMs: 90_000 });
  const failure = rejectionOf(run());
  await clock.advance(1);
  abort.abort();
  assert.equal((await failure).code, 'REFRESH_CANCELLED');
  assert.equal(clock.pendingCount, 0);
});

test('stores what was read in time, however long that takes', async () => {
  const clock = createManualClock();
  const { run } = setUp({
    clock,
    deadlineMs: 1_000,
    store: createEmptyStore({
      save: async (_snapshot, signal) => {
        await clock.advance(2_000);
        assert.equal(signal.aborted, false);
      },
    }),
  });
  const result = await run();
  assert.equal(result.outcome === 'BUILT' && result.storeFailure, null);
  assert.equal(clock.pendingCount, 0);
});

test('reads for as long as it takes without a deadline', async () => {
  const clock = createManualClock();
  const { run, abort } = setUp({ read: readOneThenHang, clock, deadlineMs: 0 });
  const failure = rejectionOf(run());
  await clock.advance(Number.MAX_SAFE_INTEGER);
  abort.abort();
  assert.equal((await failure).code, 'REFRESH_CANCELLED');
});

test('fills the real builder, and validates what it counts', async () => {
  const read: Read = async ({ createSink }) => {
    const sink = createSink();
    const device = sink.internDevice({ deviceId: 'd1', name: null, rbacGroupId: null, rbacGroupName: null });
    const certificate = sink.internCertificate(CERTIFICATE);
    for (const store of ['My', 'Root']) {
      const { thumbprint } = CERTIFICATE;
      const path = sink.internPath(`LocalMachine\\${store}\\${thumbprint}`, thumbprint);
      sink.addRecord(device, certificate, path);
    }
    sink.rejectRecord('NOT_JSON', 'x');
    return { outcome: 'READ', sink, source: 'PAGED', generatedAtMs: null, filesTotal: 1, bytesDownloaded: 9 };
  };
  const limits = { ...DEFAULT_VALIDATION_LIMITS, maximumRejectedShare: 0.5 };
  const result = await setUp({ read, createBuilder: () => new SnapshotBuilder(), limits }).run();
  assert.ok(result.outcome === 'BUILT');
  assert.equal(result.snapshot.manifest.revision, 4);
  assert.equal(result.snapshot.manifest.installationCount, 2);
  await assert.rejects(setUp({ read, createBuilder: () => new SnapshotBuilder() }).run(), {
    code: 'SNAPSHOT_REJECTED_RECORDS',
    value: 1,
  });
});

const CERTIFICATE: CertificatePart = {
  ...UNKNOWN_CERTIFICATE,
  thumbprint: 'A'.repeat(40),
};
