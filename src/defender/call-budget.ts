/**
 * The port through which every call to Defender passes before it is made, and the budget behind it: a call needs the
 * leave of the ledger in this process and of the records in the store, and is recorded there before it is granted.
 *
 * A call that is granted and then not made stays counted: the safe side. When the records fail, a gateway that has
 * nothing to serve must still come by its inventory, but no crash loop may burn the quota: calls that are not recorded
 * are an hour's share apart, from the start of the process on, so that even one restart after the other makes no
 * more of them than an hour allows.
 */

import type { Clock } from '../core/clock.ts';
import { findGatewayError, GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { HOUR_MS } from '../core/units.ts';
import { type ApiEndpoint, type CallLedger, type CallLimits, DEFENDER_CALL_LIMITS } from './call-ledger.ts';
import type { CallRecords } from './call-records.ts';

export interface CallBudget {
  /** Counts one call that is about to be made. Throws `UPSTREAM_BUDGET_SPENT` with `retryAtMs` instead of waiting. */
  acquire(endpoint: ApiEndpoint, signal: AbortSignal): Promise<void>;
  /** Defender answered 429: no call before `retryAtMs`, whatever the count says. */
  noteThrottled(endpoint: ApiEndpoint, retryAtMs: number): Promise<void>;
}

export interface RecordedBudget extends CallBudget {
  /** Brings ledger and records into step: after that, the ledger knows of the calls of others. Never rejects. */
  synchronize(): Promise<void>;
}

export interface RecordedBudgetOptions {
  readonly ledger: CallLedger;
  readonly records: CallRecords;
  /** Those of the ledger. Default: the published ones. */
  readonly limits?: Readonly<Record<ApiEndpoint, CallLimits>>;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told of every call and every 429 that could not be recorded. */
  readonly onStoreFailure: (failure: GatewayError) => void;
}

/** A budget whose process starts now. */
export function createRecordedBudget(options: RecordedBudgetOptions): RecordedBudget {
  const { ledger, records, limits = DEFENDER_CALL_LIMITS, clock, log, onStoreFailure } = options;
  const unrecordedAtMs: Record<ApiEndpoint, number> = { EXPORT: clock.now(), PAGED: clock.now() };
  const turns: Record<ApiEndpoint, Promise<unknown>> = {
    EXPORT: Promise.resolve(),
    PAGED: Promise.resolve(),
  };
  let isRecording = true;

  /** One after the other: between leave and count no other call of the endpoint comes in. */
  function inTurn(endpoint: ApiEndpoint, work: () => Promise<void>): Promise<void> {
    const turn = turns[endpoint].then(work);
    turns[endpoint] = turn.catch(() => undefined);
    return turn;
  }

  async function acquire(endpoint: ApiEndpoint): Promise<void> {
    if (ledger.findBlock(endpoint) !== undefined) {
      // Others may be the reason for a longer wait, and records made before a clock was set back are corrected.
      await follow(endpoint);
      throw toRefusal(endpoint);
    }
    const answer = await reach(() => records.record(endpoint, ledger.known(endpoint), limits[endpoint]));
    if (answer instanceof GatewayError) {
      onStoreFailure(answer);
      spaceUnrecorded(endpoint, answer);
      ledger.count(endpoint);
      return;
    }
    if (answer.granted) ledger.count(endpoint);
    ledger.adopt(endpoint, answer);
    if (!answer.granted) throw toRefusal(endpoint);
  }

  /** Tells the records what is known here, and takes over what they hold; resolves with why they could not. */
  async function follow(endpoint: ApiEndpoint): Promise<GatewayError | undefined> {
    const answer = await reach(() => records.merge(endpoint, ledger.known(endpoint)));
    if (answer instanceof GatewayError) return answer;
    ledger.adopt(endpoint, answer);
    return undefined;
  }

  function toRefusal(endpoint: ApiEndpoint): GatewayError {
    const { retryAtMs, isThrottled } = ledger.findBlock(endpoint) ?? {
      retryAtMs: clock.now(),
      isThrottled: false,
    };
    return budgetSpent(endpoint, retryAtMs, isThrottled);
  }

  function spaceUnrecorded(endpoint: ApiEndpoint, failure: GatewayError): void {
    const nowMs = clock.now();
    const sinceMs = Math.min(unrecordedAtMs[endpoint], nowMs);
    unrecordedAtMs[endpoint] = sinceMs;
    const retryAtMs = sinceMs + HOUR_MS / limits[endpoint].perHour;
    if (nowMs < retryAtMs) throw cannotRecord(endpoint, retryAtMs, failure);
    unrecordedAtMs[endpoint] = nowMs;
  }

  /** What the records answer, or why they do not; an outage is logged when it begins and when it ends. */
  async function reach<Answer>(ask: () => Promise<Answer>): Promise<Answer | GatewayError> {
    try {
      const answer = await ask();
      if (!isRecording) log.info({ event: 'call_records_back' }, 'calls to Defender are recorded again');
      isRecording = true;
      return answer;
    } catch (error) {
      const failure = findGatewayError(error);
      if (failure === undefined) throw error;
      if (isRecording)
        log.warn(
          { event: 'call_records_lost', code: failure.code, reason: failure.message },
          'calls to Defender cannot be recorded in the store: until they can, few are made',
        );
      isRecording = false;
      return failure;
    }
  }

  return {
    acquire: (endpoint, signal) =>
      inTurn(endpoint, async () => {
        signal.throwIfAborted();
        await acquire(endpoint);
      }),
    noteThrottled: async (endpoint, retryAtMs) => {
      ledger.noteThrottled(endpoint, retryAtMs);
      const failure = await follow(endpoint);
      if (failure !== undefined) onStoreFailure(failure);
    },
    synchronize: async () => {
      await follow('EXPORT');
      await follow('PAGED');
    },
  };
}

/** The error of a call that the budget forbids until `retryAtMs`. */
export function budgetSpent(endpoint: ApiEndpoint, retryAtMs: number, isThrottled = false): GatewayError {
  const finding = isThrottled
    ? `Defender has asked this application to stay away from the ${nameOf(endpoint)} endpoint`
    : `The call budget of the ${nameOf(endpoint)} endpoint is spent`;
  return new GatewayError(
    'UPSTREAM_BUDGET_SPENT',
    `${finding}; the next call is allowed at ${new Date(retryAtMs).toISOString()}.`,
    { retryable: true, retryAtMs },
  );
}

function cannotRecord(endpoint: ApiEndpoint, retryAtMs: number, failure: GatewayError): GatewayError {
  return new GatewayError(
    'UPSTREAM_BUDGET_SPENT',
    `A call of the ${nameOf(endpoint)} endpoint must be recorded in the store before it is made, and cannot be; unrecorded ones are made rarely, since a restart forgets them. The next is allowed at ${new Date(retryAtMs).toISOString()}, recorded ones at once. ${failure.message}`,
    { retryable: true, retryAtMs, cause: failure },
  );
}

function nameOf(endpoint: ApiEndpoint): string {
  return endpoint === 'EXPORT' ? 'export' : 'paged';
}
