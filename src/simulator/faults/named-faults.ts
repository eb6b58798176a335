/** All faults that have a name, for tests and for people: `npm run simulator -- --fault <name>`. */

import { API_FAULTS } from './api-faults.ts';
import { FILE_FAULTS } from './file-faults.ts';
import { LISTING_FAULTS } from './listing-faults.ts';
import type { FaultTarget, NamedFault } from './named-fault.ts';
import { PAGE_FAULTS } from './page-faults.ts';
import { SIGN_IN_FAULTS } from './sign-in-faults.ts';

export const NAMED_FAULTS = Object.freeze({
  ...PAGE_FAULTS,
  ...API_FAULTS,
  ...SIGN_IN_FAULTS,
  ...FILE_FAULTS,
  ...LISTING_FAULTS,
});

export type FaultName = keyof typeof NAMED_FAULTS;

/** The fault of a name, or `undefined`. */
export function findNamedFault(name: string): NamedFault | undefined {
  return Object.hasOwn(NAMED_FAULTS, name) ? NAMED_FAULTS[name as FaultName] : undefined;
}

/**
 * Makes a tenant have a fault.
 *
 * @param times calls that it hits; default all to come
 */
export function orderFault(target: FaultTarget, name: FaultName, times = Number.POSITIVE_INFINITY): void {
  NAMED_FAULTS[name].arrange(target, times);
}
