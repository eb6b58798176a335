/** Faults of export files and of their listing, one by one. */

import { test } from 'node:test';
import { nameOf, tryFault } from '../support/fault-case.ts';
import { FILE_CASES } from '../support/fault-cases/files.ts';
import { LISTING_CASES } from '../support/fault-cases/listings.ts';

for (const fault of [...FILE_CASES, ...LISTING_CASES]) {
  test(`${fault.family}: ${nameOf(fault)}`, async () => {
    await tryFault(fault);
  });
}
