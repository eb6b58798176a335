/** Faults of the export endpoint, one by one. */

import { test } from 'node:test';
import { nameOf, tryFault } from '../support/fault-case.ts';
import { API_CASES } from '../support/fault-cases/api.ts';

for (const fault of API_CASES) {
  test(`${fault.family}: ${nameOf(fault)}`, async () => {
    await tryFault(fault);
  });
}
