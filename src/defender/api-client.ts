/**
 * One authenticated GET to Defender's API. Each call passes the call budget first, carries a bearer token,
 * and comes back as a body to stream or as a {@link GatewayError}.
 *
 * A 401 is answered with one new token and one more call, unless its text says that no token can cure it.
 * Nothing else is repeated here: retries are the endpoints' business, through the retry policy.
 */

import { type Dispatcher, request } from 'undici';
import type { Clock } from '../core/clock.ts';
import { findGatewayError, GatewayError } from '../core/errors.ts';
import { KIBIBYTE } from '../core/units.ts';
import type { AccessToken } from './access-token.ts';
import { toApiError } from './api-errors.ts';
import { readBounded } from './bounded-body.ts';
import type { CallBudget } from './call-budget.ts';
import type { ApiEndpoint } from './call-ledger.ts';
import { InflateError, inflate } from './inflate.ts';
import { capitalize } from './sentence.ts';
import type { TokenSource } from './token-source.ts';
import { toTransportError } from './transport-errors.ts';

export interface ApiClient {
  /**
   * The body of a 200, inflated, not yet read. It must be read to its end or its iterator returned.
   *
   * Throws `UPSTREAM_*`: from the budget, the token, the connection or the refusal.
   */
  get(url: URL, options: ApiRequestOptions): Promise<AsyncIterable<Buffer>>;
}

export interface ApiRequestOptions {
  readonly endpoint: ApiEndpoint;
  /** What is asked, for messages: "the export endpoint". */
  readonly subject: string;
  readonly signal: AbortSignal;
  /** What an operator is told about a refusal of the request itself (400, 404, 410), as a sentence. Default: what to check. */
  readonly advice?: string;
  /** Told how many bytes came over the wire, before inflating. */
  readonly onBytes?: (sizeBytes: number) => void;
}

export interface ApiClientOptions {
  readonly dispatcher: Dispatcher;
  readonly tokens: TokenSource;
  readonly budget: CallBudget;
  readonly clock: Clock;
  readonly userAgent: string;
  /** The permission that the token must carry, for messages. */
  readonly requiredRole: string;
}

const MAXIMUM_ERROR_BYTES = 64 * KIBIBYTE;
const ADVICE: Readonly<Record<ApiEndpoint, string>> = {
  EXPORT: 'Check EXPORT_SAS_VALID_HOURS and DEFENDER_API_URL; the endpoint may be missing in this cloud.',
  PAGED: 'Check PAGE_SIZE and DEFENDER_API_URL; the endpoint may be missing in this cloud.',
};

export function createApiClient(options: ApiClientOptions): ApiClient {
  const { dispatcher, tokens, budget, clock, userAgent, requiredRole } = options;
  /** A token without the role stays cached for up to a day after the role was granted: the next call renews it first. */
  let mustRenew = false;

  async function attempt(
    url: URL,
    requestOptions: ApiRequestOptions,
    forceRenewal: boolean,
  ): Promise<AsyncIterable<Buffer>> {
    const { endpoint, subject, signal, onBytes } = requestOptions;
    const token = await tokens.getToken({ forceRenewal, signal });
    mustRenew = false;
    await budget.acquire(endpoint, signal);
    signal.throwIfAborted();
    try {
      const response = await request(url, {
        dispatcher,
        signal,
        headers: {
          authorization: `Bearer ${token.token}`,
          accept: 'application/json',
          'accept-encoding': 'gzip',
          'user-agent': userAgent,
        },
      });
      const body = watch(response.body, subject, signal, onBytes);
      if (response.statusCode === 200) return inflateAnswer(body, subject);
      throw await readRefusal(response, body, requestOptions, token);
    } catch (error) {
      const failure = toTransportError(error, subject, signal);
      mustRenew = mayLackRole(findGatewayError(failure), token);
      if (
        failure instanceof GatewayError &&
        failure.code === 'UPSTREAM_RATE_LIMITED' &&
        failure.retryAtMs !== undefined
      ) {
        await budget.noteThrottled(endpoint, failure.retryAtMs);
      }
      throw failure;
    }
  }

  async function readRefusal(
    response: Dispatcher.ResponseData,
    body: AsyncIterable<Buffer>,
    { endpoint, subject, advice = ADVICE[endpoint] }: ApiRequestOptions,
    token: AccessToken,
  ): Promise<GatewayError> {
    const { bytes } = await readBounded(inflate(body), MAXIMUM_ERROR_BYTES).catch(() => ({
      bytes: Buffer.alloc(0),
    }));
    return toApiError({
      status: response.statusCode,
      subject,
      advice,
      retryAfter: singleHeader(response.headers['retry-after']),
      body: bytes.toString('utf8'),
      presentRoles: token.claims.roles,
      requiredRole,
      nowMs: clock.now(),
    });
  }

  /** Whether Defender has missed a role, in so many words or in a token that shows it. */
  function mayLackRole(failure: GatewayError | undefined, { claims }: AccessToken): boolean {
    if (failure?.code === 'UPSTREAM_ROLE_MISSING') return true;
    return failure?.code === 'UPSTREAM_FORBIDDEN' && !claims.roles.includes(requiredRole);
  }

  return {
    get: async (url, requestOptions) => {
      const isRenewed = mustRenew;
      try {
        return await attempt(url, requestOptions, isRenewed);
      } catch (error) {
        if (findGatewayError(error)?.code !== 'UPSTREAM_UNAUTHORIZED' || isRenewed) throw error;
        return attempt(url, requestOptions, true);
      }
    },
  };
}

/** The chunks of a body, counted, with failures in our terms. */
async function* watch(
  body: AsyncIterable<Buffer>,
  subject: string,
  signal: AbortSignal,
  onBytes: ((sizeBytes: number) => void) | undefined,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) {
      onBytes?.(chunk.length);
      yield chunk;
    }
  } catch (error) {
    throw toTransportError(error, subject, signal);
  }
}

async function* inflateAnswer(body: AsyncIterable<Buffer>, subject: string): AsyncGenerator<Buffer> {
  try {
    yield* inflate(body);
  } catch (error) {
    if (!(error instanceof InflateError)) throw error;
    throw new GatewayError(
      'UPSTREAM_INVALID_RESPONSE',
      `${capitalize(subject)} answered with a compressed body that cannot be read: ${error.message}.`,
      {
        cause: error,
        retryable: error.problem !== 'TOO_LARGE',
      },
    );
  }
}

function singleHeader(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
