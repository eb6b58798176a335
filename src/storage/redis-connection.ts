/**
 * One connection to Redis that answers or fails, but never hangs and never queues.
 *
 * While Redis is away every command fails at once with `STORE_UNAVAILABLE`, and the connection is sought
 * again in the background; a command that gets no answer in time fails likewise. A Redis that keeps the connection
 * and is silent as long counts as away: only those who asked meanwhile have waited. Outages are logged once when they
 * begin and once when they end, without the password.
 */

import { createClient, type RedisClientType } from '@redis/client';
import type { Clock } from '../core/clock.ts';
import { findGatewayError, GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { SECOND_MS } from '../core/units.ts';

const CONNECT_TIMEOUT_MS = 5 * SECOND_MS;
const MAXIMUM_RECONNECT_DELAY_MS = 2 * SECOND_MS;
/** One listener for each namespace and event, not a leak. */
const MAXIMUM_LISTENERS = 100;

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`; a password in it reaches no message. */
  readonly url: string;
  /** Shown by `CLIENT LIST`. */
  readonly name: string;
  /** Longest wait for the answer to one command, and longest silence before the connection is dropped: it is asked for a sign
   * of life twice as often. The silence is measured in real time, whatever the clock says. */
  readonly timeoutMs: number;
  /** Longest wait for the first connection; default: 5 s. */
  readonly firstAttemptMs?: number;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface RedisConnection {
  readonly client: RedisClientType;
  /**
   * What `command` resolves to, within the timeout.
   *
   * @param action what is attempted, completing "… while <action>"
   * @throws GatewayError `STORE_UNAVAILABLE`, retryable, whatever went wrong
   */
  run<Result>(action: string, command: () => Promise<Result>): Promise<Result>;
  /** Drops the connection; later commands fail. */
  close(): void;
}

/** Resolves when connected, or when a first attempt has taken too long: the seeking then goes on behind. */
export async function connectRedis(options: RedisConnectionOptions): Promise<RedisConnection> {
  const { url, name, timeoutMs, firstAttemptMs = CONNECT_TIMEOUT_MS, clock, log } = options;
  const { host } = new URL(url);
  const client: RedisClientType = createClient({
    url,
    name,
    disableOfflineQueue: true,
    pingInterval: timeoutMs / 2,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: timeoutMs,
      reconnectStrategy: (attempts) => Math.min(100 * 2 ** attempts, MAXIMUM_RECONNECT_DELAY_MS),
    },
  });
  client.setMaxListeners(MAXIMUM_LISTENERS);
  logOutages(client, log, host);

  const connecting = client.connect().catch(() => undefined);
  const firstAttempt = rejectAfter(clock, firstAttemptMs);
  await Promise.race([connecting, firstAttempt.promise]).catch(() => undefined);
  firstAttempt.cancel();

  return {
    client,
    run: async (action, command) => {
      const deadline = rejectAfter(clock, timeoutMs);
      try {
        if (!client.isOpen) throw new Error('The connection is closed.');
        return await Promise.race([command(), deadline.promise]);
      } catch (error) {
        throw findGatewayError(error) ?? redisUnavailable(host, action, error);
      } finally {
        deadline.cancel();
      }
    },
    close: () => {
      if (client.isOpen) client.destroy();
    },
  };
}

function redisUnavailable(host: string, action: string, cause: unknown): GatewayError {
  const finding = cause instanceof Error ? cause.message : String(cause);
  return new GatewayError(
    'STORE_UNAVAILABLE',
    `Redis at ${host} (CACHE_URL) must answer, but failed while ${action}: ${finding || 'no reason given'}. Check that it runs and can be reached, and its memory limit and password.`,
    { cause, retryable: true, rule: 'answer' },
  );
}

/** A promise that only ever rejects, and a way to stop waiting for it. */
function rejectAfter(clock: Clock, timeoutMs: number): { promise: Promise<never>; cancel(): void } {
  const stop = new AbortController();
  const promise = clock.sleep(timeoutMs, stop.signal).then(() => {
    throw new Error(`no answer within ${timeoutMs} ms`);
  });
  promise.catch(() => undefined);
  return { promise, cancel: () => stop.abort() };
}

function logOutages(client: RedisClientType, log: Logger, host: string): void {
  let isAway = false;
  client.on('error', (error: Error) => {
    if (!isAway)
      log.warn({ host, error: error.message || error.name }, 'Redis cannot be reached; seeking it again');
    isAway = true;
  });
  client.on('ready', () => {
    if (isAway) log.info({ host }, 'Redis can be reached again');
    isAway = false;
  });
}
