/**
 * Columns of numbers in as few bytes as the numbers take. The type follows from how many numbers there are, and from
 * nothing else, so that the same records give the same bytes.
 *
 * Where a column may say "none", that is the largest number of its type, whatever the type: it is never a number that
 * points somewhere, and reads as one beyond the table that the column points at.
 */

import { releaseMemory } from '../core/memory.ts';
import type { UnsignedColumn } from './format.ts';

/**
 * The same numbers, in bytes or pairs of bytes if those can tell them and `NONE` apart. Linear in the numbers; the array
 * given is used up.
 *
 * @param count above every number that is not `NONE`: rows of the table pointed at
 */
export function narrow(numbers: Uint32Array, count: number): UnsignedColumn {
  if (count > 0xffff) return numbers;
  // Of a number that does not fit, `NONE`, its lowest bits are taken: all ones.
  const narrowed = count > 0xff ? new Uint16Array(numbers) : new Uint8Array(numbers);
  releaseMemory(numbers);
  return narrowed;
}

/** Numbers that point nowhere, none of which is `NONE`, as narrow as the largest of them allows. */
export function narrowValues(numbers: Uint32Array): UnsignedColumn {
  let largest = 0;
  for (let row = 0; row < numbers.length; row += 1) if (numbers[row]! > largest) largest = numbers[row]!;
  return narrow(numbers, largest + 1);
}
