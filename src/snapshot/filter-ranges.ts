/**
 * Which sort values a filter confines its rows to: what lets a page of "expires in the next 30 days, by expiry"
 * begin with a binary search instead of a walk over everything that has expired already.
 *
 * A range may be too wide, never too narrow: the filter itself is still asked of every row in it.
 */

import type {
  CertificateFilter,
  CertificateNumberColumn,
  Connective,
  DeviceFilter,
  InstallationFilter,
  NumberTest,
} from './filter.ts';
import type { CertificateOrderField, DeviceOrderField, InstallationOrderField } from './row-orders.ts';
import type { ValueRange } from './sequence.ts';

const CERTIFICATE_COLUMNS: Readonly<Partial<Record<CertificateOrderField, CertificateNumberColumn>>> = {
  NOT_AFTER: 'notAfter',
  NOT_BEFORE: 'notBefore',
  KEY_SIZE: 'keySize',
  DEVICE_COUNT: 'deviceCount',
  INSTALLATION_COUNT: 'installationCount',
};

const DEVICE_COLUMNS: Readonly<Partial<Record<DeviceOrderField, 'certificateCount' | 'installationCount'>>> =
  {
    CERTIFICATE_COUNT: 'certificateCount',
    INSTALLATION_COUNT: 'installationCount',
  };

/** The range of the sort values of a field; `undefined` when the filter does not confine them. */
export function findCertificateRange(
  filter: CertificateFilter,
  field: CertificateOrderField,
): ValueRange | undefined {
  const column = CERTIFICATE_COLUMNS[field];
  if (column === undefined) return undefined;
  return findRange(filter, (test) =>
    test.kind === 'number' && test.column === column ? toRange(test.test) : undefined,
  );
}

/** The range of the sort values of a field; `undefined` when the filter does not confine them. */
export function findDeviceRange(filter: DeviceFilter, field: DeviceOrderField): ValueRange | undefined {
  const column = DEVICE_COLUMNS[field];
  if (column === undefined) return undefined;
  return findRange(filter, (test) =>
    test.kind === 'number' && test.column === column ? toRange(test.test) : undefined,
  );
}

/** The range of the sort values of a field; `undefined` when the filter does not confine them. */
export function findInstallationRange(
  filter: InstallationFilter,
  field: InstallationOrderField,
): ValueRange | undefined {
  if (field !== 'NOT_AFTER') return undefined;
  return findRange(filter, (test) =>
    test.kind === 'certificate' ? findCertificateRange(test.filter, 'NOT_AFTER') : undefined,
  );
}

/** What all parts of a conjunction allow; other connectives confine nothing. */
function findRange<Leaf extends { readonly kind: string }>(
  filter: Connective<Leaf> | Leaf,
  ofLeaf: (leaf: Leaf) => ValueRange | undefined,
): ValueRange | undefined {
  if (filter.kind === 'any' || filter.kind === 'not') return undefined;
  if (filter.kind !== 'all') return ofLeaf(filter as Leaf);
  let range: ValueRange | undefined;
  for (const part of (filter as Extract<Connective<Leaf>, { kind: 'all' }>).filters) {
    const own = findRange(part, ofLeaf);
    if (own === undefined) continue;
    range = {
      minimum: Math.max(range?.minimum ?? own.minimum, own.minimum),
      maximum: Math.min(range?.maximum ?? own.maximum, own.maximum),
    };
  }
  return range;
}

function toRange(test: NumberTest): ValueRange | undefined {
  switch (test.kind) {
    case 'in':
      return { minimum: Math.min(...test.values), maximum: Math.max(...test.values) };
    case 'range': {
      const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = test;
      return { minimum, maximum };
    }
    case 'greaterThan':
      return { minimum: test.value, maximum: Number.POSITIVE_INFINITY };
    case 'lessThan':
      return { minimum: Number.NEGATIVE_INFINITY, maximum: test.value };
    case 'isNull':
      return undefined;
  }
}
