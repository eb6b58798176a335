/**
 * What becomes of a request before and after its operation is executed: whether it needs to be. It does not when the client
 * says that it has the answer (304), when the answer is kept, or when somebody has just asked for the same: then the request
 * waits for that answer, for as long as it has time.
 *
 * It guarantees that whoever is given an answer would be given the same bytes by an execution at this second, over the
 * snapshot that is served; that its cost is taken from the caller's rate before; and that who is refused that, or waits
 * in vain, goes on to an execution of its own, which says so in the words of any other. What is executed nowhere is told
 * to the observers of operations like everything else.
 */

import type { Clock } from '../../core/clock.ts';
import type { OperationReport } from '../../graphql/operation-report.ts';
import { toEpochSeconds } from '../../graphql/request-facts.ts';
import { createBoundedWait } from '../bounded-wait.ts';
import { type AnswerSource, holdsAt } from './answer-source.ts';
import { findUnchanged } from './answer-tag.ts';
import { type AskedOperation, findAskedOperation } from './asked-operation.ts';
import { createKeptAnswers } from './kept-answers.ts';
import { createRecent } from './recent.ts';
import {
  type Answer,
  type AnsweredOperation,
  copyBody,
  type ReadyAnswer,
  type Representation,
  represent,
  tagFor,
  toEntityTag,
  toUnchanged,
} from './representation.ts';
import type {
  AnswerOrigin,
  AnswerReuse,
  ExecutedAnswer,
  Reuse,
  ReuseOptions,
  ReusingRequest,
} from './reuse.ts';
import { createSharedExecutions, type SharedExecution } from './shared-executions.ts';

/**
 * Operations whose answers can be kept, and are when they are asked for again: a walk over the whole inventory, of which nothing
 * is asked twice, pushes out nothing. Half a kilobyte each. They outlive the snapshot: what was asked of the one before is kept at once.
 */
const REMEMBERED_OPERATIONS = 8_192;
/** Longer ones are not remembered. */
const MAXIMUM_NAME_LENGTH = 128;
/** Operations that nobody can share the answer of, for which nobody should wait. */
const REMEMBERED_UNSHARED = 1_024;
/** Why an execution failed for one and may not for another. */
const OWN_FAILURES: ReadonlySet<string> = new Set([
  'RATE_LIMITED',
  'DEADLINE_EXCEEDED',
  'INTERNAL_SERVER_ERROR',
]);

