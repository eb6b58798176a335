/**
 * An execution thread: dear operations over the snapshot that its serving thread hands it. It listens to nobody else, and
 * decides nothing: who may ask for what, and when, has been settled before.
 */

import { readFile } from 'node:fs/promises';
import { parentPort, workerData } from 'node:worker_threads';
import type { ExecutionWorkerData } from './compose-execution.ts';
import { invariant } from './core/errors.ts';
import type { DearOperation, ExecutedOperation } from './graphql/dear-operations.ts';
import { createOperationExecutor } from './graphql/operation-executor.ts';
import { followJobs } from './serving/execution-thread.ts';
import { Snapshot } from './snapshot/snapshot.ts';
import { createLogger } from './telemetry/logger.ts';
import { yieldToServing } from './thread-priority.ts';

const SCHEMA_FILE = new URL('../schema.graphql', import.meta.url);

invariant(parentPort !== null, 'An execution worker must run in a worker thread.');
const { config, name } = workerData as ExecutionWorkerData;
yieldToServing();
const executor = await createOperationExecutor({
  typeDefs: await readFile(SCHEMA_FILE, 'utf8'),
  log: createLogger({ level: config.log.level, thread: name }),
  limits: config.limits,
  requestDeadlineMs: config.limits.requestDeadlineMs,
  snapshotExpiresAfterMs: config.refresh.snapshotExpiresAfterMs,
});

followJobs<DearOperation, Snapshot, ExecutedOperation>(
  parentPort,
  Snapshot.open,
  executor.execute,
  ({ data }) => (data === null ? [] : [data.buffer as ArrayBuffer]),
);
