import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GatewayError } from '../../../src/core/errors.ts';
import { budgetSpent } from '../../../src/defender/call-budget.ts';
import type { ExportFile, ExportListing } from '../../../src/defender/export-endpoint.ts';
import { createExportFilesReader } from '../../../src/defender/export-files.ts';
import type { ReadLaneOptions } from '../../../src/defender/file-lanes.ts';
import type { SourceProgress } from '../../../src/defender/inventory-reading.ts';
import type { RecordSink } from '../../../src/snapshot/record.ts';
import { createCollectingSink } from '../../support/defender-fixtures.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createRecordingLogger } from '../../support/recording-logger.ts';

const NOW_MS = 1_000_000;

/** Files `1`, `2` … in a container of its own. */
function list(
  container: string,
  options: { files?: number; generatedAtMs?: number | null; expiresAtMs?: number } = {},
): ExportListing {
  const { files = 3, generatedAtMs = 5, expiresAtMs = NOW_MS + 1 } = options;
  return {
    files: Array.from({ length: files }, (_, index) => ({
      url: new URL(`https://host/temp-${container}/${index + 1}?sig=x`),
      rbacGroupId: null,
      expiresAtMs,
    })),
    generatedAtMs,
  };
}

/** `a/1` for file 1 in container a. */
const nameOf = ({ url }: ExportFile) => url.pathname.replace('/temp-', '');
const refused = (retryable = true) => new GatewayError('UPSTREAM_FILE_FORBIDDEN', 'Refused.', { retryable });

/** A sink in which a lane writes the names of the files that it has read. */
interface NamedSink extends RecordSink {
  readonly names: string[];
}

interface Setting {
  readonly first?: ExportListing;
  /** What the export lists when it is asked again. */
  readonly next?: (signal: AbortSignal) => Promise<ExportListing>;
  /** Reads a file, or throws. */
  readonly readFile: (name: string, options: ReadLaneOptions) => Promise<void> | void;
  readonly lanes?: number;
  readonly known?: number;
  readonly signal?: AbortSignal;
}

async function read({ first = list('a'), next, readFile, lanes = 1, known, signal }: Setting) {
  const log = createRecordingLogger();
  const asked: string[] = [];
  const progress: SourceProgress[] = [];
  const sinks: NamedSink[] = [];
  let listings = 0;
  const reader = createExportFilesReader<NamedSink>({
    exportEndpoint: {
      requestExport: ({ signal }) => {
        listings += 1;
        return next?.(signal) ?? Promise.reject(budgetSpent('EXPORT', NOW_MS));
      },
    },
    openLanes: (sink) => ({
      lanes: Array.from({ length: lanes }, () => ({
        read: async (file: ExportFile, options: ReadLaneOptions) => {
          asked.push(nameOf(file));
          await readFile(nameOf(file), options);
          options.onBytes(10);
          sink.names.push(nameOf(file));
        },
      })),
      recordsUncollected: 0,
      collect: async () => {},
      [Symbol.asyncDispose]: async () => {},
    }),
    sasValidHours: 3,
    clock: createManualClock(NOW_MS),
    log,
  });
  const result = await reader
    .read(first, {
      createSink: () => {
        const sink: NamedSink = { ...createCollectingSink(), names: [] };
        sinks.push(sink);
        return sink;
      },
      signal: signal ?? new AbortController().signal,
      knownGeneratedAtMs: known ?? null,
      onProgress: (step) => progress.push(step),
    })
    .then(
      (reading) => ({ reading, error: undefined }),
      (error: Error & { code?: string }) => ({ reading: undefined, error }),
    );
  const done = progress.flatMap(({ filesDone }) => filesDone ?? []);
  return { ...result, asked, sinks, done, log, listings };
}

/** Refuses what lies in container a from its second file on. */
const refuseOldFromSecond = (name: string): void => {
  if (name.startsWith('a/') && name !== 'a/1') throw refused();
};

