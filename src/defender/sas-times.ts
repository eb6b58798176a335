/**
 * When a shared access signature holds, read from the URL that carries it. It does so by the clock of the store, and
 * what it says of itself is only good for asking at the right time: the store decides.
 *
 * Source: Azure Storage, "Create a service SAS" (`st`, `se`) and "Create a user delegation SAS" (`skt`, `ske`).
 */

import { SECOND_MS } from '../core/units.ts';
import { toEpochSeconds } from './wire-values.ts';

/** Epoch milliseconds from which on the URL, and the key that signed it, are valid; `null` when it does not say. */
export function findSasStart(url: URL): number | null {
  const starts = readTimes(url, ['st', 'skt']);
  return starts.length === 0 ? null : Math.max(...starts);
}

/** Epoch milliseconds at which the URL, or the key that signed it, ends; `null` when it does not say. */
export function findSasExpiry(url: URL): number | null {
  const ends = readTimes(url, ['se', 'ske']);
  return ends.length === 0 ? null : Math.min(...ends);
}

function readTimes({ searchParams }: URL, names: readonly string[]): number[] {
  return names
    .map((name) => toEpochSeconds(searchParams.get(name)))
    .filter((time) => time !== null)
    .map((seconds) => seconds * SECOND_MS);
}
