/**
 * Failures below HTTP, told apart: the host cannot be reached, it does not answer in time, or it broke the
 * connection. undici and Node report them by code, sometimes nested in a cause or an aggregate.
 */

import { maxHeaderSize } from 'node:http';
import { findGatewayError, GatewayError } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';
import { capitalize } from './sentence.ts';

/** No connection came about: names, routes, refusals. Worth another try a little later. */
const UNREACHABLE = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EAI_FAIL',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EHOSTDOWN',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'EACCES',
  'EPERM',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_PRX_TLS',
  'UND_ERR_PRX_CONN',
]);

const TIMEOUT = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** A certificate that Node does not trust; no retry cures that. */
const UNTRUSTED =
  /^(?:CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY)|ERR_TLS_CERT_ALTNAME_INVALID|HOSTNAME_MISMATCH|INVALID_CA)/;
const EARLY_DISCONNECT = 'before secure TLS connection was established';
const PROXY_REFUSAL = /^Proxy response \((\d+)\)/;

/**
 * The failure of a request or of reading its body as a {@link GatewayError}. An abort keeps the reason of
 * its signal, an error that is ours already stays what it is.
 *
 * @param what what was asked, as the subject of a sentence: "the export endpoint"
 */
export function toTransportError(error: unknown, what: string, signal?: AbortSignal): unknown {
  if (signal?.aborted) return signal.reason;
  const known = findGatewayError(error);
  if (known !== undefined) return known;
  const subject = capitalize(what);
  const cause = findDeepest(error);
  const code = cause.code ?? cause.name;
  const proxyStatus = PROXY_REFUSAL.exec(cause.message)?.[1];
  if (proxyStatus !== undefined) {
    return unreachable(
      `${subject} could not be reached: the proxy answered ${proxyStatus}. Check HTTPS_PROXY and what the proxy allows.`,
      error,
    );
  }
  if (UNTRUSTED.test(code)) {
    return new GatewayError(
      'UPSTREAM_UNREACHABLE',
      `${subject} could not be reached: its TLS certificate is not trusted (${code}). If a proxy or a private authority signs it, name that authority's certificate in NODE_EXTRA_CA_CERTS.`,
      { cause: error },
    );
  }
  if (code === 'UND_ERR_HEADERS_OVERFLOW') {
    return new GatewayError(
      'UPSTREAM_INVALID_RESPONSE',
      `${subject} answered with headers of more than ${maxHeaderSize} bytes. A proxy or gateway in between may add them.`,
      { cause: error },
    );
  }
  if (TIMEOUT.has(code)) {
    return new GatewayError('UPSTREAM_TIMEOUT', `${subject} did not answer in time (${code}).`, {
      cause: error,
      retryable: true,
    });
  }
  if (UNREACHABLE.has(code) || cause.message.includes(EARLY_DISCONNECT)) {
    return unreachable(
      `${subject} could not be reached (${code}). Check the host name, the firewall and HTTPS_PROXY.`,
      error,
    );
  }
  return new GatewayError(
    'UPSTREAM_CONNECTION_LOST',
    `${subject} broke off (${code}: ${redact(cause.message).slice(0, 200)}).`,
    { cause: error, retryable: true },
  );
}

function unreachable(message: string, cause: unknown): GatewayError {
  return new GatewayError('UPSTREAM_UNREACHABLE', message, { cause, retryable: true });
}

interface Failure {
  readonly code: string | undefined;
  readonly name: string;
  readonly message: string;
}

/** The first error with a code, looking through causes and the attempts of an aggregate. */
function findDeepest(error: unknown): Failure {
  let current: unknown = error;
  for (let depth = 0; depth < 5 && current instanceof Error; depth += 1) {
    const code = (current as { code?: unknown }).code;
    const inner: unknown = current instanceof AggregateError ? current.errors[0] : current.cause;
    if (typeof code === 'string' && !(inner instanceof Error))
      return { code, name: current.name, message: current.message };
    if (!(inner instanceof Error)) break;
    current = inner;
  }
  return current instanceof Error
    ? { code: undefined, name: current.name, message: current.message }
    : { code: undefined, name: 'unknown', message: String(current) };
}
