/**
 * MSAL's way to the network, on undici, so that proxy, private authorities, timeouts and user agent are the
 * same as for every other call.
 *
 * MSAL swallows what went wrong below it, and has retries of its own for managed identities, which are off. So the failures
 * that are the network's or the server's are settled here, for every kind of credential: transient ones are tried again, and
 * what is left is remembered for the caller of MSAL to find. It has a code of its own, so that nobody above tries again, or
 * takes the sign-in service for Defender.
 *
 * MSAL also keeps a throttle, which a 429, a 5xx or any Retry-After arms, and which then answers in place of Entra ID for up
 * to an hour, in the words of the failure before. It gets to see none of the three: whoever asks for tokens obeys them.
 */

import type { INetworkModule } from '@azure/msal-node';
import { type Dispatcher, request } from 'undici';
import type { Clock } from '../core/clock.ts';
import { findGatewayError, GatewayError } from '../core/errors.ts';
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
}

export interface SignInNetworkOptions {
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
  readonly retry: RetryPolicy;
  readonly userAgent: string;
  readonly service: SignInService;
}

/** Entra ID, or the endpoint on the machine that stands for it where there is a managed identity. */
export type SignInService = 'entra' | 'managedIdentity';

const TIMEOUT_MS = 30 * SECOND_MS;
/** A token has a few kilobytes. */
const MAXIMUM_BODY_BYTES = MEBIBYTE;
const SUBJECT: Readonly<Record<SignInService, string>> = {
  entra: 'Entra ID',
  managedIdentity: 'the managed identity endpoint',
};
/** OAuth errors that pass by themselves (RFC 6749 section 4.1.2.1), and Entra's number for one, whatever their status. */
const PASSING: ReadonlySet<unknown> = new Set(['temporarily_unavailable', 'server_error', 90033]);
/** A new machine's endpoint knows no identity for some seconds, and times out (Microsoft: "Retry guidance" of its IMDS). */
const PASSING_OF_MANAGED = new Set([404, 408, 429]);
/** The endpoint is being renewed, for at most 70 s by the same page: three waits outlast that. */
const GONE_RETRY_AFTER_MS = 25 * SECOND_MS;

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
  const { dispatcher, clock, retry, userAgent, service } = options;
  const subject = SUBJECT[service];
  let signal: AbortSignal = new AbortController().signal;
  let failure: unknown;

  async function send(method: 'GET' | 'POST', url: string, sent: SignInRequest): Promise<Answer> {
    try {
      return await retry.run(() => exchange(method, url, sent), signal);
    } catch (error) {
      failure = toSignInFailure(error);
      throw failure;
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
      const status = response.statusCode;
      const { bytes, isCut } = await readBounded(response.body, MAXIMUM_BODY_BYTES);
      refuseServerFaults(response);
      if (isCut) throw malformed(`${status} with more than ${MAXIMUM_BODY_BYTES} bytes`);
      const body = parseAnswer(bytes.toString('utf8'), status);
      const passing = findPassing(body);
      if (passing !== undefined) throw unavailable(`${status} (${passing})`, undefined);
      const { 'retry-after': _, ...headers } = flatten(response.headers);
      return { status, headers, body };
    } catch (error) {
      throw toTransportError(error, subject, signal);
    }
  }

  function refuseServerFaults({ statusCode, headers }: Dispatcher.ResponseData): void {
    const retryAtMs = findRetryAt(flatten(headers)['retry-after'], clock.now());
    if (service === 'managedIdentity' && statusCode === 410) {
      throw unavailable(statusCode, retryAtMs ?? clock.now() + GONE_RETRY_AFTER_MS);
    }
    if (service === 'managedIdentity' && PASSING_OF_MANAGED.has(statusCode) && retryAtMs === undefined) {
      throw unavailable(statusCode, undefined);
    }
    if (statusCode === 429) {
      const atMs = retryAtMs ?? clock.now() + DEFAULT_RETRY_AFTER_MS;
      throw new GatewayError(
        'UPSTREAM_SIGN_IN_THROTTLED',
        `${capitalize(subject)} is throttling this application; it may be asked again at ${new Date(atMs).toISOString()}.`,
        { retryable: true, retryAtMs: atMs },
      );
    }
    if (statusCode >= 500) throw unavailable(statusCode, retryAtMs);
  }

  /** Tried again; see {@link toSignInFailure} for what becomes of it in the end. */
  function unavailable(status: number | string, retryAtMs: number | undefined): GatewayError {
    const advice =
      status === 404
        ? 'If this stays, assign a managed identity to this machine; with AZURE_CLIENT_ID set, that user-assigned one'
        : 'Nothing to do here; it is tried again later';
    return new GatewayError(
      'UPSTREAM_UNAVAILABLE',
      `${capitalize(subject)} failed with status ${status}. ${advice}.`,
      { retryable: true, ...(retryAtMs === undefined ? {} : { retryAtMs }) },
    );
  }

  function malformed(answer: string): GatewayError {
    return new GatewayError(
      'UPSTREAM_INVALID_RESPONSE',
      `${capitalize(subject)} answered ${answer}. Check AZURE_AUTHORITY_HOST, and whether a proxy answers in its place.`,
    );
  }

  function parseAnswer(text: string, statusCode: number): unknown {
    try {
      return JSON.parse(text);
    } catch {
      throw malformed(`${statusCode} with something that is not JSON`);
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
    },
    findFailure: () => failure,
  };
}

function findPassing(body: unknown): string | undefined {
  const { error, error_codes } = (body ?? {}) as { error?: unknown; error_codes?: unknown };
  const passing = [error, ...(Array.isArray(error_codes) ? error_codes : [])].find((one) => PASSING.has(one));
  return typeof passing === 'number' ? `AADSTS${passing}` : (passing as string | undefined);
}

/** What the retries have left. */
function toSignInFailure(error: unknown): unknown {
  const known = findGatewayError(error);
  if (known?.code !== 'UPSTREAM_UNAVAILABLE') return error;
  const { message, retryAtMs } = known;
  return new GatewayError('UPSTREAM_SIGN_IN_UNAVAILABLE', message, {
    cause: error,
    retryable: true,
    ...(retryAtMs === undefined ? {} : { retryAtMs }),
  });
}

function flatten(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, Array.isArray(value) ? value.join(', ') : value]],
    ),
  );
}
