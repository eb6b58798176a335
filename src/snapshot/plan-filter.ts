/**
 * Brings filters into normal form, see `filter-plan.ts`.
 *
 * Nested `all` and `any` are flattened, their parts sorted and distinct; `none` is the complement of `some`. A range
 * on an ordered column is known by the places where it starts and ends in that order, and a validity by how many
 * certificates have ended and begun: instants between the same two dates of the fleet are the same question, so that
 * the clock of each request does not make every filter a new one.
 *
 * Quantifiers look at installations that can be found, and at no other; the rows of the result may be any, and whoever takes
 * them from a table keeps those that can be found.
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
  TextTest,
} from './filter.ts';
import {
  type CertificateLeaf,
  type CertificatePlan,
  complementPlan,
  confineToScope,
  connectPlans,
  type DeviceLeaf,
  type DevicePlan,
  type InstallationLeaf,
  type InstallationPlan,
  leafPlan,
  type Plan,
  planRelated,
  type RangeLeaf,
  type SomeInstallationLeaf,
} from './filter-plan.ts';
import {
  type CertificateOrderField,
  certificateOrder,
  type DeviceOrderField,
  deviceOrder,
} from './row-orders.ts';
import { createSequence, orderTable, type RowOrder, type ValueRange } from './sequence.ts';
import type { Snapshot } from './snapshot.ts';

export function planCertificateFilter(filter: CertificateFilter, snapshot: Snapshot): CertificatePlan {
  return planConnective<CertificateTest, CertificateLeaf>(filter, (test) => {
    switch (test.kind) {
      case 'installations':
        return planQuantifier<CertificateLeaf>(test, snapshot);
      case 'number': {
        const field = CERTIFICATE_FIELDS[test.column];
        const values = toValues(test.test);
        const range = field === undefined ? undefined : toRange(values);
        return field === undefined || range === undefined
          ? leafPlan<CertificateLeaf>(`number ${test.column} ${keyOf(values)}`, { ...test, test: values })
          : planRange<CertificateOrderField, CertificateLeaf>(
              field,
              certificateOrder(snapshot, field),
              range,
              snapshot.certificates.length,
            );
      }
      case 'validity': {
        const values = distinct(test.values);
        const { ended, begun } = countValidity(test.at, snapshot);
        return leafPlan<CertificateLeaf>(`validity ${keyOf(values)} ${ended} ${begun}`, { ...test, values });
      }
      case 'subjectType':
        return planPlain<CertificateLeaf>({ ...test, values: distinct(test.values) });
      case 'keyUsages':
      case 'extendedKeyUsages':
        return planPlain<CertificateLeaf>({ ...test, test: toNormalList(test.test) });
      case 'text':
      case 'name':
        return planPlain<CertificateLeaf>({ ...test, test: toNormalText(test.test) });
      default:
        return planPlain<CertificateLeaf>(test);
    }
  });
}

export function planDeviceFilter(filter: DeviceFilter, snapshot: Snapshot): DevicePlan {
  return planConnective<DeviceTest, DeviceLeaf>(filter, (test) => {
    switch (test.kind) {
      case 'installations':
        return planQuantifier<DeviceLeaf>(test, snapshot);
      case 'number': {
        const field = DEVICE_FIELDS[test.column];
        const values = toValues(test.test);
        const range = toRange(values);
        return range === undefined
          ? planPlain<DeviceLeaf>({ ...test, test: values })
          : planRange<DeviceOrderField, DeviceLeaf>(
              field,
              deviceOrder(snapshot, field),
              range,
              snapshot.devices.length,
            );
      }
      default:
        return planPlain<DeviceLeaf>({ ...test, test: toNormalText(test.test) });
    }
  });
}

export function planInstallationFilter(filter: InstallationFilter, snapshot: Snapshot): InstallationPlan {
  return planConnective<InstallationTest, InstallationLeaf>(filter, (test) => {
    switch (test.kind) {
      case 'certificate':
        return planRelated('certificate', planCertificateFilter(test.filter, snapshot));
      case 'device': {
        const plan = planDeviceFilter(test.filter, snapshot);
        return leafPlan<InstallationLeaf>(`device(${plan.key})`, { kind: 'device', plan });
      }
      case 'text':
        return planPlain<InstallationLeaf>({ ...test, test: toNormalText(test.test) });
    }
  });
}

const CERTIFICATE_FIELDS: Readonly<Record<CertificateNumberColumn, CertificateOrderField | undefined>> = {
  notAfter: 'NOT_AFTER',
  notBefore: 'NOT_BEFORE',
  keySize: 'KEY_SIZE',
  deviceCount: 'DEVICE_COUNT',
  installationCount: 'INSTALLATION_COUNT',
  lifetimeDays: undefined,
};

const DEVICE_FIELDS = {
  certificateCount: 'CERTIFICATE_COUNT',
  installationCount: 'INSTALLATION_COUNT',
} as const;

function planConnective<Test extends { readonly kind: string }, Leaf>(
  filter: Connective<Test> | Test,
  planTest: (test: Test) => Plan<Leaf>,
): Plan<Leaf> {
  if (!isConnective(filter)) return planTest(filter);
  if (filter.kind === 'not') return complementPlan(planConnective(filter.filter, planTest));
  return connectPlans(
    filter.kind,
    filter.filters.map((part) => planConnective(part, planTest)),
  );
}

function isConnective<Test extends { readonly kind: string }>(
  filter: Connective<Test> | Test,
): filter is Connective<Test> {
  return filter.kind === 'all' || filter.kind === 'any' || filter.kind === 'not';
}

function planQuantifier<Leaf>(
  { quantifier, filter }: InstallationQuantifier,
  snapshot: Snapshot,
): Plan<Leaf | SomeInstallationLeaf> {
  const plan = confineToScope(planInstallationFilter(filter, snapshot), snapshot.visible?.installations);
  const some = leafPlan<Leaf | SomeInstallationLeaf>(`some(${plan.key})`, { kind: 'someInstallation', plan });
  return quantifier === 'some' ? some : complementPlan(some);
}

function planRange<Field extends string, Leaf>(
  field: Field,
  order: RowOrder,
  range: ValueRange,
  length: number,
): Plan<Leaf | RangeLeaf<Field>> {
  const { start, end } = createSequence(order, 'ASC', orderTable(length, order)).locateRange(range);
  return leafPlan<Leaf | RangeLeaf<Field>>(`range ${field} ${start} ${end}`, {
    kind: 'range',
    field,
    range,
    start,
    end,
  });
}

/** A test whose key is its content, written by us and so with its properties always in one order. */
function planPlain<Leaf>(leaf: Leaf): Plan<Leaf> {
  return leafPlan(keyOf(leaf), leaf);
}