describe('export files whose addresses expire', () => {
  for (const code of ['UPSTREAM_FILE_FORBIDDEN', 'UPSTREAM_NOT_FOUND'] as const) {
    it(`are read on under new ones after ${code}, and what was read stays`, async () => {
      const { reading, asked, sinks, done, listings, log } = await read({
        next: async () => list('b'),
        readFile: (name) => {
          if (name === 'a/2') throw new GatewayError(code, 'No.', { retryable: true });
        },
      });
      assert.deepEqual(asked, ['a/1', 'a/2', 'b/2', 'b/3']);
      assert.deepEqual([sinks.length, sinks[0]?.names, reading?.sink], [1, ['a/1', 'b/2', 'b/3'], sinks[0]]);
      assert.deepEqual([listings, done, reading?.bytesDownloaded], [1, [0, 1, 2, 3], 30]);
      assert.deepEqual(log.messages, ['export files have new addresses, what was read stays']);
    });
  }

  it('are listed once for all that are refused, now or later', async () => {
    const slow = Promise.withResolvers<void>();
    const { error, asked, listings, sinks } = await read({
      lanes: 3,
      next: async () => list('b'),
      readFile: async (name) => {
        if (name === 'b/1') slow.resolve();
        if (name === 'a/3') await slow.promise;
        if (name.startsWith('a/')) throw refused();
      },
    });
    assert.deepEqual([error, listings], [undefined, 1]);
    assert.deepEqual(asked.slice(0, 3), ['a/1', 'a/2', 'a/3']);
    assert.deepEqual(sinks[0]?.names.sort(), ['b/1', 'b/2', 'b/3']);
  });

  it('are given up when the new ones are refused as well', async () => {
    const { error, asked, listings } = await read({
      next: async () => list('b'),
      readFile: (name) => {
        if (name.endsWith('2')) throw refused();
      },
    });
    assert.deepEqual([error?.code, asked, listings], ['UPSTREAM_FILE_FORBIDDEN', ['a/1', 'a/2', 'b/2'], 1]);
  });

  it('are given up with the refusal when there is no call left to list them', async () => {
    const { error, asked, log } = await read({ readFile: refuseOldFromSecond });
    assert.deepEqual([error?.code, asked], ['UPSTREAM_FILE_FORBIDDEN', ['a/1', 'a/2']]);
    assert.deepEqual(
      log.lines.map(({ message, fields }) => [message, fields.code]),
      [['export files cannot be listed anew', 'UPSTREAM_BUDGET_SPENT']],
    );
  });

  it('are not listed anew for a refusal that no address cures, or another failure', async () => {
    for (const failure of [
      refused(false),
      new GatewayError('UPSTREAM_FILE_CORRUPT', 'Torn.', { retryable: true }),
    ]) {
      const { error, listings } = await read({
        next: async () => list('b'),
        readFile: () => Promise.reject(failure),
      });
      assert.deepEqual([error, listings], [failure, 0]);
    }
  });

  it('are listed anew before they are asked for, when they say themselves that they have expired', async () => {
    const expired = list('a', { expiresAtMs: NOW_MS });
    const { asked, listings, error } = await read({
      first: expired,
      next: async () => list('b', { expiresAtMs: NOW_MS }),
      readFile: () => {},
    });
    assert.deepEqual([error, asked, listings], [undefined, ['b/1', 'b/2', 'b/3'], 1]);
    const refusedAnew = await read({
      first: expired,
      next: async () => list('b'),
      readFile: () => Promise.reject(refused()),
    });
    assert.deepEqual([refusedAnew.error?.code, refusedAnew.asked], ['UPSTREAM_FILE_FORBIDDEN', ['b/1']]);
    const without = await read({ first: expired, readFile: () => {} });
    assert.deepEqual([without.error, without.asked], [undefined, ['a/1', 'a/2', 'a/3']]);
  });

  it('end with the signal while they are listed anew', async () => {
    const stop = new AbortController();
    const { error } = await read({
      signal: stop.signal,
      next: async (signal) => {
        stop.abort(new Error('stopped'));
        throw signal.reason;
      },
      readFile: refuseOldFromSecond,
    });
    assert.equal(error?.message, 'stopped');
  });

  it('are not waited for once another file has failed', async () => {
    const torn = new GatewayError('UPSTREAM_FILE_CORRUPT', 'Torn.', { retryable: true });
    const listing = Promise.withResolvers<void>();
    const { error } = await read({
      lanes: 2,
      next: (signal) => {
        listing.resolve();
        return new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason));
        });
      },
      readFile: async (name) => {
        if (name === 'a/1') throw refused();
        await listing.promise;
        throw torn;
      },
    });
    assert.equal(error, torn);
  });
});

