/**
 * Compares the paths of two records in the order of text, mostly without building them: two stores decide by
 * their own text, and in one store the thumbprints do.
 */

import { foldText } from './filter.ts';
import { type GatheredRecords, joinPath, PATH, PATH_TAIL, THUMBPRINT_WORDS, toThumbprint } from './ingest.ts';
import { compareBytes, compareText } from './text-order.ts';

/** A path entry, and the part of the certificate whose thumbprint may follow it. */
export type ComparePaths = (
  pathA: number,
  certificatePartA: number,
  pathB: number,
  certificatePartB: number,
) => number;

/** The comparison over what was gathered; it remembers the folded text of each entry that it meets. */
export function createPathOrder({ texts, paths, certificates }: GatheredRecords): ComparePaths {
  const foldedPrefixes = new Map<number, string>();
  const prefixOf = (path: number): string => texts.get(paths.at(path, PATH.prefix));
  const foldedPrefixOf = (path: number): string => {
    let folded = foldedPrefixes.get(path);
    if (folded === undefined) {
      folded = foldText(prefixOf(path));
      if (foldedPrefixes.size < PREFIXES_KEPT) foldedPrefixes.set(path, folded);
    }
    return folded;
  };
  const pathOf = (path: number, part: number): string =>
    joinPath(prefixOf(path), paths.at(path, PATH.tail), toThumbprint(certificates, part));
  const compareThumbprints = (partA: number, partB: number): number => {
    for (let word = 0; word < THUMBPRINT_WORDS; word += 1) {
      const difference = certificates.at(partA, word) - certificates.at(partB, word);
      if (difference !== 0) return difference;
    }
    return 0;
  };

  return (pathA, partA, pathB, partB) => {
    if (pathA === pathB) {
      return paths.at(pathA, PATH.tail) === PATH_TAIL.none ? 0 : compareThumbprints(partA, partB);
    }
    const prefixA = foldedPrefixOf(pathA);
    const prefixB = foldedPrefixOf(pathB);
    return prefixA.startsWith(prefixB) || prefixB.startsWith(prefixA)
      ? compareText(pathOf(pathA, partA), pathOf(pathB, partB))
      : compareBytes(prefixA, prefixB);
  };
}

/** Stores are few; whole paths may be as many as records. */
const PREFIXES_KEPT = 10_000;
