/** The tests on certificates. */

import type { CertificateLeaf } from './filter-plan.ts';
import type { UnsignedColumn } from './format.ts';
import { compileListTest, evaluateListColumn } from './list-tests.ts';
import { compileNumberTest, compileRange, rangeRows } from './number-tests.ts';
import { gatherSet } from './pointed-rows.ts';
import { certificateOrder } from './row-orders.ts';
import { hasRow, type RowSet, testEveryRow } from './row-set.ts';
import type { Snapshot } from './snapshot.ts';
import type { SomeInstallation } from './some-installation.ts';
import { NONE } from './string-table.ts';
import type { TableTests } from './table-tests.ts';
import { compileTextTest, isSearch, matchesText, type RowPredicate } from './text-predicates.ts';
import { evaluateTextColumn } from './text-sets.ts';
import { evaluateThumbprints } from './thumbprint-sets.ts';
import type { Work } from './work.ts';

type NameLeaf = Extract<CertificateLeaf, { kind: 'name' }>;
type TextLeaf = Extract<CertificateLeaf, { kind: 'text' }>;

export function createCertificateTests(
  snapshot: Snapshot,
  someInstallation: SomeInstallation,
): TableTests<CertificateLeaf> {
  const { certificates, names, strings, queries } = snapshot;
  const { length } = certificates;
  const { limits } = queries;

  function estimateSteps(leaf: CertificateLeaf): number {
    switch (leaf.kind) {
      case 'range':
        return Math.min(length, 2 * (leaf.end - leaf.start));
      case 'text':
        if (leaf.column === 'thumbprint') return isSearch(leaf.test) ? 10 * length : 0;
        return length + estimateTexts(leaf.test);
      case 'name':
        return length + names.length + estimateTexts(leaf.test);
      case 'someInstallation':
        return someInstallation.estimateSteps(leaf.plan);
      case 'scope':
        return 0;
      default:
        return 2 * length;
    }
  }

  /** A search reads about two bytes in the time of a step, and about half of all texts. */
  function estimateTexts(test: NameLeaf['test']): number {
    return isSearch(test) ? strings.folds.byteLength() / 4 : 0;
  }

  function* evaluate(leaf: CertificateLeaf): Work<RowSet> {
    switch (leaf.kind) {
      case 'range':
        return yield* rangeRows(leaf, certificateOrder(snapshot, leaf.field), length, limits);
      case 'text':
        return yield* evaluateText(leaf);
      case 'name': {
        const { role, attribute, test } = leaf;
        if (attribute === null || test.kind === 'isNull') break;
        const namesWith = yield* evaluateTextColumn(names.textIds(attribute), test, snapshot);
        return yield* gatherSet(certificates.u32(role), namesWith, limits);
      }
      case 'keyUsages':
      case 'extendedKeyUsages':
        return yield* evaluateListColumn(
          certificates.narrow(leaf.kind),
          leaf.test,
          certificates.usageLists(leaf.kind),
          snapshot,
        );
      case 'someInstallation':
        return yield* someInstallation.evaluate('certificates', leaf.plan);
      case 'scope':
        return leaf.rows;
      default:
        break;
    }
    return yield* testEveryRow(length, yield* compile(leaf), limits);
  }

  function* compile(leaf: CertificateLeaf): Work<RowPredicate> {
    switch (leaf.kind) {
      case 'range':
        return compileRange(certificateOrder(snapshot, leaf.field).toKey!, leaf.range);
      case 'number': {
        const matches = compileNumberTest(leaf.test);
        return (row) => matches(certificates[leaf.column](row) ?? Number.NaN);
      }
      case 'text':
        return compileText(leaf);
      case 'name':
        return compileName(leaf);
      case 'subjectType':
        return (row) => {
          const subjectType = certificates.subjectType(row);
          return subjectType !== null && leaf.values.includes(subjectType);
        };
      case 'subjectTypeIsNull':
        return (row) => certificates.subjectType(row) === null;
      case 'isSelfSigned':
        return (row) => certificates.isSelfSigned(row) === leaf.value;
      case 'validity':
        return (row) => leaf.values.includes(certificates.validity(row, leaf.at));
      case 'keyUsages':
      case 'extendedKeyUsages': {
        const lists = certificates.usageLists(leaf.kind);
        return onColumn(certificates.narrow(leaf.kind), compileListTest(leaf.test, lists, strings));
      }
      case 'someInstallation': {
        const set = yield* someInstallation.evaluate('certificates', leaf.plan);
        return (row) => hasRow(set, row);
      }
      case 'scope':
        return (row) => hasRow(leaf.rows, row);
    }
  }

  function* evaluateText({ column, test }: TextLeaf): Work<RowSet> {
    switch (column) {
      case 'thumbprint':
        return yield* evaluateThumbprints(test, snapshot);
      case 'serialNumber':
        return yield* evaluateTextColumn(certificates.u32('serialKey'), test, snapshot);
      case 'signatureAlgorithm': {
        if (test.kind === 'isNull') return yield* testEveryRow(length, compileText({ column, test }), limits);
        const algorithms = yield* evaluateTextColumn(certificates.algorithmTexts, test, snapshot);
        return yield* gatherSet(certificates.narrow(column), algorithms, limits);
      }
    }
  }

  function compileText({ column, test }: Pick<TextLeaf, 'column' | 'test'>): RowPredicate {
    switch (column) {
      case 'thumbprint':
        if (test.kind === 'isNull') return () => false;
        return (row) => matchesText(test, certificates.foldedThumbprint(row));
      case 'serialNumber':
        return onColumn(certificates.u32('serialKey'), compileTextTest(test, strings));
      case 'signatureAlgorithm': {
        const texts = certificates.algorithmTexts;
        const matches = compileTextTest(test, strings);
        return onColumn(certificates.narrow(column), (row) =>
          matches(row < texts.length ? texts[row]! : NONE),
        );
      }
    }
  }

  function compileName({ role, attribute, test }: NameLeaf): RowPredicate {
    const column = certificates.u32(role);
    if (attribute === null) return (row) => column[row] === NONE;
    const texts = names.textIds(attribute);
    const matches = compileTextTest(test, strings);
    return (row) => matches(column[row] === NONE ? NONE : texts[column[row]!]!);
  }

  function* narrow(leaf: CertificateLeaf, set: RowSet): Work<RowSet | undefined> {
    if (leaf.kind === 'someInstallation')
      return yield* someInstallation.narrow('certificates', leaf.plan, set);
    return undefined;
  }

  return { name: 'certificates', length, estimateSteps, evaluate, compile, narrow };
}

function onColumn(column: UnsignedColumn, matches: RowPredicate): RowPredicate {
  return (row) => matches(column[row]!);
}
