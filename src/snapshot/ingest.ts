/**
 * The form of what is gathered before it is sorted: distinct parts as tuples of u32 words, texts by their
 * numbers, and one triple of handles a record. No object per record, no text twice.
 */

import { foldText } from './filter.ts';
import type { RecordList } from './record-list.ts';
import type { TextInterner } from './text-interner.ts';
import type { TupleInterner } from './tuple-interner.ts';

/**
 * Words of a certificate part. Text columns hold numbers of `texts`, list columns numbers of `lists`; all ones
 * (`NONE`) is "not reported". A thumbprint is five words, the first byte the highest; an instant is the two
 * words of a float64, and all ones of it is a NaN.
 */
export const CERTIFICATE = {
  thumbprint: 0,
  serialNumber: 5,
  subject: 6,
  issuer: 7,
  signatureAlgorithm: 8,
  subjectType: 9,
  keySize: 10,
  notBefore: 11,
  notAfter: 13,
  keyUsages: 15,
  extendedKeyUsages: 16,
} as const;
export const CERTIFICATE_WORDS = 17;
export const THUMBPRINT_WORDS = 5;

/** Words of a device part: numbers of `texts`. */
export const DEVICE = { deviceId: 0, name: 1, rbacGroupId: 2, rbacGroupName: 3 } as const;
export const DEVICE_WORDS = 4;

/** Words of a path: the number of its prefix, and a {@link PATH_TAIL}. */
export const PATH = { prefix: 0, tail: 1 } as const;
export const PATH_WORDS = 2;

/** Codes of the column `subjectType`; 0 is "not reported" in a segment. */
export const SUBJECT_TYPE = { CERTIFICATE_AUTHORITY: 1, END_ENTITY: 2 } as const;

/** Everything gathered, for merging and assembling. */
export interface GatheredRecords {
  readonly texts: TextInterner;
  /** Usage lists as JSON text. */
  readonly lists: TextInterner;
  readonly certificates: TupleInterner;
  readonly devices: TupleInterner;
  readonly paths: TupleInterner;
  readonly records: RecordList;
}

/** How the text of a path is put together from its entry and the thumbprint of its certificate. */
export const PATH_TAIL = { none: 0, upperThumbprint: 1, lowerThumbprint: 2 } as const;

/**
 * Cuts a path that ends with the thumbprint of its certificate, as nearly every one does, so that the same
 * store of a million certificates is one entry. One path has one such form.
 */
export function splitPath(path: string, thumbprint: string): readonly [prefix: string, tail: number] {
  const start = path.length - thumbprint.length;
  if (start < 0) return [path, PATH_TAIL.none];
  if (path.endsWith(thumbprint)) return [path.slice(0, start), PATH_TAIL.upperThumbprint];
  if (path.endsWith(foldText(thumbprint))) return [path.slice(0, start), PATH_TAIL.lowerThumbprint];
  return [path, PATH_TAIL.none];
}

/** The inverse of {@link splitPath}. */
export function joinPath(prefix: string, tail: number, thumbprint: string): string {
  if (tail === PATH_TAIL.none) return prefix;
  return prefix + (tail === PATH_TAIL.upperThumbprint ? thumbprint : foldText(thumbprint));
}

/** The thumbprint of a part as 40 upper-case hex digits. */
export function toThumbprint(certificates: TupleInterner, part: number): string {
  let text = '';
  for (let word = 0; word < THUMBPRINT_WORDS; word += 1) {
    text += certificates.at(part, word).toString(16).padStart(8, '0');
  }
  return text.toUpperCase();
}
