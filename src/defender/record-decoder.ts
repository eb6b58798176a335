/**
 * Records from bytes to the sink, in any of the three spellings of the wire, mixed as it pleases.
 *
 * Every record ends in `addRecord` or in `rejectRecord`; nothing throws. A record is first compared with the shapes of
 * earlier ones, which costs a fraction of parsing it; whatever differs goes through `JSON.parse`, which knows no depth
 * that it cannot take. The memory for that is bounded, whatever the size of the fleet: a record of more than a mebibyte is
 * rejected unread.
 */

import { MEBIBYTE } from '../core/units.ts';
import type { RecordSink } from '../snapshot/record.ts';
import { createPathReader } from './path-reader.ts';
import { createPlainDecoder, toSample } from './plain-decoder.ts';
import type { RecordReader } from './record-reader.ts';
import { learnShape } from './record-shape.ts';
import { ShapeReader } from './shape-reader.ts';
import { toViewedBytes, type ViewedBytes } from './wire-bytes.ts';

/** Shapes that are known at a time; an export has one or two. */
const SHAPES_KEPT = 8;
/**
 * Longest record that is parsed, a thousand times the usual. What JSON makes of hostile bytes takes fifty times their
 * size (`[[],[],…`), in a heap that may be a small one.
 */
const MAXIMUM_PARSED_BYTES = MEBIBYTE;
/** Of certificates, for each shape: some 25,000, and every root of a fleet fits. */
const REMEMBERED_BYTES = 16 * MEBIBYTE;

/** @param rememberedBytes of the parts of records of one shape */
export function createRecordDecoder(sink: RecordSink, rememberedBytes = REMEMBERED_BYTES): RecordReader {
  const plain = createPlainDecoder(sink);
  const paths = createPathReader(sink);
  /** The one that read the last record first. */
  const readers: ShapeReader[] = [];
  let source: ViewedBytes = toViewedBytes(Buffer.alloc(0));

  function recognize(bytes: Buffer, start: number): number {
    if (source.bytes !== bytes) source = toViewedBytes(bytes);
    for (let index = 0; index < readers.length; index += 1) {
      const end = readers[index]!.recognize(source, start);
      if (end === -1 || end - start > MAXIMUM_PARSED_BYTES) continue;
      moveToFront(readers, index);
      return end;
    }
    return -1;
  }

  function accept(): void {
    readers[0]!.accept();
  }

  function decode(bytes: Buffer, start: number, end: number): void {
    if (end - start > MAXIMUM_PARSED_BYTES) {
      sink.rejectRecord('TOO_LARGE', toSample(bytes, start, end));
      return;
    }
    if (recognize(bytes, start) === end) {
      accept();
      return;
    }
    for (let index = 0; index < readers.length; index += 1) {
      if (readers[index]!.read(source, start, end)) {
        moveToFront(readers, index);
        return;
      }
    }
    if (plain.decode(bytes, start, end)) learn(start, end);
  }

  /** Keeps a new shape in the place of the one that was not used for longest. */
  function learn(start: number, end: number): void {
    const shape = learnShape(source, start, end);
    if (shape === undefined) return;
    if (readers.length === SHAPES_KEPT) readers.pop();
    readers.unshift(new ShapeReader({ shape, sink, paths, rememberedBytes }));
  }

  return {
    recognize,
    accept,
    decode,
    checkpoint: () => sink.checkpoint(),
    restore: (checkpoint) => sink.restore(checkpoint),
  };
}

function moveToFront<Item>(items: Item[], index: number): void {
  if (index === 0) return;
  const [item] = items.splice(index, 1);
  items.unshift(item!);
}
