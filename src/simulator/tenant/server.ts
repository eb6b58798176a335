/**
 * One HTTP port for the whole tenant: routes a request to its endpoint, applies the fault that is due, sends
 * the reply, and writes down what was asked.
 */

import { once } from 'node:events';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createApiErrorReply } from './api-errors.ts';
import { createCopyPendingReply, type Fault, type FaultBook, type SimulatedEndpoint } from './faults.ts';
import type { Reply, SimulatedRequest } from './reply.ts';
import type { SimulatedClock } from './simulated-clock.ts';

/** One call that was made, in order of arrival. */
export interface SimulatedCall {
  readonly endpoint: SimulatedEndpoint;
  readonly method: string;
  /** Path and query, signature and skip token left out. */
  readonly target: string;
  /** Status that was sent; 0 when the connection was reset before one. */
  readonly status: number;
  /** Simulated time of arrival, epoch milliseconds. */
  readonly atMs: number;
}

export interface Route {
  readonly endpoint: SimulatedEndpoint;
  readonly answer: (request: SimulatedRequest) => Reply | Promise<Reply>;
}

export interface TenantServerOptions {
  readonly host: string;
  readonly port: number;
  readonly clock: SimulatedClock;
  readonly faults: FaultBook;
  /** Waits, in milliseconds of simulated time. */
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
  /** The endpoint of a path, which is given in lower case as well. */
  readonly findRoute: (path: string, lowerCasePath: string) => Route | undefined;
}

export interface TenantServer {
  readonly port: number;
  readonly calls: readonly SimulatedCall[];
  [Symbol.asyncDispose](): Promise<void>;
}

const MAXIMUM_BODY_BYTES = 64 * 1024;
/** Calls that are remembered; the oldest are forgotten. */
const MAXIMUM_CALLS = 10_000;

/** Listens. @throws what `listen` fails with, such as EADDRINUSE */
export async function startTenantServer(options: TenantServerOptions): Promise<TenantServer> {
  const calls: SimulatedCall[] = [];
  const stopping = new AbortController();
  const server = createServer((incoming, outgoing) => {
    answer(options, calls, incoming, outgoing, stopping.signal).catch((error: unknown) => {
      if (outgoing.headersSent || stopping.signal.aborted) outgoing.destroy();
      else outgoing.writeHead(500, { 'content-type': 'text/plain' }).end(`The simulator failed: ${error}`);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    calls,
    [Symbol.asyncDispose]: () => {
      stopping.abort();
      return close(server);
    },
  };
}

async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

async function answer(
  options: TenantServerOptions,
  calls: SimulatedCall[],
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const { clock, faults } = options;
  const url = new URL(incoming.url ?? '/', `http://${incoming.headers.host ?? 'localhost'}`);
  const method = incoming.method ?? 'GET';
  const route = options.findRoute(url.pathname, url.pathname.toLowerCase());
  const endpoint = route?.endpoint ?? 'unknown';
  const call = { endpoint, method, target: toLoggedTarget(url), status: 0, atMs: clock.now() };
  calls.push(call);
  if (calls.length > MAXIMUM_CALLS) calls.shift();

  const fault = faults.take({ endpoint, method, url });
  if (fault?.kind === 'delay') await options.sleep(fault.delayMs, signal);
  const stop = toStop(fault);
  if (stop?.afterBytes === 0 && stop.kind !== 'truncate') {
    if (stop.kind === 'reset') incoming.socket.resetAndDestroy();
    return;
  }
  const reply = await createReply(fault, route, async () => ({
    method,
    url,
    headers: fault?.kind === 'ignoreRange' ? withoutRange(incoming.headers) : incoming.headers,
    body: method === 'POST' ? await readBody(incoming) : '',
  }));
  call.status = reply.status;
  await send(reply, outgoing, stop);
}

function withoutRange({ range: _, 'x-ms-range': __, ...headers }: IncomingHttpHeaders): IncomingHttpHeaders {
  return headers;
}

function toLoggedTarget(url: URL): string {
  const query = new URLSearchParams(url.searchParams);
  for (const secret of ['sig', '$skiptoken']) if (query.has(secret)) query.set(secret, '***');
  return query.size === 0 ? url.pathname : `${url.pathname}?${query}`;
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MAXIMUM_BODY_BYTES)
      throw new RangeError(`A request body is larger than ${MAXIMUM_BODY_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

async function createReply(
  fault: Fault | undefined,
  route: Route | undefined,
  readRequest: () => Promise<SimulatedRequest>,
): Promise<Reply> {
  if (fault?.kind === 'reply')
    return { status: fault.status, headers: fault.headers ?? {}, body: fault.body ?? null };
  if (fault?.kind === 'copyPending') return createCopyPendingReply();
  const own =
    route === undefined
      ? createApiErrorReply(404, 'ResourceNotFound', 'No such resource.')
      : await route.answer(await readRequest());
  if (fault?.kind !== 'change') return own;
  const changed = fault.change({ ...own, body: await toBuffer(own.body) });
  const keepsLength = changed.headers['content-length'] !== own.headers['content-length'];
  const length = keepsLength ? {} : { 'content-length': String(changed.body.byteLength) };
  return { ...changed, headers: { ...changed.headers, ...length } };
}

async function toBuffer(body: Reply['body']): Promise<Uint8Array> {
  if (body === null) return Buffer.alloc(0);
  return body instanceof Readable ? buffer(body) : Buffer.from(body);
}

interface Stop {
  readonly kind: 'reset' | 'truncate' | 'hang';
  readonly afterBytes: number;
}

function toStop(fault: Fault | undefined): Stop | undefined {
  switch (fault?.kind) {
    case 'reset':
    case 'truncate':
    case 'hang':
      return { kind: fault.kind, afterBytes: fault.afterBytes ?? 0 };
    default:
      return undefined;
  }
}

async function send(reply: Reply, outgoing: ServerResponse, stop: Stop | undefined): Promise<void> {
  const headers: Record<string, string> = { ...reply.headers };
  if (stop?.kind === 'truncate') delete headers['content-length'];
  outgoing.writeHead(reply.status, headers);
  if (stop !== undefined) return sendPart(reply, outgoing, stop);
  if (reply.body instanceof Readable) await pipeline(reply.body, outgoing);
  else outgoing.end(reply.body ?? undefined);
}

/** Sends the first bytes, lets them leave, then stops as told. */
async function sendPart(reply: Reply, outgoing: ServerResponse, { kind, afterBytes }: Stop): Promise<void> {
  const body = await toBuffer(reply.body);
  await new Promise<void>((resolve) => {
    outgoing.write(body.subarray(0, afterBytes), () => resolve());
  });
  if (kind === 'truncate') outgoing.end();
  if (kind === 'reset') outgoing.socket?.resetAndDestroy();
}
