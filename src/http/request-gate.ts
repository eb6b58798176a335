/**
 * Between a request that was let in and its execution: it waits for its turn among those of all callers, and for its caller to
 * read what was answered before. Where nobody waits and everything is read it passes at once.
 *
 * Identified callers take turns; where nobody is identified, connections do.
 */

import type { Socket } from 'node:net';
import type { Caller } from '../core/caller.ts';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { SECOND_MS } from '../core/units.ts';
import { CHEAP_COST } from '../graphql/request-account.ts';
import { createBoundedWait, type WaitingRequest } from './bounded-wait.ts';
import { createRequestTurns } from './request-turns.ts';
import {
  createUnreadAnswers,
  UNREAD_LIMITS,
  type UnreadAnswer,
  type UnreadLimits,
} from './unread-answers.ts';

/** Requests that may wait for their turn; a further one is refused. */
export const MAXIMUM_WAITING = {
  /** Of one identified caller. */
  ofCaller: 200,
  /** Of everybody together, where nobody is identified. */
  unidentified: 1_000,
};

/** How soon a request that was refused may come again. */
const RETRY_AFTER_MS = SECOND_MS;

/** What a unit of cost is expected to have in an answer: what the rows of the dearest honest operations have. */
const BYTES_OF_COST = 128;

/** A request that was let in. */
export interface GatedRequest extends WaitingRequest {
  readonly caller: Caller;
  readonly connection: Socket;
}

export interface RequestGate {
  /**
   * Calls back once, when the request may go on to be parsed and executed.
   *
   * @param done gets RATE_LIMITED when too many wait already; DEADLINE_EXCEEDED when its time is up or its connection closed
   */
  enter(request: GatedRequest, done: (error?: GatewayError) => void): void;
  /** Counts the answer of a request from now on until its connection is done with it. */
  open(request: GatedRequest): GatedAnswer;
}

export interface GatedAnswer {
  /**
   * Resolves when an operation of this cost may be executed.
   *
   * @throws DEADLINE_EXCEEDED when the time of the request is up before, or its connection closed
   */
  takeCost(cost: number): Promise<void>;
  /** Tells how long the answer is that is sent now. */
  become: UnreadAnswer['become'];
}

export interface RequestGateOptions {
  /** How long a request may take from its arrival, in milliseconds; 0 = as long as it takes. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  /** A clock that never goes back, in milliseconds. */
  readonly monotonicNowMs: () => number;
  readonly unreadLimits?: UnreadLimits;
}

export function createRequestGate(options: RequestGateOptions): RequestGate {
  const { clock, monotonicNowMs, unreadLimits = UNREAD_LIMITS } = options;
  const unread = createUnreadAnswers(unreadLimits, () => turns.wake());
  const turns = createRequestTurns<string | Socket>({
    mayBegin: (owner) => unread.hasRoom(typeof owner === 'string' ? owner : null),
    monotonicNowMs,
  });
  const wait = createBoundedWait(options);

  return {
    enter: (request, done) => {
      const { caller, connection } = request;
      const owner = isIdentified(caller) ? caller.id : connection;
      const limit = isIdentified(caller) ? MAXIMUM_WAITING.ofCaller : MAXIMUM_WAITING.unidentified;
      const waiting = isIdentified(caller) ? turns.waitingOf(owner) : turns.waiting;
      if (waiting >= limit) done(tooManyWaiting(limit, clock.now() + RETRY_AFTER_MS));
      else wait(request, (begin) => turns.enter(owner, begin), done);
    },
    open: (request) => {
      const { caller, answer } = request;
      const held = unread.open(isIdentified(caller) ? caller.id : null);
      if (answer.destroyed) held.release();
      else answer.once('close', held.release);
      return {
        takeCost: (cost) => {
          if (cost <= CHEAP_COST) return Promise.resolve();
          return new Promise((resolve, reject) => {
            wait(
              request,
              (begin) => held.expect(cost * BYTES_OF_COST, begin),
              (error) => (error === undefined ? resolve() : reject(error)),
            );
          });
        },
        become: held.become,
      };
    },
  };
}

function isIdentified({ kind }: Caller): boolean {
  return kind !== 'ANONYMOUS';
}

function tooManyWaiting(limit: number, retryAtMs: number): GatewayError {
  const rule = `wait at most ${limit} at a time`;
  return new GatewayError(
    'RATE_LIMITED',
    `Requests must ${rule} to be begun, but this would be one more. Ask again in a second, with fewer requests at once.`,
    { rule, retryable: true, retryAtMs },
  );
}
