/** The comparable form of serial numbers, as numbers of texts. */

import { toComparableSerialNumber } from '../core/identifiers.ts';
import { listDistinct, mapIds } from './encoded-table.ts';
import type { TextInterner } from './text-interner.ts';

const CODE = { zero: 0x30, nine: 0x39, upperA: 0x41, upperX: 0x58, upperZ: 0x5a } as const;

/**
 * What `toComparableSerialNumber` makes of each serial number, `NONE` staying. Digits and upper-case letters
 * alone, as nearly every one is, are cut by their bytes. Each distinct one is read once, in the order in which they
 * lie. Linear in the bytes.
 */
export function createSerialKeys(texts: TextInterner, serialNumbers: Uint32Array): Uint32Array {
  const keyOfText = new Uint32Array(texts.length);
  for (const serial of listDistinct([serialNumbers], texts.length)) {
    keyOfText[serial] = isPlain(texts, serial)
      ? cutPlain(texts, serial)
      : texts.intern(toComparableSerialNumber(texts.get(serial)));
  }
  return mapIds(serialNumbers, keyOfText);
}

function isPlain({ bytes, offsets }: TextInterner, text: number): boolean {
  for (let at = offsets[text]!; at < offsets[text + 1]!; at += 1) {
    const code = bytes[at]!;
    const isDigit = code >= CODE.zero && code <= CODE.nine;
    if (!isDigit && !(code >= CODE.upperA && code <= CODE.upperZ)) return false;
  }
  return true;
}

/** Drops a leading 0X, then all zeros but the last character. */
function cutPlain(texts: TextInterner, text: number): number {
  const { bytes, offsets } = texts;
  const end = offsets[text + 1]!;
  let start = offsets[text]!;
  if (end - start >= 2 && bytes[start] === CODE.zero && bytes[start + 1] === CODE.upperX) start += 2;
  while (end - start > 1 && bytes[start] === CODE.zero) start += 1;
  return start === offsets[text] ? text : texts.internSlice(start, end);
}
