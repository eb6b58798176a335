/** Hostile connections that are held: they send slowly, nothing at all, or read nothing of what they asked for. */

import { connect, type Socket } from 'node:net';
import { toBody } from './documents.ts';
import { edgeBody, LARGE_EDGE, type Means } from './requests.ts';

/** What a connection does once it is there. It is told when the connection has closed by the event. */
type Behave = (socket: Socket, means: Means, salt: string) => void;

export interface HeldConnection {
  /** What became of it: the status of its first answer, `closed`, `refused`, or `held open` when it is let go. */
  readonly ended: Promise<string>;
  letGo(): void;
}

const DRIP_MS = 1_000;
/** An empty line, which may stand before a request. */
const BETWEEN_REQUESTS = '\r\n';
const PIPELINED = 100;
const LATER_BYTES = 1_000;

/** Name of the kind → its behaviour: callers who do not come to the end of what they want. */
export const SLOW_CONNECTIONS: Readonly<Record<string, Behave>> = {
  'silent connection': () => undefined,
  'slow header': (socket, { token }) => {
    socket.write(`POST /graphql HTTP/1.1\r\nhost: gateway\r\nauthorization: Bearer ${token}\r\nx-slow: `);
    drip(socket);
  },
  'slow body': (socket, { token }) => {
    socket.write(`${toHead(token, LATER_BYTES)}{`);
    drip(socket);
  },
  'body that never comes': (socket, { token }) => void socket.write(toHead(token, LATER_BYTES)),
  'half-closed connection': (socket, { token }) => void socket.end(toHead(token, LATER_BYTES)),
};

/** Name of the kind → its behaviour: callers who do not take what they asked for. */
export const UNREAD_CONNECTIONS: Readonly<Record<string, Behave>> = {
  'answer that nobody reads': (socket, means, salt) => {
    socket.pause();
    const body = edgeBody(LARGE_EDGE, means, salt);
    socket.write(`${toHead(means.token, Buffer.byteLength(body))}${body}`);
    drip(socket, BETWEEN_REQUESTS);
  },
  'hundred requests at once, unread': (socket, { token }) => {
    socket.pause();
    const body = toBody({ query: '{ certificates(first: 1000) { nodes { id thumbprint } } }' });
    socket.write(`${toHead(token, body.length)}${body}`.repeat(PIPELINED));
    drip(socket, BETWEEN_REQUESTS);
  },
};

export const CONNECTIONS: Readonly<Record<string, Behave>> = { ...SLOW_CONNECTIONS, ...UNREAD_CONNECTIONS };

/** Opens a connection and lets it behave. */
export function holdConnection(kind: string, url: string, means: Means, salt: string): HeldConnection {
  const { hostname, port } = new URL(url);
  const { promise, resolve } = Promise.withResolvers<string>();
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  let outcome = 'closed';
  socket.once('connect', () => CONNECTIONS[kind]!(socket, means, salt));
  socket.once('data', (chunk: Buffer) => {
    outcome = chunk.toString('latin1', 9, 12);
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'ECONNREFUSED') outcome = 'refused';
  });
  socket.once('end', () => socket.destroy());
  socket.once('close', () => resolve(outcome));
  return {
    ended: promise,
    letGo: () => {
      resolve(outcome === 'closed' ? 'held open' : outcome);
      socket.destroy();
    },
  };
}

function toHead(token: string, bodyBytes: number): string {
  return `POST /graphql HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\nauthorization: Bearer ${token}\r\ncontent-length: ${bodyBytes}\r\n\r\n`;
}

/** Says something from time to time: nobody can call it idle, and it notices when the other side has gone. */
function drip(socket: Socket, text = ' '): void {
  const timer = setInterval(() => socket.write(text), DRIP_MS);
  socket.once('close', () => clearInterval(timer));
}
