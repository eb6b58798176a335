/**
 * Text tests on paths and thumbprints, which are in no string table: a path is a store and the thumbprint of
 * its certificate, a thumbprint is twenty bytes. Nothing is decoded for a row whose store decides.
 */

import type { CertificateTable } from './certificates.ts';
import { foldText, type TextTest } from './filter.ts';
import { PATH_TAIL } from './ingest.ts';
import type { InstallationTable } from './installations.ts';
import type { StringTable } from './string-table.ts';
import { matchesText, memoize, type RowPredicate } from './text-predicates.ts';

const HEX = /^[0-9a-f]*$/;
const THUMBPRINT_DIGITS = 40;

/** A test on certificate rows by their thumbprint in lower case. */
export function compileThumbprintTest(test: TextTest, certificates: CertificateTable): RowPredicate {
  switch (test.kind) {
    case 'isNull':
      return () => false;
    case 'in': {
      const rows = new Set(test.values.map((value) => certificates.findRow(value)));
      return (row) => rows.has(row);
    }
    case 'startsWith': {
      const start = certificates.lowerBound(test.value);
      const end = certificates.lowerBound(`${test.value}\uffff`);
      return (row) => row >= start && row < end;
    }
    default:
      if (!HEX.test(test.value) || test.value.length > THUMBPRINT_DIGITS) return () => false;
      return memoize(certificates.length, (row) => matchesText(test, certificates.foldedThumbprint(row)));
  }
}

/** A test on installation rows by their folded path. */
export function compilePathTest(
  test: TextTest,
  tables: {
    readonly installations: InstallationTable;
    readonly certificates: CertificateTable;
    readonly strings: StringTable;
  },
): RowPredicate {
  if (test.kind === 'isNull') return () => false;
  const { installations, certificates, strings } = tables;
  const { prefix, tail } = installations.paths;
  const matchesEntry = Array.from(prefix, (text, entry) => {
    const folded = foldText(strings.get(text));
    return tail[entry] === PATH_TAIL.none
      ? always(matchesText(test, folded))
      : compileTailTest(test, folded, certificates);
  });
  const { pathColumn, certificateColumn } = installations;
  return (row) => matchesEntry[pathColumn[row]!]!(certificateColumn[row]!);
}

function always(answer: boolean): RowPredicate {
  return () => answer;
}

/** The test on "prefix + thumbprint", as a test on the certificate's row. */
function compileTailTest(
  test: Exclude<TextTest, { kind: 'isNull' }>,
  prefix: string,
  certificates: CertificateTable,
): RowPredicate {
  const onThumbprint = (kind: 'startsWith' | 'endsWith' | 'contains', value: string): RowPredicate =>
    compileThumbprintTest({ kind, value }, certificates);
  switch (test.kind) {
    case 'in': {
      const rests = test.values
        .filter((value) => value.startsWith(prefix))
        .map((value) => value.slice(prefix.length));
      return compileThumbprintTest({ kind: 'in', values: rests }, certificates);
    }
    case 'startsWith':
      if (prefix.startsWith(test.value)) return always(true);
      return test.value.startsWith(prefix)
        ? onThumbprint('startsWith', test.value.slice(prefix.length))
        : always(false);
    case 'endsWith': {
      const cut = test.value.length - THUMBPRINT_DIGITS;
      if (cut <= 0) return onThumbprint('endsWith', test.value);
      return prefix.endsWith(test.value.slice(0, cut))
        ? onThumbprint('startsWith', test.value.slice(cut))
        : always(false);
    }
    case 'contains': {
      if (prefix.includes(test.value)) return always(true);
      const tests = [onThumbprint('contains', test.value)];
      for (let cut = 1; cut < test.value.length; cut += 1) {
        if (prefix.endsWith(test.value.slice(0, cut)))
          tests.push(onThumbprint('startsWith', test.value.slice(cut)));
      }
      return (certificate) => tests.some((matches) => matches(certificate));
    }
  }
}
