/**
 * The HTTP server: every path of the gateway on one Fastify instance, and an orderly end.
 *
 * It guarantees that a request that was accepted before `stop` is answered, within the grace period. It
 * owns the sockets and nothing else: Apollo, the snapshot and the metrics are passed in and outlive it.
 */

import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BaseContext } from '@apollo/server';
import compress from '@fastify/compress';
import fastify, { type FastifyInstance, type FastifyRequest, LogController } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { KIBIBYTE, MINUTE_MS, SECOND_MS } from '../core/units.ts';
import { addAnswerPieces } from './answer-pieces.ts';
import { createAudit } from './audit.ts';
import { createConnections, type ListenAddress } from './connections.ts';
import { addDocumentRoutes, type DocumentRouteOptions } from './documents.ts';
import { createFrameworkErrors, type FrameworkErrors } from './framework-errors.ts';
import { addGraphQLRoute, type GraphQLRouteOptions } from './graphql-route.ts';
import { addHealthRoutes } from './health.ts';
import { CODINGS, COMPRESSION_THRESHOLD_BYTES } from './kept/answer-coding.ts';
import { type ConnectionLimits, createListener, type TlsIdentity } from './listener.ts';
import { addLoopbackGuard } from './loopback-guard.ts';
import { addPlaygroundRoute } from './playground.ts';
import type { HttpLogger } from './ports.ts';
import { createReaderWatch, LOOK_INTERVAL_MS, type Repeat, repeatByTimer } from './reader-watch.ts';
import { REQUEST_ID_HEADER, toRequestId } from './request-id.ts';
import { addRequestLog } from './request-log.ts';
import { createRequestOrder, type RequestOrder } from './request-order.ts';
import { addCors, addSecurityHeaders } from './security-headers.ts';

/** A thousand ids, or several lists of a thousand thumbprints, fit well; nobody writes a document of this size. */
const DEFAULT_BODY_LIMIT_BYTES = 256 * KIBIBYTE;
const DEFAULT_GRACE_MS = 10 * SECOND_MS;

export interface HttpServerOptions<Context extends BaseContext>
  extends GraphQLRouteOptions<Context>,
    DocumentRouteOptions {
  /** Whether `/` serves the playground; without it, `/` is not found. */
  readonly playground: boolean;
  /** Origins whose pages may read answers, as `https://host[:port]`; none = no CORS header at all. */
  readonly corsOrigins: readonly string[];
  readonly clock: Clock;
  /** Absent = nothing is logged. */
  readonly log?: HttpLogger;
  /** Largest request body; a longer one is answered 413. Default 256 KiB. */
  readonly bodyLimitBytes?: number;
  /** Addresses and subnets of proxies whose `X-Forwarded-*` headers are believed. Default: none. */
  readonly trustedProxies?: readonly string[];
  /** Whether requests for another host than this machine are refused: names of a browser's choice. Default: no. */
  readonly loopbackHostsOnly?: boolean;
  /** What to speak HTTPS with; default: plain HTTP. */
  readonly tls?: TlsIdentity;
  readonly connectionLimits?: Partial<ConnectionLimits>;
  /** What has connections looked at from time to time; default: a timer. */
  readonly repeat?: Repeat;
}

export interface Listening {
  /** The base URL with the port in use, without a trailing slash. */
  readonly url: string;
  /** The address and the port in use. */
  readonly address: { readonly host: string; readonly port: number };
}

export interface HttpServer extends AsyncDisposable {
  /**
   * Starts to accept connections; port 0 takes a free one.
   *
   * @throws what `net.Server#listen` emits: EADDRINUSE, EACCES, ENOTFOUND …
   */
  listen(address: ListenAddress): Promise<Listening>;
  /**
   * Ends in order: not ready at once, no new connection, idle connections closed, requests under way
   * answered with `Connection: close`; connections still open after `graceMs` are cut. The first call
   * decides, later ones wait for it.
   */
  stop(options: { readonly graceMs: number }): Promise<void>;
}

/**
 * Composes the server; nothing listens yet.
 *
 * @throws when `apollo` is not started
 */
