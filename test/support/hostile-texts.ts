/** Records whose bytes are few for what a parser makes of them. */

const BYTES = 1_000_000;

/** Fills what is left of the bytes between an opening and a closing. */
const fill = (opening: string, piece: string, closing: string, bytes: number): string =>
  opening + piece.repeat(Math.floor((bytes - opening.length - closing.length) / piece.length)) + closing;

const deep = (bytes: number): string => '['.repeat(bytes / 2) + ']'.repeat(bytes / 2);

/** Of just as many bytes as are parsed, and of as many as are read. */
export const HOSTILE_TEXTS = {
  deep: () => deep(BYTES),
  empties: () => fill('{"x":[', '[],', '0]}', BYTES),
  objects: () => fill('{"x":[', '{},', '0]}', BYTES),
  keys: () => `{${Array.from({ length: BYTES / 11 }, (_, index) => `"${100_000 + index}":0`).join()}}`,
  usages: () => fill('{"keyUsage":"', '1,', '"}', BYTES),
  deepBeyond: () => deep(16 * BYTES),
  emptiesBeyond: () => fill('{"x":[', '[],', '0]}', 16 * BYTES),
} as const;

export type HostileText = keyof typeof HOSTILE_TEXTS;
