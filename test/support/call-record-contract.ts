/** What records of calls must do wherever they are kept; time passes as it does, and no test waits for it. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallRecordStore, KnownCalls } from '../../src/storage/call-records.ts';

export interface CallRecordSubject extends AsyncDisposable {
  /** The records as one gateway has them; each call is another gateway with the same store. */
  open(scope?: string): Promise<CallRecordStore>;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const NOTHING_KNOWN: KnownCalls = { agesMs: [], throttledForMs: 0 };
export const EXPORT_WINDOWS = { perMinute: 5, perHour: 20 };
/** What a test may take, and ages may be off by. */
const SLACK_MS = 30_000;

export function testCallRecordContract(
  name: string,
  { create }: { readonly create: () => Promise<CallRecordSubject> },
): void {
  describe(`call records in ${name}`, () => {
    const ask = (records: CallRecordStore, known = NOTHING_KNOWN) =>
      records.record('EXPORT', known, EXPORT_WINDOWS);

    it('hold nothing at first', async () => {
      await using subject = await create();
      assert.deepEqual(await (await subject.open()).merge('EXPORT', NOTHING_KNOWN), NOTHING_KNOWN);
    });

    it('grant what a minute has room for, and answer the ages of all', async () => {
      await using subject = await create();
      const records = await subject.open();
      for (let call = 1; call <= 5; call += 1) {
        const { granted, agesMs, throttledForMs } = await ask(records);
        assert.deepEqual([granted, agesMs.length, throttledForMs], [true, call, 0]);
      }
      const { granted, agesMs } = await ask(records);
      assert.equal(granted, false);
      assertAges(agesMs, [0, 0, 0, 0, 0]);
    });

    it('grant what an hour has room for', async () => {
      await using subject = await create();
      const records = await subject.open();
      await records.merge('EXPORT', { agesMs: Array(19).fill(10 * MINUTE), throttledForMs: 0 });
      assert.equal((await ask(records)).granted, true);
      assert.equal((await ask(records)).granted, false);
    });

    it('count a minute and an hour from each call on', async () => {
      await using subject = await create();
      const records = await subject.open();
      const agesMs = [HOUR - SLACK_MS, ...Array(4).fill(MINUTE + 1)];
      await records.merge('EXPORT', { agesMs, throttledForMs: 0 });
      const answers = [];
      for (let call = 0; call < 6; call += 1) answers.push((await ask(records)).granted);
      assert.deepEqual(answers, [true, true, true, true, true, false]);
    });

    it('deal out each call once, however many ask at once', async () => {
      await using subject = await create();
      const gateways = [await subject.open(), await subject.open()];
      const answers = await Promise.all(
        Array.from({ length: 10 }, () => gateways.map((records) => ask(records))).flat(),
      );
      assert.equal(answers.filter(({ granted }) => granted).length, 5);
      assert.equal((await gateways[0]!.merge('EXPORT', NOTHING_KNOWN)).agesMs.length, 5);
    });

    it('show one gateway what another has used', async () => {
      await using subject = await create();
      const [one, other] = [await subject.open(), await subject.open()];
      await ask(one);
      assertAges((await other.merge('EXPORT', NOTHING_KNOWN)).agesMs, [0]);
    });

    it('take what is known and they lack, the oldest of it, and never twice', async () => {
      await using subject = await create();
      const [one, other] = [await subject.open(), await subject.open()];
      await ask(one);
      const known = { agesMs: [30 * MINUTE, 20 * MINUTE, 0], throttledForMs: 0 };
      assertAges((await one.merge('EXPORT', known)).agesMs, [30 * MINUTE, 20 * MINUTE, 0]);
      assertAges((await other.merge('EXPORT', known)).agesMs, [30 * MINUTE, 20 * MINUTE, 0]);
      const { granted, agesMs } = await ask(other, known);
      assert.equal(granted, true);
      assertAges(agesMs, [30 * MINUTE, 20 * MINUTE, 0, 0]);
    });

    it('of calls that are recorded and known keep the later', async () => {
      await using subject = await create();
      const records = await subject.open();
      await records.merge('EXPORT', { agesMs: [50 * MINUTE, 40 * MINUTE, 10 * MINUTE], throttledForMs: 0 });
      const known = { agesMs: [20 * MINUTE, 15 * MINUTE], throttledForMs: 0 };
      assertAges((await records.merge('EXPORT', known)).agesMs, [50 * MINUTE, 20 * MINUTE, 10 * MINUTE]);
    });

    it('do not make calls later by telling of them again and again', async () => {
      await using subject = await create();
      const records = await subject.open();
      await records.merge('EXPORT', { agesMs: [20 * MINUTE], throttledForMs: 0 });
      let known = NOTHING_KNOWN;
      for (let round = 0; round < 20; round += 1) {
        const { agesMs } = await records.merge('EXPORT', known);
        known = { agesMs: [agesMs[0]! - 500], throttledForMs: 0 };
      }
      assertAges((await records.merge('EXPORT', known)).agesMs, [20 * MINUTE]);
    });

    it('let what is known fill a window that they have room in', async () => {
      await using subject = await create();
      const records = await subject.open();
      const known = { agesMs: [4_000, 3_000, 2_000, 1_000, 0], throttledForMs: 0 };
      assert.equal((await ask(records, known)).granted, false);
    });

    it('grant nothing while Defender throttles, to nobody', async () => {
      await using subject = await create();
      const [one, other] = [await subject.open(), await subject.open()];
      await one.merge('EXPORT', { agesMs: [], throttledForMs: 10 * MINUTE });
      await other.merge('EXPORT', { agesMs: [], throttledForMs: 5 * MINUTE });
      const { granted, agesMs, throttledForMs } = await ask(other);
      assert.deepEqual([granted, agesMs], [false, []]);
      assertAges([throttledForMs], [10 * MINUTE - SLACK_MS]);
      await one.merge('EXPORT', { agesMs: [], throttledForMs: 20 * MINUTE });
      assertAges([(await ask(other)).throttledForMs], [20 * MINUTE - SLACK_MS]);
    });

    it('keep a wait of a second, too', async () => {
      await using subject = await create();
      const [one, other] = [await subject.open(), await subject.open()];
      await one.merge('EXPORT', { agesMs: [], throttledForMs: 1_000 });
      const { throttledForMs } = await other.merge('EXPORT', NOTHING_KNOWN);
      assert.ok(throttledForMs > 0 && throttledForMs <= 1_000, String(throttledForMs));
    });

    it('do not stretch a wait by telling it again and again', async () => {
      await using subject = await create();
      const records = await subject.open();
      let known = await records.merge('EXPORT', { agesMs: [], throttledForMs: MINUTE });
      for (let round = 0; round < 20; round += 1)
        known = await records.merge('EXPORT', { ...known, throttledForMs: known.throttledForMs + 500 });
      assert.ok(known.throttledForMs <= MINUTE, String(known.throttledForMs));
    });

    it('keep endpoints and applications apart', async () => {
      await using subject = await create();
      const records = await subject.open('one');
      for (let call = 0; call < 5; call += 1) await ask(records);
      assert.equal((await ask(records)).granted, false);
      assert.equal((await records.record('PAGED', NOTHING_KNOWN, EXPORT_WINDOWS)).granted, true);
      assert.equal((await ask(await subject.open('another'))).granted, true);
    });

    it('hold as many pages as an hour allows', async () => {
      await using subject = await create();
      const records = await subject.open();
      const agesMs = Array.from({ length: 120 }, (_, call) => HOUR - SLACK_MS - call * 20_000);
      await records.merge('PAGED', { agesMs, throttledForMs: 0 });
      const windows = { perMinute: 30, perHour: 121 };
      const first = await records.record('PAGED', NOTHING_KNOWN, windows);
      assert.equal(first.granted, true);
      assertAges(first.agesMs, [...agesMs, 0]);
      assert.equal((await records.record('PAGED', NOTHING_KNOWN, windows)).granted, false);
    });
  });
}

/** Each at least what is expected, and not much more. */
function assertAges(actual: readonly number[], expected: readonly number[]): void {
  const isClose = actual.every(
    (ageMs, index) => ageMs >= expected[index]! && ageMs < expected[index]! + 2 * SLACK_MS,
  );
  assert.ok(actual.length === expected.length && isClose, `${actual} is not close to ${expected}`);
}
