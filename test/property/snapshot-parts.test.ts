import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageChannel, receiveMessageOnPort } from 'node:worker_threads';
import fc from 'fast-check';
import { SnapshotBuilder } from '../../src/snapshot/builder.ts';
import { type GatheredPart, listTransferables, RecordGatherer } from '../../src/snapshot/gather.ts';
import { REJECTION_REASONS, type RecordSink } from '../../src/snapshot/record.ts';
import { addRecord, FACTS, type InventoryRecord, inventoryRecord, TEXTS } from '../support/inventories.ts';

/** What a source may hand to a sink. */
type Taken =
  | { readonly kind: 'record'; readonly record: InventoryRecord }
  | {
      readonly kind: 'rejected';
      readonly reason: (typeof REJECTION_REASONS)[number];
      readonly sample: string;
    }
  | { readonly kind: 'unknown'; readonly name: string };

const sample = fc.constantFrom(...TEXTS, '', 'x'.repeat(300));
const taken: fc.Arbitrary<Taken> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('record' as const), record: inventoryRecord }) },
  fc.record({
    kind: fc.constant('rejected' as const),
    reason: fc.constantFrom(...REJECTION_REASONS),
    sample,
  }),
  fc.record({ kind: fc.constant('unknown' as const), name: sample }),
);

function take(sink: RecordSink, items: readonly Taken[]): void {
  for (const item of items) {
    if (item.kind === 'record') {
      addRecord(sink, item.record.device, item.record.certificate, item.record.path);
    } else if (item.kind === 'rejected') sink.rejectRecord(item.reason, item.sample);
    else sink.noteUnknownColumn(item.name);
  }
}

function build(items: readonly Taken[]): SnapshotBuilder {
  const builder = new SnapshotBuilder();
  take(builder, items);
  return builder;
}

/** Through a message, as between threads. */
function send(part: GatheredPart): GatheredPart {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(part, listTransferables(part));
  const { message } = receiveMessageOnPort(port2) as { message: GatheredPart };
  port1.close();
  return message;
}

test('records spread over gatherers, absorbed in any order, give the snapshot of one builder', () => {
  const spread = fc.tuple(
    fc.array(fc.tuple(taken, fc.nat({ max: 3 })), { maxLength: 60 }),
    fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4 }),
  );
  fc.assert(
    fc.property(spread, ([items, order]) => {
      const builder = new SnapshotBuilder();
      for (const own of order) {
        const gatherer = new RecordGatherer();
        take(
          gatherer,
          items.filter(([, place]) => place === own).map(([item]) => item),
        );
        if (own === 3) {
          // The builder is a sink itself, before and after it absorbs.
          take(
            builder,
            items.filter(([, place]) => place === own).map(([item]) => item),
          );
        } else builder.absorb(send(gatherer.takePart()));
      }
      const expected = build(items.map(([item]) => item)).build(FACTS);
      const actual = builder.build(FACTS);
      assert.deepEqual(actual.manifest, expected.manifest);
    }),
    { numRuns: 300 },
  );
});

test('what was taken after a checkpoint leaves no trace once it is restored, however often', () => {
  const items = fc.array(taken, { maxLength: 30 });
  fc.assert(
    fc.property(items, items, items, (before, undone, after) => {
      const builder = build(before);
      const checkpoint = builder.checkpoint();
      for (let attempt = 0; attempt < 2; attempt += 1) {
        take(builder, undone);
        builder.restore(checkpoint);
      }
      take(builder, after);
      const expected = build([...before, ...after]);
      assert.equal(builder.recordsRead, expected.recordsRead);
      assert.deepEqual(builder.build(FACTS).manifest, expected.build(FACTS).manifest);
    }),
    { numRuns: 300 },
  );
});
