/**
 * Signature algorithms: a fleet has a handful, each once for certificates to point at.
 *
 *   signatureAlgorithm.text   texts, ascending
 */

import { listDistinct, mapIds } from './encoded-table.ts';

export interface EncodedAlgorithms {
  /** The distinct string ids. */
  readonly texts: Uint32Array;
  /** By certificate, the row among them; `NONE` stays. */
  readonly rows: Uint32Array;
}

/** @param ids the string id of each certificate's algorithm, or `NONE` */
export function encodeAlgorithms(ids: Uint32Array, stringCount: number): EncodedAlgorithms {
  const texts = listDistinct([ids], stringCount);
  const rowOfString = new Uint32Array(stringCount);
  for (let row = 0; row < texts.length; row += 1) rowOfString[texts[row]!] = row;
  return { texts, rows: mapIds(ids, rowOfString) };
}
