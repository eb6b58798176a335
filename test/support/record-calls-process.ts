/**
 * A process of its own that records as many calls in a folder as it is granted out of fifty, and prints that number.
 *
 *   node record-calls-process.ts <folder>
 */

import { systemClock } from '../../src/core/clock.ts';
import { createDiskCallRecords } from '../../src/storage/disk-call-records.ts';

const records = createDiskCallRecords({ folder: process.argv[2]!, clock: systemClock });
let granted = 0;
for (let call = 0; call < 50; call += 1) {
  const known = { agesMs: [], throttledForMs: 0 };
  const answer = await records.record('PAGED', known, { perMinute: 30, perHour: 1_000 });
  if (answer.granted) granted += 1;
}
process.stdout.write(String(granted));
