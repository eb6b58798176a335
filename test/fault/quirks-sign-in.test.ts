/** Faults of Entra ID, one by one. */

import { test } from 'node:test';
import { nameOf, tryFault } from '../support/fault-case.ts';
import { SIGN_IN_CASES } from '../support/fault-cases/sign-in.ts';

for (const fault of SIGN_IN_CASES) {
  test(`${fault.family}: ${nameOf(fault)}`, async () => {
    await tryFault(fault);
  });
}
