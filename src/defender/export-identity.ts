/**
 * Whether two listings are of the same export. Defender puts an export that it hands out into a container made for the occasion
 * (`temp-<guid>`), so that the same files have other addresses each time; what follows the container names day, time, RBAC
 * group and part.
 */

import type { ExportFile, ExportListing } from './export-endpoint.ts';

/**
 * The files of `known`, each with what it is in `other`. The same part name in two groups, or in two containers of one listing,
 * is two files.
 *
 * @returns `undefined` unless both were generated at the same known time and list the same files
 */
export function matchListings(
  known: ExportListing,
  other: ExportListing,
): ReadonlyMap<ExportFile, ExportFile> | undefined {
  if (known.generatedAtMs === null || known.generatedAtMs !== other.generatedAtMs) return undefined;
  return matchFiles(known, other, toAddress) ?? matchFiles(known, other, toPathInContainer);
}

function matchFiles(
  known: ExportListing,
  other: ExportListing,
  toKey: (url: URL) => string,
): ReadonlyMap<ExportFile, ExportFile> | undefined {
  const byKey = new Map(other.files.map((file) => [toKey(file.url), file]));
  const matched = new Map<ExportFile, ExportFile>();
  for (const file of known.files) {
    const same = byKey.get(toKey(file.url));
    if (same === undefined) return undefined;
    matched.set(file, same);
  }
  // Equal in number only when no key stands for two files on either side.
  const isOneToOne =
    known.files.length === other.files.length && new Set(matched.values()).size === other.files.length;
  return isOneToOne ? matched : undefined;
}

function toAddress({ origin, pathname }: URL): string {
  return origin + pathname;
}

function toPathInContainer({ pathname }: URL): string {
  return pathname.replace(/^\/temp-[^/]+(?=\/)/i, '');
}
