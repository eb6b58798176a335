/** Faults that need more than a table. */

import { test } from 'node:test';
import { SPECIAL_CASES } from '../support/fault-cases/special.ts';

for (const { family, name, isAlone = false, tryIt } of SPECIAL_CASES) {
  if (!isAlone) test(`${family}: ${name}`, tryIt);
}
