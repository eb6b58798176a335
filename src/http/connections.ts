/**
 * The listening socket and the connections of an HTTP server, from the first to the last.
 *
 * It guarantees that draining cuts no answer short. `http.Server#close` does: it destroys connections that
 * Node counts as idle, among them those whose answer has ended but is still on its way to a slow reader.
 */

import type { Server, ServerResponse } from 'node:http';
import { type AddressInfo, Server as NetServer } from 'node:net';

export interface Connections {
  /**
   * Starts to accept; port 0 takes a free one.
   *
   * @throws what `net.Server#listen` emits: EADDRINUSE, EACCES, ENOTFOUND …
   */
  listen(address: { readonly host: string; readonly port: number }): Promise<AddressInfo>;
  /** Stops accepting and closes each connection as it falls idle; resolves when none is left. */
  drain(): Promise<void>;
  /** Destroys every connection, whatever it is doing. */
  cut(): void;
}

/** Takes charge of the server's connections; must be called before it listens. */
export function createConnections(server: Server): Connections {
  const answers = new Set<ServerResponse>();
  let draining = false;

  server.on('request', (_request, answer) => {
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

  function listen(address: { readonly host: string; readonly port: number }): Promise<AddressInfo> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(address, () => {
        server.off('error', reject);
        resolve(server.address() as AddressInfo);
      });
    });
  }

  function drain(): Promise<void> {
    draining = true;
    return new Promise((resolve) => {
      // The plain socket server's close: it stops accepting and leaves the connections alone. Its error,
      // that it never listened, is no error here.
      NetServer.prototype.close.call(server, () => resolve());
      closeIdle();
    });
  }

  return { listen, drain, cut: () => server.closeAllConnections() };
}

/** Whether the handler has said all, and the reader has not taken all. */
function isOnItsWay(answer: ServerResponse): boolean {
  return answer.writableEnded && !answer.writableFinished;
}
