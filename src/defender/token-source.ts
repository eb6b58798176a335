/**
 * Access tokens for Defender. One request to Entra ID at a time, whoever asks; a token is reused until
 * shortly before it expires; after a 429 nothing is asked before the time that Entra ID named.
 */

import { AuthError, InteractionRequiredAuthError, ServerError } from '@azure/msal-node';
import type { Dispatcher } from 'undici';
import type { Clock } from '../core/clock.ts';
import { findGatewayError, GatewayError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { type AccessToken, readTokenClaims } from './access-token.ts';
import type { Credential } from './credential.ts';
import type { RetryPolicy } from './retry.ts';
import { createSignIn, type SignInPrompt } from './sign-in.ts';
import { toSignInError } from './sign-in-errors.ts';
import { createSignInNetwork } from './sign-in-network.ts';
import { createCachePlugin, type TokenCacheStore } from './token-cache.ts';

export interface TokenSource {
  /**
   * A token that is good for some minutes at least. With `forceRenewal` a new one from Entra ID.
   *
   * Throws `UPSTREAM_*` that says which setting to look at, `CONFIGURATION_INVALID` for an unusable file, or
   * the signal's reason.
   */
  getToken(options?: {
    readonly forceRenewal?: boolean;
    readonly signal?: AbortSignal;
  }): Promise<AccessToken>;
}

export interface TokenSourceOptions {
  readonly tenantId: string;
  readonly clientId: string;
  readonly credential: Credential;
  /** http only on loopback. */
  readonly authorityHost: URL;
  /** `<resource>/.default`. */
  readonly scope: string;
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
  readonly retry: RetryPolicy;
  readonly cache: TokenCacheStore;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told what a person has to do; only with a device code. */
  readonly prompt: (prompt: SignInPrompt) => void;
}

interface Flight {
  readonly isForced: boolean;
  readonly token: Promise<AccessToken>;
  readonly abort: AbortController;
  waiters: number;
}

export function createTokenSource(options: TokenSourceOptions): TokenSource {
  const { credential, clock, log } = options;
  const network = createSignInNetwork({
    ...options,
    service: credential.kind === 'managedIdentity' ? 'managedIdentity' : 'entra',
  });
  const signIn = createSignIn({ ...options, network, cachePlugin: createCachePlugin(options.cache, log) });
  let flight: Flight | undefined;
  let throttled: GatewayError | undefined;

  async function acquire(isForced: boolean, signal: AbortSignal): Promise<AccessToken> {
    if (throttled?.retryAtMs !== undefined && throttled.retryAtMs > clock.now()) throw throttled;
    network.begin(signal);
    try {
      const result = await signIn({ forceRenewal: isForced });
      if (result === null || result.accessToken === '')
        throw new GatewayError('UPSTREAM_TOKEN_FAILED', 'Entra ID gave no token and no reason. Try again.', {
          retryable: true,
        });
      const claims = readTokenClaims(result.accessToken);
      if (!result.fromCache)
        log.info({ roles: claims.roles, applicationId: claims.applicationId }, 'access token received');
      if (!result.fromCache && credential.kind === 'deviceCode') {
        log.warn(
          { user: claims.userName },
          'signed in as a user: the snapshot holds only the devices that this user may see',
        );
      }
      return { token: result.accessToken, expiresAtMs: result.expiresOn?.getTime() ?? clock.now(), claims };
    } catch (error) {
      const failure = explain(error, signal);
      const known = findGatewayError(failure);
      throttled = known?.code === 'UPSTREAM_SIGN_IN_THROTTLED' ? known : undefined;
      throw failure;
    }
  }

  function explain(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    const below = network.findFailure();
    if (below !== undefined) return below;
    if (findGatewayError(error) !== undefined || !(error instanceof AuthError)) return error;
    const isNumbered = error instanceof ServerError || error instanceof InteractionRequiredAuthError;
    return toSignInError(
      {
        error: error.errorCode,
        number: String((isNumbered ? error.errorNo : undefined) ?? ''),
        description: error.errorMessage,
      },
      credential.kind,
      error,
    );
  }

  /** A request that others may join; it is given up once nobody waits for it any more. */
  function depart(isForced: boolean, after: Promise<unknown>): Flight {
    const abort = new AbortController();
    const departing: Flight = {
      isForced,
      abort,
      waiters: 0,
      token: after
        .then(() => acquire(isForced, abort.signal))
        .finally(() => {
          if (flight === departing) flight = undefined;
        }),
    };
    departing.token.catch(() => {});
    return departing;
  }

  return {
    getToken: async ({ forceRenewal = false, signal } = {}) => {
      signal?.throwIfAborted();
      if (flight === undefined) {
        flight = depart(forceRenewal, Promise.resolve());
      } else if (flight.abort.signal.aborted || (forceRenewal && !flight.isForced)) {
        flight = depart(forceRenewal, settled(flight.token));
      }
      const joined = flight;
      joined.waiters += 1;
      try {
        return await orAborted(joined.token, signal);
      } finally {
        joined.waiters -= 1;
        if (joined.waiters === 0) joined.abort.abort(signal?.reason);
      }
    },
  };
}

async function settled(promise: Promise<unknown>): Promise<void> {
  await promise.catch(() => {});
}

async function orAborted<Result>(promise: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return promise;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
