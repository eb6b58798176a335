/**
 * The context of a GraphQL operation: made once per request, read only, and all that a resolver may use. It pins
 * one snapshot and one instant. The snapshot is the caller's: of the inventory no more than that is within reach.
 */

import type { Caller } from '../core/caller.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Snapshot } from '../snapshot/snapshot.ts';
import { type ArgumentsOfRequest, createArgumentsOfRequest } from './asked-arguments.ts';
import { type BatchObserver, createLoaders, type Loaders } from './loaders.ts';
import type { OperationObserver } from './operation-report.ts';
import type { PrintedObserver } from './printed-data.ts';
import type { RefreshPort } from './refresh-port.ts';
import { createRequestAccount } from './request-account.ts';
import { createRequestDeadline, type WatchCaller } from './request-deadline.ts';
import type { RequestFacts } from './request-facts.ts';
import { hasRight } from './rights.ts';
import type { Scopes } from './scopes.ts';
import type { MaybePromise, SliceRunner } from './slices.ts';
import { whenKnown } from './when-known.ts';

export interface GatewayContext extends RequestFacts {
  readonly loaders: Loaders;
  readonly argumentsOf: ArgumentsOfRequest;
  readonly refresh: RefreshPort;
  /** Age at which a snapshot counts as expired, in milliseconds; 0 = never. */
  readonly snapshotExpiresAfterMs: number;
  readonly takeCost: TakeCost;
  /** Of the request's body, or of the URL of a GET: see `admission/request-price.ts`. */
  readonly bodyBytes: number;
  /** Named in the log and in the message of an internal error. */
  readonly requestId: string;
  readonly log: Logger;
  readonly onOperation: OperationObserver | undefined;
  readonly onPrinted: PrintedObserver | undefined;
}

/**
 * Takes the cost of an operation from its caller's rate, before it is executed.
 *
 * @throws RATE_LIMITED when the rate has not that much
 */
export type TakeCost = (cost: number) => Promise<void>;

/** What lives longer than a request. */
export interface ContextServices {
  readonly clock: Pick<Clock, 'now'>;
  /** The snapshot that is served now; `null` until the first one is published. */
  findSnapshot(): Snapshot | null;
  readonly refresh: RefreshPort;
  /** In milliseconds; 0 = never. */
  readonly snapshotExpiresAfterMs: number;
  readonly onBatch?: BatchObserver;
  /** One for the whole thread. */
  readonly slices: SliceRunner;
  /** One for the whole thread. */
  readonly scopes: Scopes;
  /** How long a request may take from its arrival, in milliseconds; 0, the default: as long as it takes. */
  readonly requestDeadlineMs?: number;
  /** A clock that never goes back, in milliseconds. Default: the machine's. */
  readonly monotonicNowMs?: () => number;
}

/** What is the request's own. */
export interface RequestIdentity {
  readonly caller: Caller;
  /** Default: every cost is granted. */
  readonly takeCost?: TakeCost;
  readonly requestId: string;
  /** Writes the request id into each of its lines by itself. */
  readonly log: Logger;
  /** Whether nobody waits for the answer any more; default: somebody always does. */
  readonly isAbandoned?: () => boolean;
  /** Tells when to ask that again; default: never. */
  readonly watchCaller?: WatchCaller;
  /** When it arrived, by the clock that never goes back; default: at this moment. */
  readonly arrivedAtMs?: number;
  /** Length of its body, or of the URL of a GET; default: 0. */
  readonly bodyBytes?: number;
  /** Told how the operation went, once its response is ready. */
  readonly onOperation?: OperationObserver;
  /** Told when its data were printed elsewhere: the text of the response then lacks them. */
  readonly onPrinted?: PrintedObserver;
}

/**
 * The context of one request, with the snapshot and the instant of this moment. Later for the first callers of a scope, whose
 * part of the snapshot is made for them.
 *
 * @throws DEADLINE_EXCEEDED when the request is over before it is
 */
export function createContext(
  services: ContextServices,
  identity: RequestIdentity,
): MaybePromise<GatewayContext> {
  const { clock, refresh, snapshotExpiresAfterMs, onBatch, slices, scopes } = services;
  const { requestDeadlineMs = 0, monotonicNowMs = () => performance.now() } = services;
  const { caller, takeCost = async () => undefined, requestId, log, onOperation, onPrinted } = identity;
  const { isAbandoned = () => false, arrivedAtMs = monotonicNowMs(), bodyBytes = 0 } = identity;
  const { watchCaller = () => () => undefined } = identity;
  const nowMs = clock.now();
  const deadline = createRequestDeadline({
    arrivedAtMs,
    limitMs: requestDeadlineMs,
    isAbandoned,
    watchCaller,
    monotonicNowMs,
  });
  const toContext = (snapshot: Snapshot | null): GatewayContext => {
    const facts: RequestFacts = {
      caller,
      snapshot,
      nowMs,
      slices,
      deadline,
      account: createRequestAccount(),
    };
    return {
      ...facts,
      argumentsOf: createArgumentsOfRequest(),
      loaders: createLoaders(facts, refresh, onBatch),
      refresh,
      snapshotExpiresAfterMs,
      takeCost,
      bodyBytes,
      requestId,
      log,
      onOperation,
      onPrinted,
    };
  };
  // Who may not read holds nothing that could be read.
  const whole = hasRight(caller, 'Inventory.Read') ? services.findSnapshot() : null;
  if (whole === null || caller.rbacGroupIds === null) return toContext(whole);
  return whenKnown(scopes.open(whole, caller.rbacGroupIds, deadline.findEnd), toContext);
}
