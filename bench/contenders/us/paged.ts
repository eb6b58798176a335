/** The gateway as a contender of the paged benchmark: the same records from export files or from pages. */

import { serveContender } from '../../support/processes.ts';
import { type IngestResult, type IngestTask, startStopwatch } from '../ingest-task.ts';
import { ingestFiles } from './ingest-files.ts';
import { ingestPages } from './ingest-pages.ts';
import { summarize } from './summarize.ts';

export interface PagedTask extends IngestTask {
  readonly kind: 'export' | 'pages';
}

export interface PagedResult extends IngestResult {
  /** Digest of each segment: the same records give the same bytes, whatever they came through. */
  readonly digests: readonly string[];
}

serveContender<PagedTask, PagedResult>(async ({ kind, paths, threads }) => {
  const read = startStopwatch();
  const { encoded, snapshot, phasesMs } = await (kind === 'export'
    ? ingestFiles(paths, threads)
    : ingestPages(paths));
  const compared = read();
  return {
    durationMs: compared.durationMs,
    compared,
    phasesMs,
    summary: summarize(snapshot),
    digests: encoded.manifest.segments.map(({ name, sha256 }) => `${name} ${sha256}`),
  };
});
