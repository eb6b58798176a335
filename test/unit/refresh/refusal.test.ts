import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import type { ServedSnapshot } from '../../../src/refresh/refresh-job.ts';
import type { RefusalReport } from '../../../src/refresh/refusal.ts';
import { type RunRefreshOptions, runRefresh, type SnapshotStore } from '../../../src/refresh/run-refresh.ts';
import { DEFAULT_VALIDATION_LIMITS } from '../../../src/refresh/validation.ts';
import type { EncodedSnapshot, SnapshotManifest } from '../../../src/snapshot/format.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';
import { createEmptyStore, createFakeSnapshot } from '../../support/refresh-fixtures.ts';

const NOW_MS = Date.UTC(2026, 0, 15, 12);
const SERVED_MS = Date.UTC(2026, 0, 15, 0);
const OFFERED_MS = Date.UTC(2026, 0, 15, 6);

const PREVIOUS: ServedSnapshot = {
  revision: 3,
  publishedAtMs: SERVED_MS + 1,
  generatedAtMs: SERVED_MS,
  certificateCount: 300,
  deviceCount: 200,
  installationCount: 1_000,
};

const SHRUNK: Partial<SnapshotManifest> = { installationCount: 499 };

const SHRUNK_MESSAGE =
  'The number of records may fall by at most 50 % from one snapshot to the next, but fell from 1000 to 499. Nothing was ' +
  'published. Check in the Defender portal whether the fleet, its licences or what this credential may see has shrunk. ' +
  'The limit is SNAPSHOT_MAXIMUM_SHRINK.';
const HOW_TO_PUBLISH =
  'It is kept aside: `npm run refused` shows it, and `npm run refused -- publish` publishes it all the same.';

interface Kept {
  readonly manifest: SnapshotManifest;
  readonly report: RefusalReport;
}

interface Offer {
  readonly generatedAtMs: number | null;
  readonly filesTotal: number;
  readonly manifest: Partial<SnapshotManifest>;
}

/** Runs over a source that offers one export and downloads it unless it is known, and a store that keeps one snapshot. */
function setUp(
  overrides: Partial<Omit<RunRefreshOptions, 'store'>> & { store?: Partial<SnapshotStore> } = {},
) {
  const state: { offer: Offer; kept: Kept | undefined } = {
    offer: { generatedAtMs: OFFERED_MS, filesTotal: 2, manifest: SHRUNK },
    kept: undefined,
  };
  const downloads: (number | null)[] = [];
  const listings: (number | null)[] = [];
  const saved: number[] = [];
  const log = createRecordingLogger();
  const { store, ...others } = overrides;
  const options: RunRefreshOptions = {
    source: {
      readInventory: async ({ knownGeneratedAtMs, createSink }) => {
        const { generatedAtMs, filesTotal } = state.offer;
        const isKnown =
          generatedAtMs !== null && knownGeneratedAtMs !== null && generatedAtMs <= knownGeneratedAtMs;
        listings.push(knownGeneratedAtMs);
        if (!isKnown) downloads.push(generatedAtMs);
        const sink = createSink();
        const outcome = isKnown ? 'UNCHANGED' : 'READ';
        return { outcome, sink, source: 'EXPORT', generatedAtMs, filesTotal, bytesDownloaded: 0 };
      },
    },
    createBuilder: () => ({
      recordsRead: 0,
      internCertificate: () => 0,
      internDevice: () => 0,
      internPath: () => 0,
      addRecord() {},
      rejectRecord() {},
      noteUnknownColumn() {},
      checkpoint: () => ({ recordsAdded: 0, rejections: [], unknownColumns: [] }),
      restore() {},
      build: (facts) => createFakeSnapshot({ ...facts, ...state.offer.manifest }),
    }),
    store: createEmptyStore({
      save: async ({ manifest }) => void saved.push(manifest.revision),
      keepRefused: async ({ manifest }, report) => {
        state.kept = { manifest, report };
      },
      findRefused: async () => state.kept,
      ...store,
    }),
    clock: createManualClock(NOW_MS),
    previous: PREVIOUS,
    nextRevision: 4,
    tenantId: 'tenant',
    apiUrl: 'https://api.example',
    limits: DEFAULT_VALIDATION_LIMITS,
    gatewayVersion: '1.2.3',
    signal: new AbortController().signal,
    log,
    onProgress() {},
    ...others,
  };
  return {
    state,
    downloads,
    listings,
    saved,
    log,
    run: (changes: Partial<RunRefreshOptions> = {}) => runRefresh({ ...options, ...changes }),
  };
}

