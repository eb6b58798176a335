/** The gateway as a contender of the ingest benchmark: export files to a snapshot that can be queried. */

import { serveContender } from '../../support/processes.ts';
import { type IngestResult, type IngestTask, startStopwatch } from '../ingest-task.ts';
import { ingestFiles } from './ingest-files.ts';
import { summarize } from './summarize.ts';

serveContender<IngestTask, IngestResult>(async ({ paths, threads }) => {
  const read = startStopwatch();
  const { snapshot, phasesMs } = await ingestFiles(paths, threads);
  const compared = read();
  return { durationMs: compared.durationMs, compared, phasesMs, summary: summarize(snapshot) };
});
