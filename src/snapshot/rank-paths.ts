/**
 * A number for each installation that sorts as its folded path does, without building ten million paths.
 *
 * Nearly every path is a store and the thumbprint of its certificate, and certificates are in order already:
 * a store is a run of ranks, one a certificate. The few whole paths are placed among them by binary search:
 *
 *   localmachine\my\          + 0a1b… 3c4d… 9e8f…        ranks 0 1 2      (3 certificates)
 *   localmachine\root\        + 0a1b…  |  3c4d… 9e8f…    ranks 3   5 6
 *   localmachine\root\1111…            └ a whole path    rank    4
 */

import { foldText } from './filter.ts';
import { joinPath, PATH_TAIL } from './ingest.ts';
import { compareBytes } from './text-order.ts';

export interface PathColumns {
  /** Row of the certificate, and of the path entry, of each installation. */
  readonly certificate: Uint32Array;
  readonly path: Uint32Array;
  /** By path entry. */
  readonly prefixes: readonly string[];
  readonly tails: Uint8Array;
  /** Upper-case hex by certificate row, ascending. */
  readonly thumbprints: readonly string[];
}

type RankOf = (entry: number, certificate: number) => number;

/** The rank of each installation; equal exactly for equal folded paths. Linear in the installations. */
export function rankPaths(columns: PathColumns): Float64Array {
  const rankOf = createRanking(columns) ?? createPlainRanking(columns);
  const ranks = new Float64Array(columns.path.length);
  for (let row = 0; row < ranks.length; row += 1)
    ranks[row] = rankOf(columns.path[row]!, columns.certificate[row]!);
  return ranks;
}

/** A store with its run of ranks, or a whole path that lies in no store (a run of one). */
interface Run {
  readonly folded: string;
  readonly isStore: boolean;
  /** Rests of the whole paths that lie in the store, ascending, none of them a certificate's thumbprint. */
  rests: string[];
  base: number;
  /** For each rest, how many certificates come before it. */
  places: number[];
}

/** `undefined` when one store's prefix begins another's: then a store is no unbroken run. */
function createRanking({ prefixes, tails, thumbprints }: PathColumns): RankOf | undefined {
  const folded = prefixes.map(foldText);
  const stores = [...new Set(folded.filter((_, entry) => tails[entry] !== PATH_TAIL.none))].sort(
    compareBytes,
  );
  if (stores.some((store, index) => stores[index + 1]?.startsWith(store))) return undefined;

  const placeOf = (rest: string): number => {
    let low = 0;
    let high = thumbprints.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareBytes(foldText(thumbprints[middle]!), rest) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const isThumbprintAt = (place: number, rest: string): boolean =>
    place < thumbprints.length && foldText(thumbprints[place]!) === rest;

  const runOf = new Map<string, Run>();
  for (const store of stores)
    runOf.set(store, { folded: store, isStore: true, rests: [], base: 0, places: [] });
  for (const [entry, path] of folded.entries()) {
    if (tails[entry] !== PATH_TAIL.none) continue;
    const store = stores.find((candidate) => path.startsWith(candidate));
    if (store === undefined)
      runOf.set(path, { folded: path, isStore: false, rests: [], base: 0, places: [] });
    else runOf.get(store)!.rests.push(path.slice(store.length));
  }
  let base = 0;
  for (const run of [...runOf.values()].sort((a, b) => compareBytes(a.folded, b.folded))) {
    run.base = base;
    run.rests = [...new Set(run.rests)]
      .sort(compareBytes)
      .filter((rest) => !isThumbprintAt(placeOf(rest), rest));
    run.places = run.rests.map(placeOf);
    base += run.isStore ? thumbprints.length + run.rests.length : 1;
  }

  const rankOfCertificate = (run: Run, certificate: number): number => {
    const before = run.places.findIndex((place) => place > certificate);
    return run.base + certificate + (before < 0 ? run.places.length : before);
  };
  const wholePathRanks = new Map<number, number>();
  for (const [entry, path] of folded.entries()) {
    if (tails[entry] !== PATH_TAIL.none) continue;
    const store = stores.find((candidate) => path.startsWith(candidate));
    if (store === undefined) wholePathRanks.set(entry, runOf.get(path)!.base);
    else {
      const run = runOf.get(store)!;
      const rest = path.slice(store.length);
      const index = run.rests.indexOf(rest);
      const rank = index < 0 ? rankOfCertificate(run, placeOf(rest)) : run.base + run.places[index]! + index;
      wholePathRanks.set(entry, rank);
    }
  }
  const runOfEntry = folded.map((path, entry) =>
    tails[entry] === PATH_TAIL.none ? undefined : runOf.get(path)!,
  );
  return (entry, certificate) => {
    const run = runOfEntry[entry];
    return run === undefined ? wholePathRanks.get(entry)! : rankOfCertificate(run, certificate);
  };
}

/** The same by sorting the paths themselves: the oracle, and the way out for stores within stores. */
export function createPlainRanking(columns: PathColumns): RankOf {
  const pathOf: (entry: number, certificate: number) => string = (entry, certificate) =>
    foldText(joinPath(columns.prefixes[entry]!, columns.tails[entry]!, columns.thumbprints[certificate]!));
  const paths = new Set<string>();
  for (let row = 0; row < columns.path.length; row += 1)
    paths.add(pathOf(columns.path[row]!, columns.certificate[row]!));
  const rankOfPath = new Map([...paths].sort(compareBytes).map((path, rank) => [path, rank]));
  return (entry, certificate) => rankOfPath.get(pathOf(entry, certificate))!;
}