test('keeps a refused snapshot aside with its report, logs it, and says how to publish it', async () => {
  const { state, saved, log, run } = setUp();
  await assert.rejects(run(), {
    code: 'SNAPSHOT_SHRUNK',
    retryable: false,
    message: `${SHRUNK_MESSAGE} ${HOW_TO_PUBLISH}`,
    rule: 'largest shrink of records',
    value: 499,
  });
  assert.deepEqual(saved, []);
  const report = {
    refusedAtMs: NOW_MS,
    code: 'SNAPSHOT_SHRUNK',
    message: SHRUNK_MESSAGE,
    filesTotal: 2,
    gatewayVersion: '1.2.3',
    served: PREVIOUS,
  };
  assert.deepEqual(state.kept?.report, report);
  assert.equal(state.kept?.manifest.revision, 4);
  const line = log.lines[0]!;
  assert.deepEqual([line.level, line.message], ['warn', SHRUNK_MESSAGE]);
  const { refused, ...logged } = line.fields as { refused: Partial<SnapshotManifest> };
  assert.deepEqual(logged, { event: 'snapshot_refused', ...report });
  assert.deepEqual([refused.installationCount, refused.quality?.rejections], [499, []]);
  assert.equal('segments' in refused, false);
});

test('keeps one that is empty or malformed as well, but none that was not read to its end', async () => {
  const quality = { ...createFakeSnapshot().manifest.quality, recordsRejected: 900 };
  for (const [code, manifest] of [
    ['SNAPSHOT_EMPTY', { installationCount: 0 }],
    ['SNAPSHOT_REJECTED_RECORDS', { quality }],
  ] as const) {
    const { state, run } = setUp({ previous: null });
    state.offer = { ...state.offer, manifest };
    await assert.rejects(run(), { code, message: /It is kept aside/ });
    assert.equal(state.kept?.report.code, code);
    assert.equal(state.kept?.report.served, null);
  }
  const incomplete = setUp({
    source: {
      readInventory: async ({ createSink, onProgress }) => {
        const sink = createSink();
        onProgress({ filesDone: 1 });
        return {
          outcome: 'READ',
          sink,
          source: 'EXPORT',
          generatedAtMs: 9,
          filesTotal: 2,
          bytesDownloaded: 0,
        };
      },
    },
    previous: null,
  });
  await assert.rejects(incomplete.run(), { code: 'SNAPSHOT_INCOMPLETE', message: /by itself\.$/ });
  assert.equal(incomplete.state.kept, undefined);
  assert.deepEqual(incomplete.log.messages, []);
});

test('a store that fails does not hide the refusal, and says so in it', async () => {
  const failure = new GatewayError('STORE_UNAVAILABLE', 'The disk is full.', { retryable: true });
  for (const [error, says] of [
    [failure, 'The disk is full.'],
    [new Error('secret'), 'See the log for the cause.'],
  ] as const) {
    const { log, run } = setUp({ store: { keepRefused: () => Promise.reject(error) } });
    await assert.rejects(run(), {
      code: 'SNAPSHOT_SHRUNK',
      retryable: false,
      message: `${SHRUNK_MESSAGE} It could not be kept aside for inspection: ${says}`,
      cause: error,
    });
    assert.deepEqual(log.messages, [SHRUNK_MESSAGE, 'the refused snapshot could not be kept aside']);
  }
});

test('does not download an export again only to refuse it again', async () => {
  const { downloads, log, run } = setUp();
  await assert.rejects(run(), { code: 'SNAPSHOT_SHRUNK' });
  await assert.rejects(run(), {
    code: 'SNAPSHOT_SHRUNK',
    retryable: false,
    message:
      `${SHRUNK_MESSAGE} Defender still offers the export of 2026-01-15T06:00:00Z, which was refused at ` +
      `2026-01-15T12:00:00Z: it was not downloaded again. ${HOW_TO_PUBLISH}`,
  });
  assert.deepEqual(downloads, [OFFERED_MS]);
  assert.equal(log.messages.length, 1);
});