describe('an export that is replaced while it is read', () => {
  for (const [name, next] of [
    ['by a newer one', list('b', { generatedAtMs: 6, files: 2 })],
    ['by one of which nobody knows the age', list('b', { generatedAtMs: null, files: 2 })],
    ['by other files of the same time', list('b', { files: 2 })],
  ] as const) {
    it(`${name} is read from the beginning into a new sink`, async () => {
      const { reading, sinks, done, log, asked } = await read({
        next: async () => next,
        readFile: refuseOldFromSecond,
      });
      assert.deepEqual(asked, ['a/1', 'a/2', 'b/1', 'b/2']);
      assert.deepEqual(
        sinks.map(({ names }) => names),
        [['a/1'], ['b/1', 'b/2']],
      );
      assert.deepEqual(
        [reading?.sink, reading?.filesTotal, reading?.generatedAtMs, reading?.bytesDownloaded],
        [sinks[1], 2, next.generatedAtMs, 30],
      );
      assert.deepEqual(done, [0, 1, 0, 1, 2]);
      assert.deepEqual(log.messages, ['the export was replaced while it was read, starting over']);
    });
  }

  it('starts over when neither listing says when it was generated', async () => {
    const { sinks } = await read({
      first: list('a', { generatedAtMs: null }),
      next: async () => list('b', { generatedAtMs: null }),
      readFile: refuseOldFromSecond,
    });
    assert.deepEqual(sinks[1]?.names, ['b/1', 'b/2', 'b/3']);
  });

  it('is not listed a third time', async () => {
    const { error, listings } = await read({
      next: async () => list('b', { generatedAtMs: 6 }),
      readFile: (name) => {
        if (name.endsWith('/2')) throw refused();
      },
    });
    assert.deepEqual([error?.code, listings], ['UPSTREAM_FILE_FORBIDDEN', 1]);
  });

  it('by the one that is served already changes nothing', async () => {
    const { reading, sinks } = await read({
      known: 4,
      next: async () => list('b', { generatedAtMs: 4 }),
      readFile: refuseOldFromSecond,
    });
    assert.deepEqual([reading?.outcome, reading?.generatedAtMs, sinks[1]?.names], ['UNCHANGED', 4, []]);
  });

  it('by one that is older than what is served changes nothing', async () => {
    const { reading, sinks } = await read({
      known: 4,
      next: async () => list('b', { generatedAtMs: 3 }),
      readFile: refuseOldFromSecond,
    });
    assert.deepEqual([reading?.outcome, reading?.generatedAtMs, sinks[1]?.names], ['UNCHANGED', 3, []]);
  });

  it('leaves no lane at work on the old one', async () => {
    const stopped: unknown[] = [];
    const { error, sinks } = await read({
      lanes: 2,
      next: async () => list('b', { generatedAtMs: 6, files: 1 }),
      readFile: async (name, { signal }) => {
        if (name === 'a/1') throw refused();
        if (!name.startsWith('a/')) return;
        await new Promise((_, reject) => {
          signal.addEventListener('abort', () => {
            stopped.push(name);
            reject(signal.reason);
          });
        });
      },
    });
    assert.deepEqual([error, stopped, sinks[1]?.names], [undefined, ['a/2'], ['b/1']]);
  });
});
