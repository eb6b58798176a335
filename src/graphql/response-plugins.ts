/**
 * What every response carries, and with which HTTP status: plugins for Apollo's pipeline. They look at whole
 * responses only; a plugin that looks at fields would wrap every resolver.
 */

import type { ApolloServerPlugin } from '@apollo/server';
import { findGatewayError } from '../core/errors.ts';
import { toRetryAfterSeconds } from '../core/rates.ts';
import { SECOND_MS } from '../core/units.ts';
import type { GatewayContext } from './context.ts';
import type { CostExtension } from './cost-extension.ts';
import type { ErrorMapping } from './error-mapping.ts';
import type { RefreshStatusView } from './refresh-port.ts';
import { hasRootData } from './root-data.ts';
import { toSnapshotExtension } from './snapshot-extension.ts';

type GatewayPlugin = ApolloServerPlugin<GatewayContext>;

/** `extensions.snapshot` on every response, those to requests that cannot be parsed included. */
export function createSnapshotExtensionPlugin(): GatewayPlugin {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ contextValue: { snapshot }, response: { body } }) => {
        if (body.kind !== 'single') return;
        const extension = snapshot === null ? null : toSnapshotExtension(snapshot.manifest);
        body.singleResult.extensions = { ...body.singleResult.extensions, snapshot: extension };
      },
    }),
  };
}

/** `extensions.cost` on every response: `computed` is null for an operation that never came to be measured. */
export function createCostExtensionPlugin(maximumCost: number): GatewayPlugin {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ contextValue: { account }, response: { body } }) => {
        if (body.kind !== 'single') return;
        const cost: CostExtension = { computed: account.cost, limit: maximumCost };
        body.singleResult.extensions = { ...body.singleResult.extensions, cost };
      },
    }),
  };
}

/**
 * HTTP 503 for an operation that has no data at all, for it found no snapshot or its time was up: a client or a load
 * balancer that reads nothing but the status comes back later. Retry-After is said where somebody knows when. With
 * data in any root it stays 200.
 */
export function createUnavailablePlugin(): GatewayPlugin {
  return {
    requestDidStart: async () => ({
      willSendResponse: async ({ contextValue: { refresh, nowMs }, response: { body, http } }) => {
        if (body.kind !== 'single') return;
        const { data, errors = [] } = body.singleResult;
        if (hasRootData(data)) return;
        const has = (code: string) => errors.some(({ extensions }) => extensions?.code === code);
        const isUnavailable = has('SNAPSHOT_UNAVAILABLE');
        if (isUnavailable || has('DEADLINE_EXCEEDED')) http.status = 503;
        if (!isUnavailable) return;
        http.headers.set('retry-after', String(toRefreshAfterSeconds(await refresh.status(), nowMs)));
      },
    }),
  };
}

/**
 * HTTP 429 for an operation whose cost its caller's rate does not grant, with Retry-After unless the rate never will.
 */
export function createRateLimitedPlugin(): GatewayPlugin {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, contextValue: { nowMs }, response: { http } }) => {
        const refusal = errors
          .map(({ originalError }) => findGatewayError(originalError))
          .find((error) => error?.code === 'RATE_LIMITED');
        if (refusal === undefined) return;
        http.status = 429;
        if (refusal.retryAtMs === undefined) return;
        http.headers.set('retry-after', String(toRetryAfterSeconds(refusal.retryAtMs - nowMs)));
      },
    }),
  };
}

/** Tells the error mapping which request its errors belong to. */
export function createErrorRequestPlugin(mapping: ErrorMapping): GatewayPlugin {
  return {
    requestDidStart: async () => ({
      didEncounterErrors: async ({ errors, contextValue }) => mapping.noteRequest(errors, contextValue),
    }),
  };
}

/** Seconds to wait while a refresh is under way, and when none is planned. */
const RETRY_SOON_SECONDS = 5;
const RETRY_LATER_SECONDS = 60;

function toRefreshAfterSeconds({ currentRun, nextRunAtMs }: RefreshStatusView, nowMs: number): number {
  if (currentRun !== null) return RETRY_SOON_SECONDS;
  if (nextRunAtMs === null) return RETRY_LATER_SECONDS;
  return Math.max(RETRY_SOON_SECONDS, Math.ceil((nextRunAtMs - nowMs) / SECOND_MS));
}
