/** Turns columns into segments one after the other, and gives the memory of the columns back on the way. */

import { releaseMemory } from '../core/memory.ts';
import {
  type ColumnArray,
  type EncodedSegments,
  encodeSegment,
  openSegment,
  type SegmentDescriptor,
} from './format.ts';

export interface SegmentCollector extends EncodedSegments {
  /**
   * Adds a segment of the columns given, which are used up, and gives the same columns as views of the segment. No two
   * columns may share a buffer. Linear in the bytes.
   */
  add(name: string, columns: ReadonlyMap<string, ColumnArray>): ReadonlyMap<string, ColumnArray>;
}

export function createSegmentCollector(): SegmentCollector {
  const descriptors: SegmentDescriptor[] = [];
  const buffers = new Map<string, SharedArrayBuffer>();
  return {
    descriptors,
    buffers,
    add(name, columns) {
      const { descriptor, buffer } = encodeSegment(name, columns, releaseMemory);
      descriptors.push(descriptor);
      buffers.set(name, buffer);
      return openSegment(descriptor, buffer);
    },
  };
}
