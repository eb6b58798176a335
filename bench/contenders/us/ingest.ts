/** The gateway as a contender of the ingest benchmark: export files to a snapshot that can be queried. */

import type { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { serveContender } from '../../support/processes.ts';
import { type IngestResult, type IngestSummary, type IngestTask, startStopwatch } from '../ingest-task.ts';
import { ingestFiles } from './ingest-files.ts';

serveContender<IngestTask, IngestResult>(async ({ paths, threads }) => {
  const read = startStopwatch();
  const { snapshot, phasesMs } = await ingestFiles(paths, threads);
  const compared = read();
  return { durationMs: compared.durationMs, compared, phasesMs, summary: summarize(snapshot) };
});

function summarize({ certificates, devices, installations }: Snapshot): IngestSummary {
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
