import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { systemClock } from '../../../src/core/clock.ts';
import { createDiskCallRecords } from '../../../src/storage/disk-call-records.ts';
import { EXPORT_WINDOWS, NOTHING_KNOWN, testCallRecordContract } from '../../support/call-record-contract.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import { createTemporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const START = Date.UTC(2026, 0, 15);

function createScene(t: TestContext) {
  const folder = join(createTemporaryFolder(t), 'calls', 'scope');
  const clock = createManualClock(START);
  const open = () => createDiskCallRecords({ folder, clock });
  const files = join(folder, 'export');
  const ask = (records = open()) => records.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS);
  return { folder, files, clock, open, ask };
}

testCallRecordContract('a folder', {
  create: async () => {
    const ends: (() => void)[] = [];
    const folder = createTemporaryFolder({ after: (end: () => void) => ends.push(end) } as never);
    return {
      open: async (scope = 'scope') =>
        createDiskCallRecords({ folder: join(folder, scope), clock: systemClock }),
      [Symbol.asyncDispose]: async () => {
        for (const end of ends) end();
      },
    };
  },
});

describe('call records in a folder, as time passes', () => {
  it('give a call back when its minute or its hour is over, to the millisecond', async (t) => {
    const { clock, ask } = createScene(t);
    for (let call = 0; call < 5; call += 1) await ask();
    await clock.advance(MINUTE - 1);
    assert.equal((await ask()).granted, false);
    await clock.advance(1);
    for (let call = 0; call < 5; call += 1) assert.equal((await ask()).granted, true);
    await clock.advance(MINUTE);
    for (let call = 0; call < 5; call += 1) assert.equal((await ask()).granted, true);
    await clock.advance(MINUTE);
    for (let call = 0; call < 5; call += 1) assert.equal((await ask()).granted, true);
    await clock.advance(HOUR - 3 * MINUTE - 1);
    assert.equal((await ask()).granted, false);
    await clock.advance(1);
    const { granted, agesMs } = await ask();
    assert.equal(granted, true);
    assert.deepEqual(
      agesMs.slice(0, 6),
      Array(5)
        .fill(HOUR - MINUTE)
        .concat(HOUR - 2 * MINUTE),
    );
  });

  it('are files for their owner alone, removed when they are over, but for the highest number', async (t) => {
    const { folder, files, clock, ask } = createScene(t);
    for (let call = 0; call < 3; call += 1) await ask();
    assert.deepEqual(readdirSync(files), ['call-000000000001', 'call-000000000002', 'call-000000000003']);
    for (const path of [folder, files]) assert.equal(statSync(path).mode & 0o777, 0o700);
    const { mode, size, mtimeMs } = statSync(join(files, 'call-000000000003'));
    assert.deepEqual([mode & 0o777, size, mtimeMs], [0o600, 0, START]);
    await clock.advance(HOUR);
    assert.deepEqual((await ask()).agesMs, [0]);
    assert.deepEqual(readdirSync(files), ['call-000000000003', 'call-000000000004']);
    await clock.advance(MINUTE);
    await ask();
    assert.deepEqual(readdirSync(files), ['call-000000000004', 'call-000000000005']);
  });

  it('end a wait when it is over, and remove it', async (t) => {
    const { files, clock, open, ask } = createScene(t);
    await open().merge('EXPORT', { agesMs: [], throttledForMs: MINUTE });
    assert.deepEqual(readdirSync(files), ['throttled-60000']);
    await clock.advance(MINUTE - 1);
    assert.equal((await ask()).throttledForMs, 1);
    await clock.advance(1);
    assert.equal((await ask()).granted, true);
    assert.deepEqual(readdirSync(files), ['call-000000000001']);
  });

  it('take a wait that is asked for again, from then on', async (t) => {
    const { clock, open } = createScene(t);
    const [one, other] = [open(), open()];
    const known = { agesMs: [], throttledForMs: MINUTE };
    for (const records of [one, other]) await records.merge('EXPORT', known);
    await clock.advance(MINUTE / 2);
    for (const records of [one, other])
      assert.equal((await records.merge('EXPORT', NOTHING_KNOWN)).throttledForMs, MINUTE / 2);
    assert.equal((await one.merge('EXPORT', known)).throttledForMs, MINUTE);
    assert.equal((await other.merge('EXPORT', NOTHING_KNOWN)).throttledForMs, MINUTE);
  });

  it('lock nobody out for longer than a window after the clock was set back, whoever restarts meanwhile', async (t) => {
    const { folder, files, open } = createScene(t);
    let nowMs = START;
    const clock = { now: () => nowMs, sleep: async () => {} };
    const openAnew = () => createDiskCallRecords({ folder, clock });
    const ask = () => openAnew().record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS);
    for (let call = 0; call < 5; call += 1) await ask();
    await open().merge('EXPORT', { agesMs: [], throttledForMs: 30_000 });
    nowMs = START - 24 * HOUR;
    const { granted, agesMs, throttledForMs } = await ask();
    assert.deepEqual([granted, agesMs, throttledForMs], [false, [0, 0, 0, 0, 0], 30_000]);
    assert.equal(statSync(join(files, 'call-000000000001')).mtimeMs, nowMs);
    nowMs += 20_000;
    assert.equal((await ask()).throttledForMs, 10_000);
    nowMs += 40_000;
    assert.equal((await ask()).granted, true);
  });

  it('do not know what an hour’s pause of the process has changed: a call is recorded again', async (t) => {
    const { folder } = createScene(t);
    const instants = [START, START, START + HOUR, START + HOUR, START + HOUR];
    const clock = { now: () => instants.shift() ?? START + HOUR, sleep: async () => {} };
    const records = createDiskCallRecords({ folder, clock });
    const { granted, agesMs } = await records.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS);
    assert.deepEqual([granted, agesMs], [true, [0]]);
    assert.equal(instants.length, 0);
  });

  it('come to an end on a disk where every look takes longer than a second', async (t) => {
    const { folder } = createScene(t);
    let nowMs = START;
    const clock = { now: () => (nowMs += 1_500), sleep: async () => {} };
    const records = createDiskCallRecords({ folder, clock });
    const { throttledForMs } = await records.merge('EXPORT', { agesMs: [], throttledForMs: MINUTE });
    assert.ok(throttledForMs > 0 && throttledForMs <= MINUTE, String(throttledForMs));
  });

  it('come to an end when the clock is set back while they are looked at', async (t) => {
    const { folder } = createScene(t);
    const instants = [START];
    const clock = { now: () => instants.shift() ?? START - MINUTE, sleep: async () => {} };
    const records = createDiskCallRecords({ folder, clock });
    const { agesMs } = await records.merge('EXPORT', { agesMs: [0, 0], throttledForMs: 0 });
    assert.deepEqual(agesMs, [0, 0]);
  });
});