function keyOf(value: unknown): string {
  return JSON.stringify(value);
}

/** How many certificates have ended before an instant, and how many have begun by then. */
function countValidity(at: number, snapshot: Snapshot): { readonly ended: number; readonly begun: number } {
  const countIn = (field: CertificateOrderField, range: ValueRange): number => {
    const order = certificateOrder(snapshot, field);
    return createSequence(order, 'ASC', orderTable(snapshot.certificates.length, order)).locateRange(range)
      .end;
  };
  return {
    ended: countIn('NOT_AFTER', { minimum: Number.NEGATIVE_INFINITY, maximum: -nextUp(-at) }),
    begun: countIn('NOT_BEFORE', { minimum: Number.NEGATIVE_INFINITY, maximum: at }),
  };
}

/** The same test with its values sorted and distinct. */
function toValues(test: NumberTest): NumberTest {
  return test.kind === 'in' ? { kind: 'in', values: [...new Set(test.values)].sort((a, b) => a - b) } : test;
}

/** The range that a test is, exactly; `undefined` when it is none. */
function toRange(test: NumberTest): ValueRange | undefined {
  switch (test.kind) {
    case 'in':
      return test.values.length === 1 ? { minimum: test.values[0]!, maximum: test.values[0]! } : undefined;
    case 'range': {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = test;
      return { minimum, maximum };
    }
    case 'greaterThan':
      return { minimum: nextUp(test.value), maximum: Number.POSITIVE_INFINITY };
    case 'lessThan':
      return { minimum: Number.NEGATIVE_INFINITY, maximum: -nextUp(-test.value) };
    case 'isNull':
      return undefined;
  }
}

/** The smallest number above one that is finite. */
function nextUp(value: number): number {
  const bits = new BigInt64Array(1);
  const numbers = new Float64Array(bits.buffer);
  numbers[0] = value + 0;
  bits[0]! += numbers[0]! < 0 ? -1n : 1n;
  return numbers[0]!;
}

/** Values distinct and sorted, lone surrogates replaced as their bytes would be. */
function toNormalText(test: TextTest): TextTest {
  if (test.kind === 'isNull') return { kind: 'isNull' };
  return test.kind === 'in'
    ? { kind: 'in', values: distinct(test.values.map((value) => value.toWellFormed())) }
    : { kind: test.kind, value: test.value.toWellFormed() };
}

function toNormalList(test: ListTest): ListTest {
  return test.kind === 'hasAny' || test.kind === 'hasAll'
    ? { kind: test.kind, values: distinct(test.values) }
    : { kind: test.kind };
}

function distinct<Value extends string>(values: readonly Value[]): Value[] {
  return [...new Set(values)].sort();
}
