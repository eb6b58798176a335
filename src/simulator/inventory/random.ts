/**
 * Randomness as a pure function of integers: the same inputs give the same value on every machine, in any
 * order of asking. It spreads well and is fast; it is no cryptography.
 */

const HEX_OF_BYTE: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte.toString(16).padStart(2, '0'),
);

/** A whole number in [0, 2^32) that depends on every input and on their order. */
export function mix(seed: number, a: number, b = 0, c = 0): number {
  let state = scramble(seed ^ 0x2545f491);
  state = scramble(state ^ a);
  state = scramble(state + 0x6a09e667 + b);
  return scramble(state ^ Math.imul(c, 0x01000193) ^ 0x3c6ef372) >>> 0;
}

/** `mix` mapped to [0, limit). */
export function mixBelow(limit: number, seed: number, a: number, b = 0, c = 0): number {
  return Math.floor((mix(seed, a, b, c) / 4294967296) * limit);
}

/** True for about `perThousand` of a thousand inputs. */
export function mixChance(perThousand: number, seed: number, a: number, b = 0, c = 0): boolean {
  return mixBelow(1000, seed, a, b, c) < perThousand;
}

/**
 * Lower-case hex text of `words` x 32 bits. Each word is its own function of the inputs, so that two inputs
 * that agree in one word (2^-32) still differ in the others.
 */
export function mixHex(words: number, seed: number, a: number, b = 0, c = 0): string {
  let text = '';
  for (let word = 0; word < words; word++) {
    const value = mix(seed + Math.imul(word + 1, 0x9e3779b9), a, b, c);
    text +=
      HEX_OF_BYTE[value >>> 24]! +
      HEX_OF_BYTE[(value >>> 16) & 255]! +
      HEX_OF_BYTE[(value >>> 8) & 255]! +
      HEX_OF_BYTE[value & 255]!;
  }
  return text;
}

/** A GUID in its usual form, made of `mixHex`. */
export function mixGuid(seed: number, a: number, b = 0, c = 0): string {
  const hex = mixHex(4, seed, a, b, c);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}

/** A bijection of 32-bit integers in which each input bit moves about half of the output bits. */
function scramble(value: number): number {
  let bits = value | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
  return bits ^ (bits >>> 16);
}
