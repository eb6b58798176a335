/**
 * Liveness and readiness. Alive is: the process answers. Ready is: queries get data that is not too old.
 * An upstream that has never answered makes the gateway unready, which is no reason to restart it.
 */

import type { FastifyInstance } from 'fastify';
import type { Clock } from '../core/clock.ts';
import type { SnapshotExtension } from '../graphql/snapshot-extension.ts';
import type { FindServedSnapshot, ServedSnapshot } from './ports.ts';

export type UnreadyReason = 'STOPPING' | 'SNAPSHOT_UNAVAILABLE' | 'SNAPSHOT_EXPIRED';

/** The body of `/health/ready`. */
export type Readiness =
  | { readonly status: 'ready'; readonly snapshot: SnapshotExtension }
  | {
      readonly status: 'unready';
      readonly reason: UnreadyReason;
      readonly message: string;
      readonly snapshot: SnapshotExtension | null;
    };

const MESSAGES: Readonly<Record<UnreadyReason, string>> = {
  STOPPING: 'The gateway is stopping: send new requests to another replica.',
  SNAPSHOT_UNAVAILABLE:
    'No snapshot has been published yet. Query `refresh { phase lastFailure { code message } }` to see what it waits for.',
  SNAPSHOT_EXPIRED:
    'The snapshot is older than SNAPSHOT_EXPIRES_AFTER. Query `refresh { lastFailure { code message } }` to see why no newer one came.',
};

/** Whether traffic should come here. A snapshot expires at `expiresAtMs`, not after it. */
export function toReadiness(stopping: boolean, snapshot: ServedSnapshot | null, nowMs: number): Readiness {
  if (stopping) return unready('STOPPING', snapshot);
  if (snapshot === null) return unready('SNAPSHOT_UNAVAILABLE', snapshot);
  if (snapshot.expiresAtMs !== null && nowMs >= snapshot.expiresAtMs)
    return unready('SNAPSHOT_EXPIRED', snapshot);
  return { status: 'ready', snapshot: snapshot.extension };
}

function unready(reason: UnreadyReason, snapshot: ServedSnapshot | null): Readiness {
  return { status: 'unready', reason, message: MESSAGES[reason], snapshot: snapshot?.extension ?? null };
}

export interface HealthRouteOptions {
  readonly isStopping: () => boolean;
  readonly findSnapshot: FindServedSnapshot;
  readonly clock: Pick<Clock, 'now'>;
}

/** Adds `/health/live` (always 200) and `/health/ready` (200 or 503, with the reason as JSON). Neither is cached. */
export function addHealthRoutes(
  scope: FastifyInstance,
  { isStopping, findSnapshot, clock }: HealthRouteOptions,
): void {
  scope.get('/health/live', { logLevel: 'warn' }, async (_request, reply) => {
    reply.header('cache-control', 'no-store');
    return { status: 'live' };
  });

  scope.get('/health/ready', { logLevel: 'warn' }, async (_request, reply) => {
    const readiness = toReadiness(isStopping(), findSnapshot(), clock.now());
    reply.code(readiness.status === 'ready' ? 200 : 503).header('cache-control', 'no-store');
    return readiness;
  });
}
