import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { GatewayError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { budgetSpent } from '../../../src/defender/call-budget.ts';
import { createDefenderSource, type SourceMode } from '../../../src/defender/defender-source.ts';
import type { SourceProgress } from '../../../src/defender/inventory-reading.ts';
import { createRetryPolicy } from '../../../src/defender/retry.ts';
import { createWatchedClock } from '../../../src/defender/watched-clock.ts';
import { createEndpointFixture, type EndpointFixture } from '../../support/defender-endpoints.ts';
import {
  type CollectingSink,
  createCollectingSink,
  createSeparateLanes,
  neverAborted,
  rejectionOf,
} from '../../support/defender-fixtures.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { type Answer, inTurn, reply, replyCut, replyJson } from '../../support/upstream-server.ts';

const record = (number: number) => ({
  deviceId: `d${number}`,
  path: 'LocalMachine\\My\\x',
  thumbprint: String(number).padStart(40, '0'),
});
const lines = (...numbers: number[]) =>
  gzipSync(numbers.map((number) => JSON.stringify(record(number))).join('\n'));
/** Nothing listens on port 1. */
const CLOSED_HOST = '127.0.0.1:1';
const GENERATED = '2026-11-23T06:00:00Z';
const GENERATED_MS = Date.UTC(2026, 10, 23, 6);

interface Tenant {
  readonly listing?: Answer;
  readonly files?: Readonly<Record<string, Answer>>;
  readonly page?: Answer;
}

async function read(
  tenant: Tenant,
  options: {
    mode?: SourceMode;
    known?: number | null;
    lanes?: number;
    prepare?: (fixture: EndpointFixture) => void;
  } = {},
) {
  await using fixture = await createEndpointFixture(
    (received, response) => {
      const path = new URL(received.path, 'http://x').pathname;
      if (path === '/api/machines/certificateAssessmentByMachine')
        return (tenant.page ?? reply(500))(received, response);
      if (path !== '/api/machines/certificateAssessmentExport')
        return (tenant.files?.[path] ?? reply(404))(received, response);
      const urls = Object.keys(tenant.files ?? {}).map(
        (file) => `http://${received.headers.host}${file}?sig=1`,
      );
      return (tenant.listing ?? replyJson(200, { exportFiles: urls, generatedTime: GENERATED }))(
        received,
        response,
      );
    },
    { downloadHosts: [CLOSED_HOST] },
  );
  options.prepare?.(fixture);
  const source = createDefenderSource({
    ...fixture,
    mode: options.mode ?? 'auto',
    sasValidHours: 3,
    pageSize: 100,
    log: silentLogger,
    openLanes: createSeparateLanes(fixture.fileReader, options.lanes ?? 2),
  });
  const sinks: CollectingSink[] = [];
  const progress: SourceProgress[] = [];
  const outcome = await source
    .readInventory({
      createSink: () => {
        const sink = createCollectingSink();
        sinks.push(sink);
        return sink;
      },
      signal: neverAborted(),
      knownGeneratedAtMs: options.known ?? null,
      onProgress: (step) => progress.push(step),
    })
    .then(
      (reading) => ({ ...reading, error: undefined }),
      (error: GatewayError) => ({ error }),
    );
  return {
    outcome,
    sinks,
    progress,
    paths: fixture.server.requests.map(({ path }) => new URL(path, 'http://x').pathname),
    calls: fixture.budget.calls,
  };
}

const devices = (sink: CollectingSink | undefined) =>
  sink?.records.map(({ device }) => device.deviceId).sort();
/** The phases as they followed each other. */
const phasesOf = (progress: readonly SourceProgress[]) =>
  progress.flatMap(({ phase }) => phase ?? []).filter((phase, index, phases) => phase !== phases[index - 1]);
const PAGE = replyJson(200, { value: [record(7), record(8)] });

describe('Defender source', () => {
  it('reads every listed file into one sink and counts bytes and files', async () => {
    const files = { '/a': reply(200, lines(1, 2)), '/b': reply(200, lines(3)), '/c': reply(200, lines()) };
    const { outcome, sinks, progress } = await read({ files });
    assert.deepEqual(devices(sinks[0]), ['d1', 'd2', 'd3']);
    const bytesDownloaded = lines(1, 2).length + lines(3).length + lines().length;
    assert.deepEqual(outcome, {
      error: undefined,
      outcome: 'READ',
      source: 'EXPORT',
      generatedAtMs: GENERATED_MS,
      filesTotal: 3,
      bytesDownloaded,
      sink: sinks[0],
    });
    assert.deepEqual(progress.slice(0, 2), [
      { phase: 'REQUESTING' },
      { phase: 'DOWNLOADING', filesTotal: 3, filesDone: 0, bytesDownloaded: 0 },
    ]);
    assert.deepEqual(
      progress.flatMap(({ filesDone }) => filesDone ?? []),
      [0, 1, 2, 3],
    );
    assert.equal(
      progress.findLast((step) => step.bytesDownloaded !== undefined)?.bytesDownloaded,
      bytesDownloaded,
    );
  });

  it('downloads nothing when the export is the one that is known', async () => {
    const { outcome, paths } = await read({ files: { '/a': reply(200, lines(1)) } }, { known: GENERATED_MS });
    assert.deepEqual(
      [outcome.error, 'outcome' in outcome && outcome.outcome, paths.length],
      [undefined, 'UNCHANGED', 1],
    );
  });

  it('downloads nothing when the export is older than the one that is known', async () => {
    const files = { '/a': reply(200, lines(1)) };
    const { outcome, paths } = await read({ files }, { known: GENERATED_MS + 1 });
    assert.ok('outcome' in outcome);
    assert.deepEqual([outcome.outcome, outcome.generatedAtMs, paths.length], ['UNCHANGED', GENERATED_MS, 1]);
  });

  it('reads pages when told to, without touching the export', async () => {
    const { outcome, sinks, paths, progress } = await read({ page: PAGE }, { mode: 'paged' });
    assert.deepEqual(
      [devices(sinks[0]), paths],
      [['d7', 'd8'], ['/api/machines/certificateAssessmentByMachine']],
    );
    assert.deepEqual('source' in outcome && [outcome.source, outcome.generatedAtMs, outcome.filesTotal], [
      'PAGED',
      null,
      1,
    ]);
    assert.equal(progress[1]?.filesTotal, null);
  });

  it('waits before another listing, for a file that is copied, and before it is read on', async () => {
    const file = lines(1, 2);
    const { outcome, sinks, progress } = await read({
      listing: inTurn(reply(503), (received, response) =>
        replyJson(200, { exportFiles: [`http://${received.headers.host}/a`], generatedTime: null })(
          received,
          response,
        ),
      ),
      files: {
        '/a': inTurn(
          reply(200, '', { 'x-ms-copy-status': 'pending' }),
          replyCut(file, 30, { etag: '"1"' }),
          reply(200, file, { etag: '"1"' }),
        ),
      },
    });
    assert.deepEqual([outcome.error, devices(sinks[0])], [undefined, ['d1', 'd2']]);
    assert.deepEqual(phasesOf(progress), [
      'REQUESTING',
      'WAITING',
      'REQUESTING',
      'DOWNLOADING',
      'WAITING',
      'DOWNLOADING',
      'WAITING',
      'DOWNLOADING',
    ]);
  });

  it('waits in the middle of a walk for the call budget', async () => {
    const next: Answer = (received, response) =>
      replyJson(200, {
        value: [record(6)],
        '@odata.nextLink': `http://${received.headers.host}${received.path}&page=2`,
      })(received, response);
    let acquired = 0;
    const { outcome, sinks, progress } = await read(
      { page: inTurn(next, PAGE) },
      {
        mode: 'paged',
        prepare: ({ budget }) => {
          budget.acquire = async (endpoint) => {
            acquired += 1;
            if (acquired === 2) throw budgetSpent(endpoint, 30_000);
          };
        },
      },
    );
    assert.deepEqual([outcome.error, devices(sinks[0])], [undefined, ['d6', 'd7', 'd8']]);
    assert.deepEqual(phasesOf(progress), ['REQUESTING', 'DOWNLOADING', 'WAITING', 'DOWNLOADING']);
  });

  it('says that it waits for as long as the clock stands still, and nothing once it has given up', async () => {
    const progress: SourceProgress[] = [];
    const clock = createManualClock();
    const waits = createWatchedClock(clock);
    await using fixture = await createEndpointFixture(reply(500));
    const retry = createRetryPolicy({ clock: waits, random: () => 1, log: silentLogger });
    const asleep = Promise.withResolvers<void>();
    const source = createDefenderSource<CollectingSink>({
      ...fixture,
      openLanes: createSeparateLanes(fixture.fileReader, 1),
      exportEndpoint: {
        requestExport: ({ signal }) =>
          retry.run(async () => {
            throw new GatewayError('UPSTREAM_TIMEOUT', 'Too slow.', { retryable: true });
          }, signal),
      },
      waits: {
        now: () => clock.now(),
        watch: (onWaiting) =>
          waits.watch((isWaiting) => {
            onWaiting(isWaiting);
            asleep.resolve();
          }),
      },
      mode: 'export',
      sasValidHours: 3,
      pageSize: 100,
      log: silentLogger,
    });
    const stop = new AbortController();
    const reading = rejectionOf(
      source.readInventory({
        createSink: createCollectingSink,
        signal: stop.signal,
        knownGeneratedAtMs: null,
        onProgress: (step) => progress.push(step),
      }),
    );
    await asleep.promise;
    await clock.advance(999);
    assert.deepEqual([clock.pendingCount, phasesOf(progress)], [1, ['REQUESTING', 'WAITING']]);
    await clock.advance(1);
    assert.deepEqual(phasesOf(progress), ['REQUESTING', 'WAITING', 'REQUESTING', 'WAITING']);
    stop.abort(new Error('stopped'));
    assert.equal((await reading).message, 'stopped');
    const told = progress.length;
    await waits.sleep(0, AbortSignal.abort(new Error('later'))).catch(() => {});
    assert.equal(progress.length, told);
  });

  const refused = (code: string, message = '') => ({ error: { code, message } });
  for (const [name, listing] of [
    ['a 403 for another reason than the role', replyJson(403, refused('Forbidden'))],
    ['a feature that is switched off', replyJson(403, refused('DisabledFeature'))],
    ['a 404', replyJson(404, refused('NotFound'))],
    ['5xx that outlast the retries', reply(503)],
  ] as const) {
    it(`falls back to pages on ${name}, but not when told to read files`, async () => {
      const { outcome, sinks } = await read({ listing, page: PAGE });
      assert.deepEqual(
        [outcome.error, 'source' in outcome && outcome.source, sinks.length, devices(sinks[0])],
        [undefined, 'PAGED', 1, ['d7', 'd8']],
      );
      const strict = await read({ listing, page: PAGE }, { mode: 'export' });
      assert.match(
        strict.outcome.error?.code ?? '',
        /^UPSTREAM_(FORBIDDEN|FEATURE_DISABLED|NOT_FOUND|UNAVAILABLE)$/,
      );
      assert.equal(strict.calls.PAGED, 0);
    });
  }

  it('falls back to pages with a new sink when the blob host cannot be reached', async () => {
    const listing: Answer = (received, response) =>
      replyJson(200, {
        exportFiles: [`http://${received.headers.host}/a`, `http://${CLOSED_HOST}/b`],
        generatedTime: GENERATED,
      })(received, response);
    const { outcome, sinks } = await read(
      { listing, files: { '/a': reply(200, lines(1)) }, page: PAGE },
      { lanes: 1 },
    );
    assert.deepEqual([outcome.error, 'source' in outcome && outcome.source], [undefined, 'PAGED']);
    assert.deepEqual(sinks.map(devices), [[], ['d7', 'd8']]);
    assert.equal('sink' in outcome && outcome.sink, sinks[1]);
  });

  for (const [name, listing, code] of [
    [
      'a missing role',
      replyJson(
        403,
        refused('Forbidden', 'Missing application roles. API required roles: A, application roles: .'),
      ),
      'UPSTREAM_ROLE_MISSING',
    ],
    [
      'a missing licence',
      replyJson(401, refused('Unauthorized', 'No Tvm license')),
      'UPSTREAM_LICENSE_MISSING',
    ],
    ['a 401', replyJson(401, refused('Unauthorized')), 'UPSTREAM_UNAUTHORIZED'],
    ['a 429', reply(429), 'UPSTREAM_RATE_LIMITED'],
    ['a malformed listing', reply(200, '{'), 'UPSTREAM_INVALID_RESPONSE'],
  ] as const) {
    it(`does not fall back on ${name}`, async () => {
      const { outcome, calls } = await read({ listing, page: PAGE });
      assert.deepEqual([outcome.error?.code, calls.PAGED], [code, 0]);
    });
  }

  it('fails with the first file that fails, and stops the others', async () => {
    const stalled: Answer = (_received, response) => void response.writeHead(200).write('{');
    const { outcome, calls } = await read({
      files: { '/a': stalled, '/b': reply(403), '/c': reply(200, lines(1)) },
    });
    assert.deepEqual([outcome.error?.code, calls.PAGED], ['UPSTREAM_FILE_FORBIDDEN', 0]);
  });

  it('reads as many files at a time as it may, and no more', async () => {
    const waiting: (() => void)[] = [];
    let most = 0;
    const held: Answer = (_received, response) => {
      waiting.push(() => response.end(lines(1)));
      most = Math.max(most, waiting.length);
      if (waiting.length === 3) for (const release of waiting.splice(0)) release();
    };
    const files = Object.fromEntries(Array.from({ length: 6 }, (_, index) => [`/${index}`, held]));
    const { outcome } = await read({ files }, { lanes: 3 });
    assert.deepEqual([outcome.error, most], [undefined, 3]);
  });
});
