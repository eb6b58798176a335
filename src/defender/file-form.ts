/**
 * Whether the raw bytes of an export file have the form of one: gzip, which checks itself, or JSON text that begins and ends as it
 * must. A proxy's page of HTML, or gzip whose first bytes are torn, would otherwise be taken for lines that are no records.
 *
 * Text that is cut off between two records, or gzip between two members, cannot be told from a whole one here: only its length and
 * its MD5 can.
 */

import { CLOSE_BRACE, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET } from './json-bytes.ts';

const GZIP_MAGIC = 0x1f;
/** White space of RFC 8259 section 2, and the bytes of a byte order mark. */
const BLANKS: ReadonlySet<number> = new Set([0x20, 0x09, 0x0a, 0x0d, 0xef, 0xbb, 0xbf]);

/**
 * The chunks of `source` as they are.
 *
 * @param toError makes what is thrown of the problem, which is the end of a sentence about the file
 */
export async function* requireFileForm(
  source: AsyncIterable<Buffer>,
  toError: (problem: string) => Error,
): AsyncGenerator<Buffer> {
  let first: number | undefined;
  let last: number | undefined;
  for await (const chunk of source) {
    first ??= chunk.find(isFilled);
    if (first !== undefined && first !== GZIP_MAGIC) {
      if (first !== OPEN_BRACE && first !== OPEN_BRACKET) throw toError('is neither gzip nor JSON');
      last = chunk.findLast(isFilled) ?? last;
    }
    yield chunk;
  }
  if (last !== undefined && last !== CLOSE_BRACE && last !== CLOSE_BRACKET)
    throw toError('ends inside of a record');
}

function isFilled(byte: number): boolean {
  return !BLANKS.has(byte);
}