describe('call records in a folder that others touch', () => {
  it('begin anew when it is removed, with what this process knows', async (t) => {
    const { folder, open } = createScene(t);
    const records = open();
    const first = await records.record('EXPORT', NOTHING_KNOWN, EXPORT_WINDOWS);
    rmSync(folder, { recursive: true });
    const { granted, agesMs } = await records.record('EXPORT', first, EXPORT_WINDOWS);
    assert.deepEqual([granted, agesMs], [true, [0, 0]]);
  });

  it('pass over files that are not theirs, and count one whose content is', async (t) => {
    const { files, ask } = createScene(t);
    mkdirSync(files, { recursive: true });
    for (const name of [
      'call-1',
      'call-0000000000001',
      'throttled-',
      'throttled-99999999999999',
      '.DS_Store',
    ])
      writeFileSync(join(files, name), 'anything');
    writeFileSync(join(files, 'call-000000000007'), 'anything');
    utimesSync(join(files, 'call-000000000007'), START / 1_000 - 60, START / 1_000 - 60);
    symlinkSync('/nowhere', join(files, 'call-000000000009'));
    const { granted, agesMs } = await ask();
    assert.deepEqual([granted, agesMs.length], [true, 3]);
    assert.ok(readdirSync(files).includes('call-000000000010'));
  });

  it('say so when the folder cannot be written', async (t) => {
    const { folder, files, ask } = createScene(t);
    mkdirSync(folder, { recursive: true });
    writeFileSync(files, 'a file in the way');
    await assert.rejects(ask(), {
      code: 'STORE_UNAVAILABLE',
      message: /DATA_DIR .* the disk answered \w+ while recording a call/,
    });
  });

  it('grant several processes together what the windows allow, each call once', async (t) => {
    const { folder } = createScene(t);
    const program = fileURLToPath(new URL('../../support/record-calls-process.ts', import.meta.url));
    const run = async () => Number((await promisify(execFile)(process.execPath, [program, folder])).stdout);
    const granted = await Promise.all([run(), run(), run()]);
    assert.equal(granted[0]! + granted[1]! + granted[2]!, 30, String(granted));
  });
});
