/** The connections of servers in this process, as the servers have them: for tests that must see what waits to be sent. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

export interface ServerSockets extends Disposable {
  /** Those that were accepted since, the oldest first. */
  readonly accepted: readonly Socket[];
}

/** Begins to note connections. */
export function noteServerSockets(): ServerSockets {
  const accepted: Socket[] = [];
  const note = (message: unknown) => void accepted.push((message as { readonly socket: Socket }).socket);
  subscribe('net.server.socket', note);
  return { accepted, [Symbol.dispose]: () => void unsubscribe('net.server.socket', note) };
}
