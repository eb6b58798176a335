/**
 * Filters as the query engine takes them: a tree of two-valued tests on columns.
 *
 * Every leaf is false on a missing value, but for `isNull` tests and what `not` makes of a leaf. Operands
 * are already in normal form: text folded with {@link foldText}, serial numbers comparable, instants in
 * epoch seconds, the clock resolved. Whoever builds the tree has checked its depth and list lengths.
 */

import type { NameAttribute } from '../core/distinguished-name.ts';
import type { SubjectType } from './record.ts';

/** The case folding of every text comparison. */
export function foldText(text: string): string {
  return text.toLowerCase();
}

/** A test on text; operands are folded. */
export type TextTest =
  | { readonly kind: 'in'; readonly values: readonly string[] }
  | { readonly kind: 'startsWith'; readonly value: string }
  | { readonly kind: 'contains' | 'endsWith'; readonly value: string }
  | { readonly kind: 'isNull' };

/** A test on a number, or on an instant in epoch seconds. Bounds are inclusive; an absent bound is open. */
export type NumberTest =
  | { readonly kind: 'in'; readonly values: readonly number[] }
  | { readonly kind: 'range'; readonly minimum?: number; readonly maximum?: number }
  | { readonly kind: 'greaterThan' | 'lessThan'; readonly value: number }
  | { readonly kind: 'isNull' };

/** A test on a list of usages. Each operand is one usage, as the set of texts (folded) that mean it. */
export type ListTest =
  | { readonly kind: 'hasAny' | 'hasAll'; readonly values: readonly string[] }
  | { readonly kind: 'isEmpty' }
  | { readonly kind: 'isNull' };

export type Validity = 'NOT_YET_VALID' | 'CURRENT' | 'EXPIRED' | 'UNKNOWN';

/** The logical connectives, the same for every table. `all: []` is true, `any: []` is false. */
export type Connective<Leaf> =
  | { readonly kind: 'all'; readonly filters: readonly (Connective<Leaf> | Leaf)[] }
  | { readonly kind: 'any'; readonly filters: readonly (Connective<Leaf> | Leaf)[] }
  | { readonly kind: 'not'; readonly filter: Connective<Leaf> | Leaf };

export type CertificateTextColumn = 'thumbprint' | 'serialNumber' | 'signatureAlgorithm';
export type CertificateNumberColumn =
  | 'keySize'
  | 'lifetimeDays'
  | 'deviceCount'
  | 'installationCount'
  | 'notBefore'
  | 'notAfter';

export type CertificateTest =
  | { readonly kind: 'text'; readonly column: CertificateTextColumn; readonly test: TextTest }
  | { readonly kind: 'number'; readonly column: CertificateNumberColumn; readonly test: NumberTest }
  | {
      readonly kind: 'name';
      readonly role: 'subject' | 'issuer';
      /** `null` tests the name itself, and then only `isNull` makes sense. */
      readonly attribute: NameAttribute | 'text' | 'displayName' | null;
      readonly test: TextTest;
    }
  | { readonly kind: 'subjectType'; readonly values: readonly SubjectType[] }
  | { readonly kind: 'subjectTypeIsNull' }
  | { readonly kind: 'isSelfSigned'; readonly value: boolean | null }
  | { readonly kind: 'validity'; readonly values: readonly Validity[]; readonly at: number }
  | { readonly kind: 'keyUsages' | 'extendedKeyUsages'; readonly test: ListTest }
  | InstallationQuantifier;

export type DeviceTest =
  | { readonly kind: 'text'; readonly column: 'deviceId' | 'name'; readonly test: TextTest }
  | {
      readonly kind: 'rbacGroup';
      /** `null` tests the group itself, and then only `isNull` makes sense. */
      readonly column: 'rbacGroupId' | 'name' | null;
      readonly test: TextTest;
    }
  | {
      readonly kind: 'number';
      readonly column: 'certificateCount' | 'installationCount';
      readonly test: NumberTest;
    }
  | InstallationQuantifier;

export type InstallationTest =
  | {
      readonly kind: 'text';
      readonly column: 'path' | 'storeName' | 'storeLocation';
      readonly test: TextTest;
    }
  | { readonly kind: 'certificate'; readonly filter: CertificateFilter }
  | { readonly kind: 'device'; readonly filter: DeviceFilter };

/** `some`: at least one installation of the row matches; `none`: not one does. */
export interface InstallationQuantifier {
  readonly kind: 'installations';
  readonly quantifier: 'some' | 'none';
  readonly filter: InstallationFilter;
}

export type CertificateFilter = Connective<CertificateTest> | CertificateTest;
export type DeviceFilter = Connective<DeviceTest> | DeviceTest;
export type InstallationFilter = Connective<InstallationTest> | InstallationTest;
