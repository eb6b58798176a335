/**
 * The server under the framework: HTTP, or HTTPS with a certificate of our own, and how long and how many connections may
 * keep it waiting. A caller that sends a byte a minute is answered 408 and cut, whatever it is sending.
 */

import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { SECOND_MS } from '../core/units.ts';

/** PEM texts; the certificate may be followed by its chain. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

export interface ConnectionLimits {
  /** For the head of a request, and for a TLS handshake. Default 15 s. */
  readonly headersTimeoutMs: number;
  /** For a whole request, its body included. Default 30 s. */
  readonly requestTimeoutMs: number;
  /** Connections at one time, on this thread; further ones are closed at once. Default 4,096. */
  readonly maximumConnections: number;
}

const DEFAULT_LIMITS: ConnectionLimits = {
  headersTimeoutMs: 15 * SECOND_MS,
  requestTimeoutMs: 30 * SECOND_MS,
  maximumConnections: 4_096,
};

/** Longer than the idle time of the usual load balancers (60 s), so that they close first and lose no request. */
const KEEP_ALIVE_TIMEOUT_MS = 65 * SECOND_MS;

/** How late a timeout may be noticed; Node looks every 30 s by itself. */
const CHECKING_INTERVAL_MS = SECOND_MS;

/** 1.0 and 1.1 are forbidden by RFC 8996. */
const MINIMUM_TLS_VERSION = 'TLSv1.2';

/**
 * A server that does not listen yet.
 *
 * @throws what OpenSSL says of a certificate or a key that it cannot take
 */
export function createListener(
  onRequest: RequestListener,
  tls: TlsIdentity | undefined,
  limits: Partial<ConnectionLimits> = {},
): Server {
  const { headersTimeoutMs, requestTimeoutMs, maximumConnections } = { ...DEFAULT_LIMITS, ...limits };
  const options: ServerOptions = {
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(CHECKING_INTERVAL_MS, headersTimeoutMs),
  };
  const server =
    tls === undefined
      ? createServer(options, onRequest)
      : createSecureServer(
          { ...options, ...tls, minVersion: MINIMUM_TLS_VERSION, handshakeTimeout: headersTimeoutMs },
          onRequest,
        );
  server.maxConnections = maximumConnections;
  return server;
}
