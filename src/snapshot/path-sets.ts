/**
 * Text tests on paths, as sets of installations. A path is the prefix of its entry, and then, nearly always, the
 * thumbprint of its certificate:
 *
 *   entry   localmachine\root\            a text can lie in the prefix       every row of the entry matches
 *   row                      0a1b…        in the thumbprint                  the rows of those certificates
 *                       root\0a           across the seam                    certificates that begin with the rest
 *
 * so that each entry is decided by its prefix, or leaves tests on thumbprints. Which ones depends on how long a part of
 * the text its end is the beginning of: few entries differ in that.
 */

import { carryCertificates } from './carry-rows.ts';
import { foldText, type TextTest } from './filter.ts';
import { PATH_TAIL } from './ingest.ts';
import { gatherSet, keepPointing } from './pointed-rows.ts';
import {
  addRow,
  createPlainSet,
  createWords,
  hasRow,
  type RowSet,
  sealSet,
  toSet,
  unite,
} from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import { matchesText, type PresentTextTest } from './text-predicates.ts';
import { evaluateTextColumn } from './text-sets.ts';
import { evaluateThumbprints, THUMBPRINT_DIGITS } from './thumbprint-sets.ts';
import type { Work } from './work.ts';

/** What an entry's prefix leaves open: nothing, or thumbprints that must pass one of some tests. */
type Rest = boolean | readonly PresentTextTest[];

/** Decoding a prefix and looking for the seam costs as much as so many rows of a pass. */
const PREFIX_STEPS = 256;

/** The installations whose folded path passes a test. */
export function* evaluatePaths(test: TextTest, snapshot: Snapshot): Work<RowSet> {
  const { installations, queries } = snapshot;
  if (test.kind === 'isNull') return createPlainSet(installations.length, false);
  const { limits } = queries;
  const { passed, open } = yield* sortEntries(test, snapshot);
  if (open.size === 0) return yield* gatherSet(installations.pathColumn, passed, limits);

  let found = yield* gatherSet(installations.pathColumn, passed, limits);
  for (const { tests, entries } of open.values()) {
    let certificates = createPlainSet(snapshot.certificates.length, false);
    for (const onThumbprint of tests) {
      certificates = unite(certificates, yield* evaluateThumbprints(onThumbprint, snapshot));
      yield;
    }
    const ofEntries = toSet(Uint32Array.from(entries), passed.length);
    const candidates = yield* carryCertificates(certificates, snapshot);
    const matching = yield* keepPointing(candidates, installations.pathColumn, ofEntries, limits);
    found = unite(found, matching);
    yield;
  }
  return found;
}

interface SortedEntries {
  /** Entries that match with any thumbprint. */
  readonly passed: RowSet;
  /** The others that may match, by what they leave open. */
  readonly open: ReadonlyMap<
    string,
    { readonly tests: readonly PresentTextTest[]; readonly entries: number[] }
  >;
}

function* sortEntries(test: PresentTextTest, snapshot: Snapshot): Work<SortedEntries> {
  const { installations, strings, queries } = snapshot;
  const { prefix, tail } = installations.paths;
  const whole = yield* evaluateTextColumn(prefix, test, snapshot);
  const words = createWords(prefix.length);
  const open = new Map<string, { tests: readonly PresentTextTest[]; entries: number[] }>();
  const entriesPerPiece = Math.max(1, Math.floor(queries.limits.rowsPerPiece / PREFIX_STEPS));
  for (let entry = 0; entry < prefix.length; entry += 1) {
    if (tail[entry] === PATH_TAIL.none) {
      if (hasRow(whole, entry)) addRow(words, entry);
      continue;
    }
    const rest = findRest(test, foldText(strings.get(prefix[entry]!)));
    if (rest === true) addRow(words, entry);
    else if (rest !== false && rest.length > 0) {
      const key = JSON.stringify(rest);
      const known = open.get(key);
      if (known === undefined) open.set(key, { tests: rest, entries: [entry] });
      else known.entries.push(entry);
    }
    if (entry % entriesPerPiece === entriesPerPiece - 1) yield;
  }
  return { passed: sealSet(words, prefix.length), open };
}

/** The test on "prefix + thumbprint", as far as the prefix decides it. */
function findRest(test: PresentTextTest, prefix: string): Rest {
  switch (test.kind) {
    case 'in': {
      const values = test.values
        .filter((value) => value.startsWith(prefix))
        .map((value) => value.slice(prefix.length));
      return [{ kind: 'in', values }];
    }
    case 'startsWith':
      if (prefix.startsWith(test.value)) return true;
      return (
        test.value.startsWith(prefix) && [{ kind: 'startsWith', value: test.value.slice(prefix.length) }]
      );
    case 'endsWith': {
      const cut = test.value.length - THUMBPRINT_DIGITS;
      if (cut <= 0) return [test];
      return (
        prefix.endsWith(test.value.slice(0, cut)) && [{ kind: 'startsWith', value: test.value.slice(cut) }]
      );
    }
    case 'contains': {
      if (matchesText(test, prefix)) return true;
      // What does not fit into a path is in none.
      if (test.value.length > prefix.length + THUMBPRINT_DIGITS) return false;
      const tests: PresentTextTest[] = [test];
      const longestCut = Math.min(prefix.length, test.value.length - 1);
      for (let cut = 1; cut <= longestCut; cut += 1) {
        if (prefix.endsWith(test.value.slice(0, cut)))
          tests.push({ kind: 'startsWith', value: test.value.slice(cut) });
      }
      return tests;
    }
  }
}
