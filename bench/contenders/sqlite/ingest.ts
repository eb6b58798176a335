/** SQLite as a contender of the ingest benchmark. One thread writes, since SQLite has one writer; zlib has others. */

import { serveContender } from '../../support/processes.ts';
import { type IngestResult, type IngestSummary, type IngestTask, startStopwatch } from '../ingest-task.ts';
import { SUMMARY_SQL } from '../relational-schema.ts';
import { loadTables } from './tables.ts';

serveContender<IngestTask, IngestResult>(async ({ paths }) => {
  const read = startStopwatch();
  const { database, phasesMs } = await loadTables(paths);
  const compared = read();
  const summary = database.prepare(SUMMARY_SQL).get() as unknown as IngestSummary;
  return { durationMs: compared.durationMs, compared, phasesMs, summary };
});
