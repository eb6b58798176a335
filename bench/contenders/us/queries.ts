/** The gateway's query engine as a contender of the queries benchmark: no GraphQL, no HTTP, a snapshot in memory. */

import type { EncodedSnapshot } from '../../../src/snapshot/format.ts';
import { Snapshot } from '../../../src/snapshot/snapshot.ts';
import { serveContender } from '../../support/processes.ts';
import { askQuestions, type Contender } from '../ask-questions.ts';
import type { QueryResult, QueryTask } from '../query-task.ts';
import { ingestFiles } from './ingest-files.ts';
import { selectPage, toIdentity, toPosition } from './select-page.ts';

serveContender<QueryTask, QueryResult>((task) =>
  askQuestions(task, async () => createContender((await ingestFiles(task.paths, task.threads)).encoded)),
);

function createContender(encoded: EncodedSnapshot): Contender<readonly number[]> {
  const snapshot = Snapshot.open(encoded);
  return {
    findMiddle: () => {
      throw new Error('The engine is compared with a reference; it is none.');
    },
    prepare: (question, identity) => {
      const after = identity === null ? null : toPosition(snapshot, question, identity);
      return {
        page: () => selectPage(snapshot, question, after).rows,
        pageAndTotal: () => {
          const page = selectPage(snapshot, question, after);
          return { rows: page.rows, total: page.countMatches() };
        },
        identify: (rows) => rows.map((row) => toIdentity(snapshot, question, row)),
      };
    },
    reopen: () => createContender(encoded),
  };
}
