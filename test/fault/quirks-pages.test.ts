/** Faults of the paged endpoint, one by one. */

import { test } from 'node:test';
import { nameOf, tryFault } from '../support/fault-case.ts';
import { PAGE_CASES } from '../support/fault-cases/pages.ts';

for (const fault of PAGE_CASES) {
  test(`${fault.family}: ${nameOf(fault)}`, async () => {
    await tryFault(fault);
  });
}
