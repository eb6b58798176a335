/**
 * The listening socket and the connections of an HTTP server, from the first to the last.
 *
 * It guarantees that draining cuts no answer short. `http.Server#close` does: it destroys connections that
 * Node counts as idle, among them those whose answer has ended but is still on its way to a slow reader. Closing a
 * socket that listens also resets the connections that the system has accepted and Node has not: draining takes those
 * first. What it cannot know of is a connection that comes in the microseconds between the last look and the close.
 */

import type { Server, ServerResponse } from 'node:http';
import { type AddressInfo, type ListenOptions, Server as NetServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { SECOND_MS } from '../core/units.ts';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /**
   * Whether threads listen together, and the system gives each connection to one of them: the first of them is refused
   * a port that somebody else listens on, a further one joins it. Default: alone.
   */
  readonly sharing?: 'first' | 'further';
}

export interface Connections {
  /**
   * Starts to accept; port 0 takes a free one.
   *
   * @throws what `net.Server#listen` emits: EADDRINUSE, EACCES, ENOTFOUND …
   */
  listen(address: ListenAddress): Promise<AddressInfo>;
  /**
   * Takes the connections that wait to be accepted, then stops accepting and closes each connection as it falls idle;
   * resolves when none is left.
   */
  drain(): Promise<void>;
  /**
   * Settles while those that wait are taken; `undefined` at all other times. No request should be answered before it
   * has: a caller who is answered comes back with another connection, and the queue never empties.
   */
  readonly settling: Promise<void> | undefined;
  /** Of requests that were read and whose answer is not all with the system, those of pipelined requests included. */
  readonly answers: ReadonlySet<ServerResponse>;
  /** Destroys every connection, whatever it is doing. */
  cut(): void;
}

/** Takes charge of the server's connections; must be called before it listens. */
export function createConnections(server: Server): Connections {
  const answers = new Set<ServerResponse>();
  /** Those that are still in a TLS handshake are not among the connections that `http.Server` knows. */
  const sockets = new Set<Socket>();
  let draining = false;
  let settling: Promise<void> | undefined;
  let arrivals = 0;

  server.on('connection', (socket: Socket) => {
    arrivals += 1;
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.on('request', (_request, answer) => {
    arrivals += 1;
    answers.add(answer);
    answer.once('close', () => {
      answers.delete(answer);
      if (draining) closeIdle();
    });
  });

  /** Waits for slow readers: one of them delays idle connections, which costs nobody anything. */
  function closeIdle(): void {
    if (![...answers].some(isOnItsWay)) server.closeIdleConnections();
  }

  async function listen({ host, port, sharing }: ListenAddress): Promise<AddressInfo> {
    if (sharing === 'first' && port !== 0) await refuseTaken({ host, port });
    await startListening(server, { host, port, reusePort: sharing !== undefined });
    return server.address() as AddressInfo;
  }

  async function drain(): Promise<void> {
    draining = true;
    if (server.listening) {
      settling = takeWaiting();
      await settling;
    }
    const closed = new Promise<void>((resolve) => {
      // The plain socket server's close: it stops accepting and leaves the connections alone. Its error,
      // that it never listened, is no error here.
      NetServer.prototype.close.call(server, () => resolve());
    });
    settling = undefined;
    closeIdle();
    await closed;
  }

  /** Resolves when nothing has come for a few turns of the event loop, each of which accepts one connection at least. */
  async function takeWaiting(): Promise<void> {
    const givenUpAtMs = performance.now() + SETTLE_LIMIT_MS;
    for (let quietTurns = 0; quietTurns < QUIET_TURNS && performance.now() < givenUpAtMs; ) {
      const before = arrivals;
      await setImmediate();
      quietTurns = arrivals === before ? quietTurns + 1 : 0;
    }
  }

  return {
    answers,
    listen,
    drain,
    cut: () => {
      for (const socket of sockets) socket.destroy();
    },
    get settling() {
      return settling;
    },
  };
}

/** One turn may be full with other events; what comes in the last one is what can be lost, so it must be a short one. */
const QUIET_TURNS = 3;
/** Where connections come faster than they can be accepted, some are lost whenever it ends. */
const SETTLE_LIMIT_MS = SECOND_MS;

/** A port that may be shared would be shared with a stranger too: another gateway of the same user. */
async function refuseTaken(address: ListenOptions): Promise<void> {
  const probe = new NetServer();
  await startListening(probe, address);
  await new Promise((resolve) => probe.close(resolve));
}

function startListening(server: NetServer, options: ListenOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(options, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Whether the handler has said all, and the reader has not taken all. */
function isOnItsWay(answer: ServerResponse): boolean {
  return answer.writableEnded && !answer.writableFinished;
}
