/** Reads the key sets of token issuers, by the same way out as every other call: proxy, private authorities, user agent. */

import { type Dispatcher, request } from 'undici';
import { GatewayError } from '../core/errors.ts';
import { MEBIBYTE, SECOND_MS } from '../core/units.ts';
import { readBounded } from './bounded-body.ts';
import { toTransportError } from './transport-errors.ts';

/** Somebody may be waiting to be let in. */
const TIMEOUT_MS = 5 * SECOND_MS;
/** A key has two kilobytes at most, certificate chain included. */
const MAXIMUM_BODY_BYTES = MEBIBYTE;

/**
 * A function that reads a JSON document, in 5 s at most. Redirects are not followed.
 *
 * @returns rejects with a {@link GatewayError} that says what the endpoint answered
 */
export function createKeySetReader(options: {
  readonly dispatcher: Dispatcher;
  readonly userAgent: string;
}): (url: string) => Promise<unknown> {
  return async (url) => {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const { statusCode, body } = await request(url, {
        dispatcher: options.dispatcher,
        signal,
        headers: { accept: 'application/json, application/jwk-set+json', 'user-agent': options.userAgent },
      });
      const { bytes, isCut } = await readBounded(body, MAXIMUM_BODY_BYTES);
      if (statusCode !== 200) throw refuse(`status ${statusCode}`);
      if (isCut) throw refuse(`more than ${MAXIMUM_BODY_BYTES} bytes`);
      return parse(bytes.toString('utf8'));
    } catch (error) {
      throw signal.aborted
        ? refuse(`nothing within ${TIMEOUT_MS / SECOND_MS} s`)
        : toTransportError(error, 'the key endpoint');
    }
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refuse('something that is not JSON');
  }
}

function refuse(answer: string): GatewayError {
  return new GatewayError(
    'UPSTREAM_INVALID_RESPONSE',
    `The key endpoint must answer 200 with a key set, but answered ${answer}.`,
    {
      retryable: true,
    },
  );
}
