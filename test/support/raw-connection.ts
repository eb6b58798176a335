/** A connection of a test's own to a server on loopback: it writes what no client would, and reads when it is told to. */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface RawConnection extends Disposable {
  readonly socket: Socket;
  /** Resolves when it has closed, by whoever and however. */
  readonly closed: Promise<void>;
  /** All that came, as Latin-1, once the server has closed. */
  readAll(): Promise<string>;
}

/** Connects; nothing is read yet. */
export async function openRawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.setEncoding('latin1').on('error', () => undefined);
  await once(socket, 'connect');
  socket.pause();
  const closed = new Promise<void>((resolve) => void socket.once('close', () => resolve()));
  return {
    socket,
    closed,
    readAll: async () => {
      const texts: string[] = [];
      socket.on('data', (text: string) => void texts.push(text)).resume();
      await closed;
      return texts.join('');
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
