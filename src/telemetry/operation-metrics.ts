/** Counts and times GraphQL operations, on whatever registry the thread has that answers them. */

import { Counter, Histogram, type Registry } from 'prom-client';
import { createBoundedLabel, toSeconds } from './labels.ts';
import { METRIC_PREFIX } from './metric-prefix.ts';

/** An operation that was answered. */
export interface AnsweredOperation {
  /** The caller's own text. */
  readonly operationName: string | null;
  /** How it went, one of a few words. */
  readonly outcome: string;
  readonly durationMs: number;
}

const MAXIMUM_OPERATIONS = 200;
const MAXIMUM_OUTCOMES = 50;

/** Half a millisecond (a page from memory) to ten seconds (the deadline of a request). */
const OPERATION_BUCKETS_SECONDS = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10,
];

/** Registers the metrics of operations; the function returned records one, and never throws. */
export function createOperationMetrics(registry: Registry): (operation: AnsweredOperation) => void {
  const registers = [registry];
  const operations = new Counter({
    name: `${METRIC_PREFIX}graphql_operations_total`,
    help: 'GraphQL operations that were answered.',
    labelNames: ['operation', 'outcome'],
    registers,
  });
  const durations = new Histogram({
    name: `${METRIC_PREFIX}graphql_operation_duration_seconds`,
    help: 'Time to answer a GraphQL operation.',
    labelNames: ['operation'],
    buckets: OPERATION_BUCKETS_SECONDS,
    registers,
  });
  const toOperation = createBoundedLabel(MAXIMUM_OPERATIONS);
  const toOutcome = createBoundedLabel(MAXIMUM_OUTCOMES);
  return ({ operationName, outcome, durationMs }) => {
    const operation = operationName ? toOperation(operationName) : 'anonymous';
    operations.inc({ operation, outcome: toOutcome(outcome) });
    durations.observe({ operation }, toSeconds(durationMs));
  };
}
