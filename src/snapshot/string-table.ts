/**
 * Every distinct text of a snapshot, once, in order: a text is its row (its string id), and comparing
 * two texts is comparing two integers.
 *
 * Columns of the segment `strings` (n texts, m distinct folded texts, k texts that are not ASCII); the texts are
 * sorted by folded bytes, then by the bytes themselves:
 *   foldOfText     u32[n]       the folded text of each text; ascending
 *   foldOffsets    u32[m + 1]   where each folded text starts in `foldBytes`
 *   foldBytes      u8           UTF-8 of the folded texts, ascending
 *   caseOffsets    u32[n + 1]   where the bits of each text start in `upperCase`: one a byte, none when not ASCII
 *   upperCase      u8           bits, the lowest first: whether a byte is an upper-case letter
 *   wholeTexts     u32[k]       the texts that are not ASCII, ascending
 *   wholeOffsets   u32[k + 1]   where each of these starts in `wholeBytes`
 *   wholeBytes     u8           their UTF-8
 */

import { CasedTexts } from './cased-texts.ts';
import type { ColumnArray } from './format.ts';
import { TextArena } from './text-arena.ts';

/** Marks "no text" (and "no row") in every u32 column; narrower ones have its lowest bits. */
export const NONE = 0xffff_ffff;

/** Reads texts by id, and finds ids by text. */
export class StringTable {
  readonly length: number;
  /** The distinct folded texts. */
  readonly folds: TextArena;
  /** The folded text of each text, by id; ascending. */
  readonly foldOfText: Uint32Array;
  readonly #texts: CasedTexts;

  constructor(columns: ReadonlyMap<string, ColumnArray>) {
    const u32 = (name: string): Uint32Array => columns.get(name) as Uint32Array;
    this.#texts = new CasedTexts(columns);
    this.folds = new TextArena(u32('foldOffsets'), columns.get('foldBytes') as Uint8Array);
    this.foldOfText = u32('foldOfText');
    this.length = this.#texts.length;
  }

  /** The text of an id; `null` for {@link NONE}. O(length of the text), unless it was read lately. */
  find(id: number): string | null {
    return id === NONE ? null : this.#texts.at(id);
  }

  /** The text of an id that is not {@link NONE}. */
  get(id: number): string {
    return this.#texts.at(id);
  }

  /** The folded text of an id that is not {@link NONE}. */
  getFolded(id: number): string {
    return this.folds.at(this.foldOfText[id]!);
  }

  /** The id of the folded text of a text: ascending with the ids. */
  foldOf(id: number): number {
    return this.foldOfText[id]!;
  }

  /** The id of a folded text among the folded texts, or `undefined`. O(log m). */
  findFold(folded: string): number | undefined {
    const index = this.folds.lowerBound(folded);
    return index < this.folds.length && this.folds.at(index) === folded ? index : undefined;
  }

  /** The half-open range of folded texts that start with a folded text. O(log m). */
  foldRange(prefix: string): readonly [start: number, end: number] {
    const start = this.folds.lowerBound(prefix);
    return [start, this.folds.upperBoundOfPrefix(prefix, start)];
  }
}