export function createAnswerReuse(
  options: ReuseOptions & {
    readonly clock: Clock;
    readonly monotonicNowMs: () => number;
    /** How long a request may take from its arrival, in milliseconds; 0 = as long as it takes. */
    readonly deadlineMs: number;
  },
): AnswerReuse {
  const { limitBytes, edition, findSnapshotId, onOperation, onOrigin, clock, monotonicNowMs } = options;
  const operations = createRecent<AnsweredOperation>(REMEMBERED_OPERATIONS);
  const kept = createKeptAnswers<ReadyAnswer>(limitBytes, remember);
  const executions = createSharedExecutions<ReadyAnswer>();
  const unshared = createRecent<true>(REMEMBERED_UNSHARED);
  const wait = createBoundedWait(options);
  const readSeconds = () => toEpochSeconds(clock.now());

  async function find(request: ReusingRequest): Promise<Reuse> {
    const snapshotId = findSnapshotId();
    const asked = snapshotId === null ? undefined : findAskedOperation(request);
    if (snapshotId === null || asked === undefined) return execute(request, undefined);
    const startedMs = monotonicNowMs();
    const source: AnswerSource = { edition, snapshotId, key: asked.key };
    const told = (operation: AnsweredOperation): void => {
      const report: OperationReport = {
        ...operation,
        outcome: 'success',
        errorCodes: [],
        durationMs: monotonicNowMs() - startedMs,
        requestId: request.requestId,
      };
      onOperation(report);
      request.onOperation(report);
    };
    const unchanged = await findUnchangedAnswer(request, asked, source, told);
    return unchanged ?? (await findOther(request, source, told));
  }

  /**
   * Takes the cost of an answer that is there.
   *
   * @returns what to do when it is refused: the pipeline says so. Asked for again there, it would be counted as refused twice.
   */
  async function charge(request: ReusingRequest, cost: number): Promise<Reuse | undefined> {
    try {
      await request.takeCost(cost);
      return undefined;
    } catch (error) {
      return execute({ ...request, takeCost: () => Promise.reject(error) }, undefined);
    }
  }

  /** 304 for who has the answer. */
  async function findUnchangedAnswer(
    request: ReusingRequest,
    asked: AskedOperation,
    source: AnswerSource,
    told: (operation: AnsweredOperation) => void,
  ): Promise<Reuse | undefined> {
    const { method, headers } = request;
    const ifNoneMatch = headers['if-none-match'];
    if (method !== 'GET' || ifNoneMatch === undefined) return undefined;
    const nowSeconds = readSeconds();
    const tagged = findUnchanged(ifNoneMatch, source, nowSeconds);
    if (tagged === undefined) return undefined;
    const kind =
      kept.find(source.snapshotId, source.key, nowSeconds)?.operation ?? operations.get(source.key);
    const refused = await charge(request, tagged.cost);
    if (refused !== undefined) return refused;
    onOrigin('unchanged');
    const { operationName: name, documentHash } = asked;
    told({ ...(kind ?? { name, type: 'query', hash: documentHash }), cost: tagged.cost, rows: 0 });
    return send(toUnchanged(toEntityTag(request, source, tagged)));
  }

  async function findOther(
    request: ReusingRequest,
    source: AnswerSource,
    told: (operation: AnsweredOperation) => void,
  ): Promise<Reuse> {
    const { snapshotId, key } = source;
    if (limitBytes === 0) return execute(request, source);
    for (;;) {
      const found = kept.find(snapshotId, key, readSeconds());
      if (found !== undefined) return await give(request, found, 'kept', told);
      const flight = `${snapshotId} ${key}`;
      const underWay = unshared.get(key) ? undefined : executions.find(flight);
      if (underWay === undefined) return execute(request, source, executions.begin(flight));
      const answer = await waitFor(request, underWay);
      if (answer === 'alone') return execute(request, source);
      if (answer !== 'again' && holdsAt(answer.span, readSeconds())) {
        return await give(request, answer, 'shared', told);
      }
    }
  }

  async function give(
    request: ReusingRequest,
    answer: ReadyAnswer,
    origin: AnswerOrigin,
    told: (operation: AnsweredOperation) => void,
  ): Promise<Reuse> {
    const refused = await charge(request, answer.operation.cost ?? 0);
    if (refused !== undefined) return refused;
    const representation = await represent(request, answer, (bytes) => kept.grow(answer, bytes));
    onOrigin(origin);
    told(answer.operation);
    return send(representation);
  }

  /** Until the other is answered, or this one has no time left, or nobody waits for it any more. */
  function waitFor(
    request: ReusingRequest,
    underWay: SharedExecution<ReadyAnswer>,
  ): Promise<ReadyAnswer | 'again' | 'alone'> {
    return new Promise((resolve) => {
      wait(
        request,
        (begin) =>
          underWay.wait((end) => {
            resolve(end.kind === 'answer' ? end.answer : end.kind);
            begin();
          }),
        // An execution of its own finds the same, and says it.
        () => resolve('alone'),
      );
    });
  }

  function execute(
    request: ReusingRequest,
    source: AnswerSource | undefined,
    execution?: SharedExecution<ReadyAnswer>,
  ): Reuse {
    let isOver = false;
    return {
      kind: 'execute',
      takeCost: request.takeCost,
      end: (executed) => {
        if (isOver) return undefined;
        isOver = true;
        if (source === undefined) return undefined;
        onOrigin('executed');
        const answer = toAnswer(executed, source);
        if (answer === undefined) {
          const isOwn = executed?.operation?.errorCodes.some((code) => OWN_FAILURES.has(code)) ?? true;
          if (!isOwn) unshared.set(source.key, true);
          execution?.end({ kind: isOwn ? 'again' : 'alone' });
          return undefined;
        }
        const isAskedAgain = operations.get(source.key) !== undefined;
        remember(answer);
        if (limitBytes > 0 && (isAskedAgain || execution?.isAwaited)) {
          const ready: ReadyAnswer = { ...answer, body: copyBody(executed!.parts), coded: new Map() };
          kept.keep(ready);
          execution?.end({ kind: 'answer', answer: ready });
        } else execution?.end({ kind: 'again' });
        return tagFor(request, answer, executed!.bytes);
      },
    };
  }

  function remember({ source, operation }: Answer): void {
    if ((operation.name ?? '').length <= MAXIMUM_NAME_LENGTH) operations.set(source.key, operation);
  }

  /** `undefined` for an answer that is nobody else's, and not even the same asker's a second later. */
  function toAnswer(executed: ExecutedAnswer | undefined, source: AnswerSource): Answer | undefined {
    if (executed === undefined) return undefined;
    const { status, contentType, operation, snapshotId, span } = executed;
    if (status !== 200 || contentType === undefined || snapshotId === null) return undefined;
    if (operation?.outcome !== 'success' || operation.type !== 'query') return undefined;
    if (!holdsAt(span, readSeconds())) return undefined;
    const { type, hash, cost, rows } = operation;
    // A name as the parser cuts it out of its document would hold on to that.
    const name = operation.name === null ? null : Buffer.from(operation.name).toString();
    return {
      source: { ...source, snapshotId },
      span,
      operation: { name, type, hash, cost, rows },
      contentType,
    };
  }

  return { find, forget: kept.forget, sizeBytes: () => kept.bytes };
}

function send(representation: Representation): Reuse {
  return { kind: 'send', representation };
}
