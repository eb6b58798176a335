/**
 * The bytes of an export file as records: one a line, or the elements of an array when the body opens
 * with one. Takes a byte order mark, CRLF, blank lines and a missing final newline as they come.
 *
 * Holds at most one record that spans chunks. Whether a record is JSON at all is the decoder's question.
 */

import { createCarryBuffer } from './carry-buffer.ts';
import { createElementScanner, type ElementScanner } from './element-scanner.ts';
import { NEWLINE, OPEN_BRACKET, SPACE } from './json-bytes.ts';
import type { RecordLimits, RecordReader } from './record-reader.ts';

export interface RecordSplitter {
  write(chunk: Buffer): void;
  /** The body is over. Hands on a last line without a newline; `false` when an array was not closed. */
  end(): boolean;
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export function createRecordSplitter(reader: RecordReader, limits: RecordLimits): RecordSplitter {
  const carry = createCarryBuffer(limits.maximumRecordBytes, limits.tooLong);
  /** What came before the first byte that decides between lines and an array; `undefined` once it has. */
  let opening: Buffer | undefined = Buffer.alloc(0);
  let elements: ElementScanner | undefined;

  function write(chunk: Buffer): void {
    if (opening === undefined) {
      writeBody(chunk, 0);
      return;
    }
    const head = withoutLeadIn(opening.length === 0 ? chunk : Buffer.concat([opening, chunk]));
    if (head.length === 0 || isCutByteOrderMark(head)) {
      opening = Buffer.from(head);
      return;
    }
    opening = undefined;
    if (head[0] === OPEN_BRACKET) elements = createElementScanner(reader, limits);
    writeBody(head, elements === undefined ? 0 : 1);
  }

  function writeBody(chunk: Buffer, start: number): void {
    let from = start;
    if (elements !== undefined) {
      from = elements.scan(chunk, start);
      if (from === -1) return;
      elements = undefined;
    }
    while (from < chunk.length) {
      const known = carry.sizeBytes === 0 ? acceptKnown(chunk, from) : -1;
      const end = known === -1 ? chunk.indexOf(NEWLINE, from) : known;
      if (end === -1) break;
      if (known === -1) endLine(chunk, from, end);
      from = end + 1;
    }
    if (from < chunk.length) carry.append(chunk, from, chunk.length);
  }

  /** Where a line ends whose record the reader knew and took, or -1. */
  function acceptKnown(chunk: Buffer, start: number): number {
    const end = reader.recognize(chunk, start);
    if (end === -1 || chunk[end] !== NEWLINE || end - start > limits.maximumRecordBytes) return -1;
    reader.accept();
    return end;
  }

  function endLine(chunk: Buffer, start: number, end: number): void {
    if (carry.sizeBytes === 0) {
      emitLine(chunk, start, end);
      return;
    }
    carry.append(chunk, start, end);
    const whole = carry.take();
    emitLine(whole, 0, whole.length);
  }

  function emitLine(bytes: Buffer, start: number, end: number): void {
    if (end - start > limits.maximumRecordBytes) throw limits.tooLong();
    for (let index = start; index < end; index += 1) {
      if ((bytes[index] as number) <= SPACE) continue;
      reader.decode(bytes, index, end);
      return;
    }
  }

  return {
    write,
    end: () => {
      if (opening !== undefined) {
        if (opening.length > 0) emitLine(opening, 0, opening.length);
      } else if (elements !== undefined) {
        return false;
      } else if (carry.sizeBytes > 0) {
        const last = carry.take();
        emitLine(last, 0, last.length);
      }
      return true;
    },
  };
}

/** The bytes from the first that is neither blank nor part of a leading byte order mark. */
function withoutLeadIn(bytes: Buffer): Buffer {
  let index = bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0;
  while (index < bytes.length && (bytes[index] as number) <= SPACE) index += 1;
  return bytes.subarray(index);
}

function isCutByteOrderMark(bytes: Buffer): boolean {
  return bytes.length < 3 && bytes.equals(BYTE_ORDER_MARK.subarray(0, bytes.length));
}
