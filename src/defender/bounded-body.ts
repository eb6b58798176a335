/** Reads a body that is known to be small as a whole, and stops when it is not. */

/**
 * The bytes of a body, or its first `maximumBytes` with `isCut` set when it goes on; the rest is not read.
 * Throws what the body throws.
 */
export async function readBounded(
  body: AsyncIterable<Buffer>,
  maximumBytes: number,
): Promise<{ readonly bytes: Buffer; readonly isCut: boolean }> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body) {
    // A copy: the body may give a chunk's memory back when it is asked for the next one.
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > maximumBytes) return { bytes: Buffer.concat(chunks).subarray(0, maximumBytes), isCut: true };
  }
  return { bytes: Buffer.concat(chunks), isCut: false };
}
