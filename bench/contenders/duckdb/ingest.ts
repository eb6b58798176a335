/**
 * DuckDB as a contender of the ingest benchmark. The phase `readJson` alone is the peer's figure; the normalised
 * tables, which queries as ours need, come on top.
 */

import { serveContender } from '../../support/processes.ts';
import { type IngestResult, type IngestSummary, type IngestTask, startStopwatch } from '../ingest-task.ts';
import { SUMMARY_SQL } from '../relational-schema.ts';
import { type ColumnKnowledge, normalize, openDuckDb, readJson } from './tables.ts';

export interface DuckDbIngestTask extends IngestTask {
  readonly columns: ColumnKnowledge;
}

serveContender<DuckDbIngestTask, IngestResult>(async ({ paths, threads, columns }) => {
  const database = await openDuckDb(threads);
  const read = startStopwatch();
  await readJson(database, paths, columns);
  const compared = read();
  await normalize(database);
  const { durationMs } = read();
  const [row] = (await database.runAndReadAll(SUMMARY_SQL)).getRowObjectsJson();
  const summary = Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value)]));
  return {
    durationMs,
    compared,
    phasesMs: { readJson: compared.durationMs, normalize: durationMs - compared.durationMs },
    summary: summary as unknown as IngestSummary,
  };
});
