/** What a snapshot has to say for itself in the ingest benchmarks. */

import type { Snapshot } from '../../../src/snapshot/snapshot.ts';
import type { IngestSummary } from '../ingest-task.ts';

/** O(rows). */
export function summarize({ certificates, devices, installations }: Snapshot): IngestSummary {
  let sumOfKeySizes = 0;
  for (let row = 0; row < installations.length; row += 1) {
    sumOfKeySizes += certificates.keySize(installations.certificateRow(row)) ?? 0;
  }
  let sumOfNotAfter = 0;
  for (let row = 0; row < certificates.length; row += 1) sumOfNotAfter += certificates.notAfter(row) ?? 0;
  return {
    installations: installations.length,
    certificates: certificates.length,
    devices: devices.length,
    sumOfKeySizes,
    sumOfNotAfter,
  };
}
