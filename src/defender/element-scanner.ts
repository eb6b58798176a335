/**
 * Finds the elements of a JSON array in a stream of bytes, without parsing them: it only keeps track of
 * strings and brackets. An element that is not well-formed is handed on as it is, for the decoder to refuse.
 *
 *     [ {"a":"]"} , {"b":[1,2]} ]
 *       └─ one ─┘   └── two ──┘ └ returns the index after this bracket
 */

import { createCarryBuffer } from './carry-buffer.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
} from './json-bytes.ts';
import type { RecordLimits, RecordReader } from './record-reader.ts';

export interface ElementScanner {
  /**
   * Scans on from `start`, which at the beginning is the byte after the opening bracket.
   *
   * @returns the index after the closing bracket, or -1 when the chunk ends inside of the array
   */
  scan(chunk: Buffer, start: number): number;
}

export function createElementScanner(reader: RecordReader, limits: RecordLimits): ElementScanner {
  const carry = createCarryBuffer(limits.maximumRecordBytes, limits.tooLong);
  let depth = 0;
  let isInElement = false;
  let isInString = false;
  let isEscaped = false;

  function emit(chunk: Buffer, start: number, end: number): void {
    if (carry.sizeBytes === 0) {
      if (end - start > limits.maximumRecordBytes) throw limits.tooLong();
      reader.decode(chunk, start, end);
      return;
    }
    carry.append(chunk, start, end);
    const whole = carry.take();
    reader.decode(whole, 0, whole.length);
  }

  /** Where an element ends that the reader knew and took, or -1. */
  function acceptKnown(chunk: Buffer, start: number): number {
    const end = reader.recognize(chunk, start);
    if (end === -1 || end - start > limits.maximumRecordBytes) return -1;
    if (chunk[end] !== COMMA && chunk[end] !== CLOSE_BRACKET) return -1;
    reader.accept();
    return end;
  }

  return {
    scan: (chunk, start) => {
      let elementStart = start;
      for (let index = start; index < chunk.length; index += 1) {
        if (isInString) {
          index = findStringEnd(chunk, index);
          continue;
        }
        const byte = chunk[index] as number;
        if (depth === 0 && (byte === COMMA || byte === CLOSE_BRACKET)) {
          if (isInElement) emit(chunk, elementStart, index);
          isInElement = false;
          if (byte === CLOSE_BRACKET) return index + 1;
          continue;
        }
        if (!isInElement) {
          if (byte <= SPACE) continue;
          const knownEnd = acceptKnown(chunk, index);
          if (knownEnd !== -1) {
            index = knownEnd - 1;
            continue;
          }
          isInElement = true;
          elementStart = index;
        }
        if (byte === QUOTE) isInString = true;
        else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
        else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth = Math.max(0, depth - 1);
      }
      if (isInElement) carry.append(chunk, elementStart, chunk.length);
      return -1;
    },
  };

  /** The index of the closing quote, or of the last byte when the string goes on: most bytes are inside of strings. */
  function findStringEnd(chunk: Buffer, start: number): number {
    const end = chunk.length;
    let index = start;
    if (isEscaped) {
      isEscaped = false;
      index += 1;
    }
    for (; index < end; index += 1) {
      const byte = chunk[index];
      if (byte === BACKSLASH) {
        index += 1;
        isEscaped = index >= end;
      } else if (byte === QUOTE) {
        isInString = false;
        return index;
      }
    }
    return end - 1;
  }
}