test('downloads it again where something else may come of it', async () => {
  const again: readonly [string, Partial<RunRefreshOptions>][] = [
    ['with other limits', { limits: { ...DEFAULT_VALIDATION_LIMITS, maximumShrinkShare: 0.6 } }],
    ['beside another served snapshot', { previous: { ...PREVIOUS, installationCount: 500 } }],
    ['with nothing served', { previous: null }],
    ['with another version of the gateway', { gatewayVersion: '1.3.0' }],
  ];
  for (const [name, changes] of again) {
    const { downloads, run } = setUp();
    await assert.rejects(run(), { code: 'SNAPSHOT_SHRUNK' });
    await run(changes).catch(() => undefined);
    assert.deepEqual(downloads, [OFFERED_MS, OFFERED_MS], name);
  }
});

test('reads the same export again when it has other files, and one that is newer', async () => {
  for (const change of [{ filesTotal: 3 }, { generatedAtMs: OFFERED_MS + 1 }, { generatedAtMs: null }]) {
    const { state, downloads, run } = setUp();
    await assert.rejects(run(), { code: 'SNAPSHOT_SHRUNK' });
    state.offer = { ...state.offer, ...change, manifest: {} };
    assert.equal((await run()).outcome, 'BUILT');
    assert.equal(downloads.length, 2);
  }
});

test('reads one in between, and takes what is served for unchanged, while a newer one is refused', async () => {
  const { state, downloads, listings, run } = setUp();
  await assert.rejects(run(), { code: 'SNAPSHOT_SHRUNK' });
  state.offer = { generatedAtMs: SERVED_MS, filesTotal: 2, manifest: {} };
  assert.equal((await run()).outcome, 'UNCHANGED');
  state.offer = { ...state.offer, generatedAtMs: SERVED_MS + 1 };
  assert.equal((await run()).outcome, 'BUILT');
  assert.deepEqual(downloads, [OFFERED_MS, SERVED_MS + 1]);
  assert.deepEqual(listings, [SERVED_MS, OFFERED_MS, OFFERED_MS, SERVED_MS]);
});

test('takes no account of a refused one that is older than what is served', async () => {
  const { state, listings, run } = setUp();
  await assert.rejects(run(), { code: 'SNAPSHOT_SHRUNK' });
  state.offer = { ...state.offer, manifest: {} };
  const previous = { ...PREVIOUS, generatedAtMs: OFFERED_MS + 1, installationCount: 10_000 };
  assert.equal((await run({ previous })).outcome, 'UNCHANGED');
  assert.equal(listings.at(-1), OFFERED_MS + 1);
});

test('reads again what has no time of its own', async () => {
  const { state, downloads, run } = setUp();
  state.offer = { ...state.offer, generatedAtMs: null };
  await assert.rejects(run(), { code: 'SNAPSHOT_SHRUNK' });
  await assert.rejects(run(), { code: 'SNAPSHOT_SHRUNK' });
  assert.equal(downloads.length, 2);
});

test('publishes what was approved before anything is asked upstream', async () => {
  const asked: unknown[] = [];
  const approved: EncodedSnapshot = createFakeSnapshot({ revision: 4 });
  const { listings, saved, run } = setUp({
    store: {
      publishApproved: async (options) => {
        asked.push(options);
        return approved;
      },
    },
  });
  const phases: unknown[] = [];
  const result = await run({ onProgress: ({ phase }) => phases.push(phase) });
  assert.deepEqual(result, { outcome: 'BUILT', snapshot: approved, storeFailure: null });
  assert.deepEqual(asked, [{ served: PREVIOUS, revision: 4, publishedAtMs: NOW_MS }]);
  assert.deepEqual([listings, saved, phases], [[], [], ['PUBLISHING']]);
});

test('a store that cannot say what was refused or approved does not keep the refresh from going on', async () => {
  const failing = () => Promise.reject(new GatewayError('STORE_UNAVAILABLE', 'Away.'));
  const { state, log, run } = setUp({ store: { publishApproved: failing, findRefused: failing } });
  state.offer = { ...state.offer, manifest: {} };
  assert.equal((await run()).outcome, 'BUILT');
  assert.deepEqual(log.messages, [
    'whether a refused snapshot is to be published cannot be told, or it cannot be',
    'whether a refused snapshot is kept aside cannot be told',
  ]);
});

test('is cancelled while it publishes, looks or keeps', async () => {
  for (const name of ['publishApproved', 'findRefused', 'keepRefused'] as const) {
    const abort = new AbortController();
    const stopped = async () => {
      abort.abort();
      throw new Error('stopped');
    };
    const { listings, run } = setUp({ store: { [name]: stopped }, signal: abort.signal });
    await assert.rejects(run(), { code: 'REFRESH_CANCELLED' });
    assert.equal(listings.length, name === 'keepRefused' ? 1 : 0);
  }
});
