/**
 * MSAL's way to the network, on undici, so that proxy, private authorities, timeouts and user agent are the
 * same as for every other call.
 *
 * MSAL swallows what went wrong below it and arms a throttle of its own on 429 and 5xx. So the failures that
 * are the network's or the server's are settled here: transient ones are tried again, and what is left is
 * remembered for the caller of MSAL to find.
 */

import type { INetworkModule } from '@azure/msal-node';
import { type Dispatcher, request } from 'undici';
import type { Clock } from '../core/clock.ts';
import { GatewayError } from '../core/errors.ts';
import { MEBIBYTE, SECOND_MS } from '../core/units.ts';
import { readBounded } from './bounded-body.ts';
import type { RetryPolicy } from './retry.ts';
import { DEFAULT_RETRY_AFTER_MS, findRetryAt } from './retry-after.ts';
import { capitalize } from './sentence.ts';
import { toTransportError } from './transport-errors.ts';

export interface SignInNetwork {
  readonly module: INetworkModule;
  /** Starts an attempt: forgets the last failure. The signal ends its requests and waits. */
  begin(signal: AbortSignal): void;
  /** What went wrong below MSAL since {@link begin}, or `undefined`. */
  findFailure(): unknown;
  /** The last HTTP status since {@link begin}. */
  findStatus(): number | undefined;
}

export interface SignInNetworkOptions {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  readonly userAgent: string;
  /** "the sign-in service", "the managed identity endpoint". */
  readonly subject: string;
  /** `msal`: answers of every status go back to MSAL, which has a retry policy of its own for them. */
  readonly retriesBy: 'us' | 'msal';
}

const TIMEOUT_MS = 30 * SECOND_MS;
const MAXIMUM_BODY_BYTES = MEBIBYTE;

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: unknown;
}

interface SignInRequest {
  readonly headers?: Record<string, string> | undefined;
  readonly body?: string | undefined;
}

export function createSignInNetwork(options: SignInNetworkOptions): SignInNetwork {
  const { dispatcher, clock, retry, userAgent, subject, retriesBy } = options;
  let signal: AbortSignal = new AbortController().signal;
  let failure: unknown;
  let status: number | undefined;

  async function send(method: 'GET' | 'POST', url: string, sent: SignInRequest): Promise<Answer> {
    try {
      return await (retriesBy === 'us'
        ? retry.run(() => exchange(method, url, sent), signal)
        : exchange(method, url, sent));
    } catch (error) {
      failure = error;
      throw error;
    }
  }

  async function exchange(method: 'GET' | 'POST', url: string, sent: SignInRequest): Promise<Answer> {
    try {
      const response = await request(url, {
        dispatcher,
        method,
        signal,
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
        headers: { ...sent.headers, 'user-agent': userAgent },
        ...(method === 'POST' ? { body: sent.body ?? '' } : {}),
      });
      status = response.statusCode;
      const { bytes } = await readBounded(response.body, MAXIMUM_BODY_BYTES);
      if (retriesBy === 'us') refuseServerFaults(response);
      return {
        status,
        headers: flatten(response.headers),
        body: parseAnswer(bytes.toString('utf8'), status),
      };
    } catch (error) {
      throw toTransportError(error, subject, signal);
    }
  }

  function refuseServerFaults({ statusCode, headers }: Dispatcher.ResponseData): void {
    const retryAtMs = findRetryAt(flatten(headers)['retry-after'], clock.now());
    if (statusCode === 429) {
      const atMs = retryAtMs ?? clock.now() + DEFAULT_RETRY_AFTER_MS;
      throw new GatewayError(
        'UPSTREAM_SIGN_IN_THROTTLED',
        `${capitalize(subject)} is throttling this application; it may be asked again at ${new Date(atMs).toISOString()}.`,
        { retryable: true, retryAtMs: atMs },
      );
    }
    if (statusCode >= 500) {
      throw new GatewayError(
        'UPSTREAM_UNAVAILABLE',
        `${capitalize(subject)} failed with status ${statusCode}. Nothing to do here; it is tried again later.`,
        {
          retryable: true,
          ...(retryAtMs === undefined ? {} : { retryAtMs }),
        },
      );
    }
  }

  function parseAnswer(text: string, statusCode: number): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw new GatewayError(
        'UPSTREAM_INVALID_RESPONSE',
        `${capitalize(subject)} answered ${statusCode} with something that is not JSON. Check AZURE_AUTHORITY_HOST, and whether a proxy answers in its place.`,
      );
    }
  }

  return {
    module: {
      sendGetRequestAsync: async <T>(url: string, sent?: SignInRequest) =>
        (await send('GET', url, sent ?? {})) as Answer & { body: T },
      sendPostRequestAsync: async <T>(url: string, sent?: SignInRequest) =>
        (await send('POST', url, sent ?? {})) as Answer & { body: T },
    },
    begin: (nextSignal) => {
      signal = nextSignal;
      failure = undefined;
      status = undefined;
    },
    findFailure: () => failure,
    findStatus: () => status,
  };
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
