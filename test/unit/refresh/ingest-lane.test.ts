import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { createIngestLane } from '../../../src/refresh/ingest-lane.ts';
import type { FakeFile } from '../../support/ingest-thread.ts';

const THREAD = new URL('../../support/ingest-thread.ts', import.meta.url);

function open({ onHold = () => {} }: { onHold?: () => void } = {}) {
  const notices: string[] = [];
  const bytes: number[] = [];
  let holds = 0;
  const lane = createIngestLane<FakeFile, { records: Uint32Array }, string>({
    spawn: () => new Worker(THREAD),
    onNotice: (notice) => notices.push(notice),
    hold: () => {
      holds += 1;
      onHold();
      return () => {
        holds -= 1;
      };
    },
  });
  const read = (file: FakeFile, signal = new AbortController().signal) =>
    lane.read(file, { onBytes: (sizeBytes) => bytes.push(sizeBytes), signal });
  return { lane, read, notices, bytes, holds: () => holds };
}

describe('an ingest lane', () => {
  it('reads file after file, counts what its thread holds, and collects it at the end', async () => {
    const { lane, read, notices, bytes } = open();
    await using _ending = lane;
    await read({ kind: 'records', records: 3, sizeBytes: 10 });
    assert.equal(lane.recordsRead, 3);
    await read({ kind: 'records', records: 4, sizeBytes: 5_000_000 });
    assert.deepEqual([lane.recordsRead, notices], [7, ['asked for records', 'asked for records']]);
    assert.equal(
      bytes.reduce((sum, sizeBytes) => sum + sizeBytes),
      5_000_010,
    );
    assert.deepEqual(await lane.collect(), { records: new Uint32Array([7]) });
  });

  it('rejects with what the read failed with, without secrets, and goes on', async () => {
    const { lane, read } = open();
    await using _ending = lane;
    await assert.rejects(read({ kind: 'fails' }), {
      code: 'UPSTREAM_FILE_CORRUPT',
      message: 'The file is torn.',
      retryable: true,
    });
    await assert.rejects(read({ kind: 'throwsForeign' }), (error: Error) => {
      assert.doesNotMatch(`${error.message} ${error.cause}`, /secret/);
      return 'code' in error && error.code === 'INTERNAL_SERVER_ERROR';
    });
    await read({ kind: 'records', records: 1, sizeBytes: 1 });
    assert.deepEqual(await lane.collect(), { records: new Uint32Array([1]) });
  });

  it('fails a read whose thread ends, and every later call', async () => {
    const { lane, read } = open();
    await using _ending = lane;
    const died = {
      code: 'INTERNAL_SERVER_ERROR',
      retryable: true,
      message: /^An ingest thread ended in the middle of a refresh: exit code 3\./,
    };
    await assert.rejects(read({ kind: 'ends' }), died);
    await assert.rejects(read({ kind: 'records', records: 1, sizeBytes: 1 }), died);
    await assert.rejects(lane.collect(), died);
  });

  it('lets go of a read at once when it is aborted', async () => {
    const { lane, read, notices } = open();
    await using _ending = lane;
    const stop = new AbortController();
    const reading = read({ kind: 'hangs' }, stop.signal);
    stop.abort(new Error('stopped'));
    await assert.rejects(reading, { message: 'stopped' });
    await assert.rejects(read({ kind: 'hangs' }, stop.signal), { message: 'stopped' });
    assert.ok(notices.length <= 1);
  });

  it('tells of a wait for as long as it lasts, and of none once it is disposed', async () => {
    const held = Promise.withResolvers<void>();
    const { lane, read, holds } = open({ onHold: held.resolve });
    const stop = new AbortController();
    const reading = read({ kind: 'waits' }, stop.signal).catch((error: Error) => error.message);
    await held.promise;
    assert.equal(holds(), 1);
    stop.abort(new Error('stopped'));
    assert.equal(await reading, 'stopped');
    await lane[Symbol.asyncDispose]();
    assert.equal(holds(), 0);
  });

  it('says what to do when no thread can be started, and leaves nothing to end', async () => {
    await using lane = createIngestLane<FakeFile, never, never>({
      spawn: () => {
        throw new Error('no threads left');
      },
      onNotice: () => {},
      hold: () => () => {},
    });
    const read = lane.read({ kind: 'hangs' }, { onBytes: () => {}, signal: new AbortController().signal });
    await assert.rejects(read, {
      code: 'INTERNAL_SERVER_ERROR',
      message: /^An ingest thread could not be started\. .* check the memory/,
    });
  });
});