export function createHttpServer<Context extends BaseContext>(
  options: HttpServerOptions<Context>,
): HttpServer {
  const { apollo, clock, bodyLimitBytes = DEFAULT_BODY_LIMIT_BYTES, repeat = repeatByTimer } = options;
  apollo.assertStarted('createHttpServer()');
  let stopping: Promise<void> | undefined;
  const isStopping = () => stopping !== undefined;
  const frameworkErrors = createFrameworkErrors();
  const audit = createAudit();
  const order = createRequestOrder();
  const server = createFastify(options, frameworkErrors, order);
  const connections = createConnections(server.server);
  const readers = createReaderWatch();
  const lookingAtReaders = new DisposableStack();
  logRefusedConnections(server, clock);

  server.addHook('onRequest', async () => {
    if (connections.settling !== undefined) await connections.settling;
  });
  addRequestLog(server, frameworkErrors, audit, readers);
  addSecurityHeaders(server, { isSecure: options.tls !== undefined });
  if (options.loopbackHostsOnly) addLoopbackGuard(server);
  addCors(server, options.corsOrigins);
  addAnswerPieces(server);
  server.register(compress, {
    threshold: COMPRESSION_THRESHOLD_BYTES,
    encodings: [...CODINGS],
    globalDecompression: false,
  });
  server.addHook('onSend', async (request, reply) => {
    const isLast = isStopping() && !order.hasFollowers(request.raw);
    if (isLast || isLongUnread(request, bodyLimitBytes)) reply.header('connection', 'close');
  });

  server.register(async (scope) => addGraphQLRoute(scope, { ...options, audit }));
  server.register(async (scope) => {
    addHealthRoutes(scope, { isStopping, findSnapshot: options.findSnapshot, clock });
    addDocumentRoutes(scope, options);
    if (options.playground) addPlaygroundRoute(scope);
  });

  async function listen(address: ListenAddress): Promise<Listening> {
    if (isStopping()) throw new Error('An HTTP server that was stopped cannot listen again.');
    await server.ready();
    const bound = await connections.listen(address);
    lookingAtReaders.use(repeat(LOOK_INTERVAL_MS, () => readers.look(connections.answers)));
    const scheme = options.tls === undefined ? 'http' : 'https';
    return { url: toUrl(scheme, bound), address: { host: bound.address, port: bound.port } };
  }

  async function drain(graceMs: number): Promise<void> {
    const drained = new AbortController();
    const forcing = clock.sleep(graceMs, drained.signal).then(connections.cut, () => undefined);
    await connections.drain();
    lookingAtReaders.dispose();
    drained.abort();
    await forcing;
    await server.close();
  }

  function stop({ graceMs }: { readonly graceMs: number }): Promise<void> {
    stopping ??= drain(graceMs);
    return stopping;
  }

  return { listen, stop, [Symbol.asyncDispose]: () => stop({ graceMs: DEFAULT_GRACE_MS }) };
}

/**
 * Whether a request is answered with more of its body to come than anybody would read. Node reads it all the same where
 * the connection is to be used again.
 */
function isLongUnread({ raw, headers }: FastifyRequest, bodyLimitBytes: number): boolean {
  if (raw.complete) return false;
  return (
    headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > bodyLimitBytes
  );
}

function createFastify<Context extends BaseContext>(
  options: HttpServerOptions<Context>,
  frameworkErrors: FrameworkErrors,
  order: RequestOrder,
): FastifyInstance {
  const {
    log,
    trustedProxies = [],
    bodyLimitBytes = DEFAULT_BODY_LIMIT_BYTES,
    tls,
    connectionLimits,
  } = options;
  return fastify({
    ...(log === undefined ? { logger: false } : { loggerInstance: log }),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'requestId' }),
    genReqId: (request: IncomingMessage) => toRequestId(request.headers[REQUEST_ID_HEADER]),
    requestIdHeader: false,
    frameworkErrors: frameworkErrors.handle,
    bodyLimit: bodyLimitBytes,
    serverFactory: (onRequest) => createListener(order.wrap(onRequest), tls, connectionLimits),
    trustProxy: [...trustedProxies],
  });
}

/** One line a minute at most: whoever opens too many connections does not stop at one. */
const REFUSAL_LOG_INTERVAL_MS = MINUTE_MS;

function logRefusedConnections({ server, log }: FastifyInstance, clock: Pick<Clock, 'now'>): void {
  let loggedAtMs = Number.NEGATIVE_INFINITY;
  let refused = 0;
  server.on('drop', () => {
    refused += 1;
    if (clock.now() - loggedAtMs < REFUSAL_LOG_INTERVAL_MS) return;
    log.warn(
      { event: 'connections_refused', refused, maximumConnections: server.maxConnections },
      'connections are refused: this thread has as many as it may have',
    );
    loggedAtMs = clock.now();
    refused = 0;
  });
}

function toUrl(scheme: 'http' | 'https', { address, family, port }: AddressInfo): string {
  return `${scheme}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
