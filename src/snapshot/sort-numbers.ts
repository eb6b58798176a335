/** Sorting numbers in pieces, digit by digit: what `orders.ts` does in one go, for a thread that others wait for. */

import type { UnsignedColumn } from './format.ts';
import { inPieces, type QueryLimits, type Work } from './work.ts';

const DIGIT_BITS = 11;
const DIGITS = 1 << DIGIT_BITS;
const NUMBER_BITS = 32;

/** The places of numbers from the smallest to the largest, equal ones as they stand. Linear; one pass for each 11 bits of the largest. */
export function* placesByNumber(
  numbers: UnsignedColumn,
  { rowsPerPiece }: QueryLimits,
): Work<Uint32Array<ArrayBuffer>> {
  const { length } = numbers;
  let places = new Uint32Array(length);
  let largest = 0;
  yield* inPieces(length, rowsPerPiece, (start, end) => {
    for (let place = start; place < end; place += 1) {
      places[place] = place;
      if (numbers[place]! > largest) largest = numbers[place]!;
    }
  });
  let sorted = new Uint32Array(length);
  for (let shift = 0; shift < NUMBER_BITS && largest >>> shift > 0; shift += DIGIT_BITS) {
    const starts = new Uint32Array(DIGITS + 1);
    yield* inPieces(length, rowsPerPiece, (start, end) => {
      for (let place = start; place < end; place += 1) {
        starts[((numbers[place]! >>> shift) & (DIGITS - 1)) + 1]! += 1;
      }
    });
    for (let digit = 0; digit < DIGITS; digit += 1) starts[digit + 1]! += starts[digit]!;
    yield* inPieces(length, rowsPerPiece, (start, end) => {
      for (let index = start; index < end; index += 1) {
        const place = places[index]!;
        const digit = (numbers[place]! >>> shift) & (DIGITS - 1);
        sorted[starts[digit]!] = place;
        starts[digit]! += 1;
      }
    });
    [places, sorted] = [sorted, places];
  }
  return places;
}
