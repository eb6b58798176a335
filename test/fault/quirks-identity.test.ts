/** Faults of the managed identity endpoint, in a file of its own: MSAL keeps such identities once for a process. */

import { test } from 'node:test';
import { SPECIAL_CASES } from '../support/fault-cases/special.ts';

for (const { family, name, isAlone = false, tryIt } of SPECIAL_CASES) {
  if (isAlone) test(`${family}: ${name}`, tryIt);
}
