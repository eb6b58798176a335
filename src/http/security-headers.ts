/**
 * Response headers that limit what a browser does with an answer of ours (helmet), and which foreign
 * pages may read one (CORS).
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';
import helmet, { type HelmetOptions } from 'helmet';
import { REQUEST_ID_HEADER } from './request-id.ts';
import { RATE_HEADER, RATE_POLICY_HEADER } from './request-rates.ts';

/** How long a browser may remember a preflight: ten minutes, so that a changed setting takes hold soon. */
const PREFLIGHT_MAX_AGE_SECONDS = 600;

/** Half a year: the order of what browsers ask of those who mean it. */
const HSTS_MAX_AGE_SECONDS = 15_552_000;

/**
 * Helmet for every answer. The policy lets a document load nothing at all; the playground sends its own. The headers are the same for
 * each: helmet is asked for them once.
 *
 * Strict-Transport-Security is sent by whoever terminates TLS: here, when `isSecure`. It binds the host name, and none
 * below it, which may be somebody else's.
 */
export function addSecurityHeaders(
  server: FastifyInstance,
  { isSecure }: { readonly isSecure: boolean },
): void {
  const headers = findHeaders({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: 'deny' },
    referrerPolicy: { policy: 'no-referrer' },
    strictTransportSecurity: isSecure && { maxAge: HSTS_MAX_AGE_SECONDS, includeSubDomains: false },
  });
  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(headers);
    done();
  });
}

/** What helmet sets; it looks at neither the request nor the response. */
function findHeaders(options: HelmetOptions): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {};
  const response = {
    setHeader: (name: string, value: string) => {
      headers[name.toLowerCase()] = value;
    },
    removeHeader: () => undefined,
  };
  helmet(options)({} as IncomingMessage, response as unknown as ServerResponse, (error) => {
    if (error !== undefined) throw error;
  });
  return headers;
}

/**
 * CORS for exactly the given origins; with none there is no CORS header on any answer. Credentials are
 * not allowed: no cookie means anything here. Request headers are not restricted, so that
 * `apollo-require-preflight`, `authorization` and tracing headers pass.
 */
export function addCors(server: FastifyInstance, origins: readonly string[]): void {
  if (origins.length === 0) return;
  server.register(cors, {
    origin: [...origins],
    methods: ['GET', 'POST'],
    exposedHeaders: [
      REQUEST_ID_HEADER,
      'retry-after',
      'etag',
      'www-authenticate',
      RATE_HEADER,
      RATE_POLICY_HEADER,
    ],
    maxAge: PREFLIGHT_MAX_AGE_SECONDS,
  });
}
