/** Memory outside of the JavaScript heap, which a collection gives back late. */

/**
 * Gives the memory behind a view back now: it has no elements afterwards, nor has any other view of its buffer. Shared memory
 * stays, for others may read it.
 */
export function releaseMemory({ buffer }: { readonly buffer: ArrayBufferLike }): void {
  if (buffer instanceof ArrayBuffer) buffer.transfer(0);
}
