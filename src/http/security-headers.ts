/**
 * Response headers that limit what a browser does with an answer of ours (helmet), and which foreign
 * pages may read one (CORS).
 */

import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { REQUEST_ID_HEADER } from './request-id.ts';
import { RATE_HEADER, RATE_POLICY_HEADER } from './request-rates.ts';

/** How long a browser may remember a preflight: ten minutes, so that a changed setting takes hold soon. */
const PREFLIGHT_MAX_AGE_SECONDS = 600;

/**
 * Helmet for every answer. The policy lets a document load nothing at all; the playground sends its own.
 *
 * Strict-Transport-Security is left to whoever terminates TLS: it binds a whole host name, and on plain
 * HTTP it says nothing.
 */
export function addSecurityHeaders(server: FastifyInstance): void {
  server.register(helmet, {
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
    strictTransportSecurity: false,
  });
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
    exposedHeaders: [REQUEST_ID_HEADER, 'retry-after', 'etag', RATE_HEADER, RATE_POLICY_HEADER],
    maxAge: PREFLIGHT_MAX_AGE_SECONDS,
  });
}
