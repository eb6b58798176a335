/**
 * Filters, compiled once a request into tests on rows.
 *
 * A test on a related table is asked once a row of that table and remembered, so that an installation filter
 * with a certificate filter costs what the distinct certificates cost.
 */

import type {
  CertificateFilter,
  CertificateNumberColumn,
  CertificateTest,
  Connective,
  DeviceFilter,
  DeviceTest,
  InstallationFilter,
  InstallationQuantifier,
  InstallationTest,
  ListTest,
  NumberTest,
} from './filter.ts';
import type { UsageLists } from './names.ts';
import { compilePathTest, compileThumbprintTest } from './path-predicates.ts';
import type { Snapshot } from './snapshot.ts';
import { NONE } from './string-table.ts';
import { compileTextTest, memoize, type RowPredicate } from './text-predicates.ts';

export function compileCertificateFilter(filter: CertificateFilter, snapshot: Snapshot): RowPredicate {
  return compileConnective(filter, (test) => compileCertificateTest(test, snapshot));
}

export function compileDeviceFilter(filter: DeviceFilter, snapshot: Snapshot): RowPredicate {
  return compileConnective(filter, (test) => compileDeviceTest(test, snapshot));
}

export function compileInstallationFilter(filter: InstallationFilter, snapshot: Snapshot): RowPredicate {
  return compileConnective(filter, (test) => compileInstallationTest(test, snapshot));
}

function compileConnective<Leaf extends { readonly kind: string }>(
  filter: Connective<Leaf> | Leaf,
  compileLeaf: (leaf: Leaf) => RowPredicate,
): RowPredicate {
  if (!isConnective(filter)) return compileLeaf(filter);
  if (filter.kind === 'not') {
    const matches = compileConnective(filter.filter, compileLeaf);
    return (row) => !matches(row);
  }
  const parts = filter.filters.map((part) => compileConnective(part, compileLeaf));
  if (parts.length === 1) return parts[0]!;
  return filter.kind === 'all'
    ? (row) => parts.every((matches) => matches(row))
    : (row) => parts.some((matches) => matches(row));
}

function isConnective<Leaf extends { readonly kind: string }>(
  filter: Connective<Leaf> | Leaf,
): filter is Connective<Leaf> {
  return filter.kind === 'all' || filter.kind === 'any' || filter.kind === 'not';
}

function compileCertificateTest(test: CertificateTest, snapshot: Snapshot): RowPredicate {
  const { certificates, names, strings } = snapshot;
  switch (test.kind) {
    case 'text': {
      if (test.column === 'thumbprint') return compileThumbprintTest(test.test, certificates);
      const column = certificates.u32(test.column === 'serialNumber' ? 'serialKey' : 'signatureAlgorithm');
      return onColumn(column, compileTextTest(test.test, strings));
    }
    case 'name': {
      const column = certificates.u32(test.role);
      if (test.attribute === null) return (row) => column[row] === NONE;
      const texts = names.textIds(test.attribute);
      const matchesText = compileTextTest(test.test, strings);
      return (row) => matchesText(column[row] === NONE ? NONE : texts[column[row]!]!);
    }
    case 'number': {
      const matches = compileNumberTest(test.test);
      const read = readCertificateNumber(test.column, snapshot);
      return (row) => matches(read(row));
    }
    case 'subjectType':
      return (row) => {
        const subjectType = certificates.subjectType(row);
        return subjectType !== null && test.values.includes(subjectType);
      };
    case 'subjectTypeIsNull':
      return (row) => certificates.subjectType(row) === null;
    case 'isSelfSigned':
      return (row) => certificates.isSelfSigned(row) === test.value;
    case 'validity':
      return (row) => test.values.includes(certificates.validity(row, test.at));
    case 'keyUsages':
      return onColumn(certificates.u32('keyUsages'), compileListTest(test.test, certificates.keyUsageLists));
    case 'extendedKeyUsages':
      return onColumn(
        certificates.u32('extendedKeyUsages'),
        compileListTest(test.test, certificates.extendedKeyUsageLists),
      );
    case 'installations':
      return compileQuantifier(test, snapshot, (row, matches) =>
        certificates.installationRows(row).some(matches),
      );
  }
}

function compileDeviceTest(test: DeviceTest, snapshot: Snapshot): RowPredicate {
  const { devices, rbacGroups, strings } = snapshot;
  switch (test.kind) {
    case 'text':
      return onColumn(devices.textIds(test.column), compileTextTest(test.test, strings));
    case 'rbacGroup': {
      if (test.column === null) return (row) => devices.rbacGroupRow(row) === null;
      const texts = rbacGroups.textIds(test.column);
      const matchesText = compileTextTest(test.test, strings);
      return (row) => {
        const group = devices.rbacGroupRow(row);
        return matchesText(group === null ? NONE : texts[group]!);
      };
    }
    case 'number': {
      const matches = compileNumberTest(test.test);
      return test.column === 'certificateCount'
        ? (row) => matches(devices.certificateCount(row))
        : (row) => matches(devices.installationCount(row));
    }
    case 'installations':
      return compileQuantifier(test, snapshot, (row, matches) => {
        const end = devices.installationStart(row + 1);
        for (let installation = devices.installationStart(row); installation < end; installation += 1) {
          if (matches(installation)) return true;
        }
        return false;
      });
  }
}

function compileInstallationTest(test: InstallationTest, snapshot: Snapshot): RowPredicate {
  const { installations, strings, certificates, devices } = snapshot;
  switch (test.kind) {
    case 'text': {
      if (test.column === 'path') return compilePathTest(test.test, snapshot);
      const matches = compileTextTest(test.test, strings);
      const texts = installations.paths[test.column];
      const matchesEntry = Uint8Array.from(texts, (text) => (matches(text) ? 1 : 0));
      return (row) => matchesEntry[installations.pathColumn[row]!] === 1;
    }
    case 'certificate':
      return onColumn(
        installations.certificateColumn,
        memoize(certificates.length, compileCertificateFilter(test.filter, snapshot)),
      );
    case 'device':
      return onColumn(
        installations.deviceColumn,
        memoize(devices.length, compileDeviceFilter(test.filter, snapshot)),
      );
  }
}

function compileQuantifier(
  { quantifier, filter }: InstallationQuantifier,
  snapshot: Snapshot,
  hasMatch: (row: number, matches: RowPredicate) => boolean,
): RowPredicate {
  const matches = compileInstallationFilter(filter, snapshot);
  const onInstallation: RowPredicate = (row) => matches(row);
  return quantifier === 'some'
    ? (row) => hasMatch(row, onInstallation)
    : (row) => !hasMatch(row, onInstallation);
}

function onColumn(column: Uint32Array, matches: RowPredicate): RowPredicate {
  return (row) => matches(column[row]!);
}

function readCertificateNumber(
  column: CertificateNumberColumn,
  { certificates }: Snapshot,
): (row: number) => number {
  return (row) => certificates[column](row) ?? Number.NaN;
}

/** Comparisons with `NaN`, the missing number, are false of themselves. */
function compileNumberTest(test: NumberTest): (value: number) => boolean {
  switch (test.kind) {
    case 'in': {
      const values = new Set(test.values);
      return (value) => values.has(value);
    }
    case 'range': {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = test;
      return (value) => value >= minimum && value <= maximum;
    }
    case 'greaterThan':
      return (value) => value > test.value;
    case 'lessThan':
      return (value) => value < test.value;
    case 'isNull':
      return (value) => Number.isNaN(value);
  }
}

/** A test on the row of a list; {@link NONE} is a list that was not reported. */
function compileListTest(test: ListTest, lists: UsageLists): RowPredicate {
  switch (test.kind) {
    case 'isNull':
      return (list) => list === NONE;
    case 'isEmpty':
      return (list) => list !== NONE && lists.sizeOf(list) === 0;
    default: {
      const matches = memoize(lists.length, (list) => {
        const texts = lists.foldedTexts(list);
        return test.kind === 'hasAny'
          ? test.values.some((value) => texts.has(value))
          : test.values.every((value) => texts.has(value));
      });
      return (list) => list !== NONE && matches(list);
    }
  }
}
