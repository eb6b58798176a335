/**
 * A connection that asks one request after the other over a bare socket: it takes a fraction of what `node:http` takes on
 * the asking side, so that servers are measured and not their callers. Knows as much of HTTP/1.1 as they answer with.
 */

import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** As sent, up to the empty line. */
  readonly head: string;
  /** Without the framing of chunks. */
  readonly body: Buffer;
}

export interface HttpConnection {
  /** One at a time. @throws Error when the connection ends first */
  ask(request: Buffer): Promise<RawAnswer>;
  close(): void;
}

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = Buffer.from('0\r\n\r\n');
const NO_BODY = 304;

/** A server that sends nothing for so long will not answer. */
const SILENCE_MS = 60_000;

/** @param silenceMs how long a server may send nothing before a request fails */
export async function openConnection(url: string, silenceMs = SILENCE_MS): Promise<HttpConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>();
  socket.once('connect', resolve);
  socket.once('error', reject);
  await connected;
  socket.setTimeout(silenceMs);
  return createConnection(socket);
}

interface Pending {
  readonly resolve: (answer: RawAnswer) => void;
  readonly reject: (error: Error) => void;
}

interface Head {
  readonly text: string;
  readonly status: number;
  /** Bytes of the body; `undefined` = it comes in chunks. */
  readonly length: number | undefined;
}

function createConnection(socket: Socket): HttpConnection {
  let pending: Pending | undefined;
  let head: Head | undefined;
  let parts: Buffer[] = [];
  let size = 0;

  const fail = (error: Error): void => {
    const waiting = pending;
    pending = undefined;
    waiting?.reject(error);
  };
  const finish = (body: Buffer): void => {
    const { text, status } = head!;
    const waiting = pending;
    pending = undefined;
    head = undefined;
    parts = [];
    size = 0;
    waiting?.resolve({ status, head: text, body });
  };
  socket.on('data', (data) => {
    let rest = data;
    if (head === undefined) {
      const bytes = parts.length === 0 ? data : Buffer.concat([...parts, data]);
      const end = bytes.indexOf(HEAD_END);
      if (end < 0) {
        parts = [bytes];
        return;
      }
      head = readHead(bytes.toString('latin1', 0, end));
      rest = bytes.subarray(end + HEAD_END.length);
      parts = [];
    }
    parts.push(rest);
    size += rest.length;
    if (head.length === undefined) {
      if (endsChunks(parts, rest)) finish(joinChunks(Buffer.concat(parts)));
    } else if (size >= head.length) finish(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
  });
  socket.on('timeout', () => {
    if (pending !== undefined) socket.destroy(new Error('No answer came.'));
  });
  socket.on('error', fail);
  socket.on('close', () => fail(new Error('The connection was closed before the answer was there.')));

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        pending = { resolve, reject };
        socket.write(request);
      }),
    close: () => socket.destroy(),
  };
}

function readHead(text: string): Head {
  const status = Number(text.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
  if (status === NO_BODY) return { text, status, length: 0 };
  const length = /^content-length: *(\d+)/im.exec(text)?.[1];
  return { text, status, length: length === undefined ? undefined : Number(length) };
}

/** A body of JSON holds no empty line: these five bytes are the last chunk, and nothing follows it. */
function endsChunks(parts: readonly Buffer[], last: Buffer): boolean {
  const tail = last.length >= LAST_CHUNK.length || parts.length === 1 ? last : Buffer.concat(parts);
  return tail.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
}

function joinChunks(bytes: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let place = 0; ; ) {
    const lineEnd = bytes.indexOf('\r\n', place);
    const length = Number.parseInt(bytes.toString('latin1', place, lineEnd), 16);
    if (length === 0) return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
    chunks.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + length));
    place = lineEnd + 2 + length + 2;
  }
}

/** The bytes of a request. */
export function encodeRequest(url: string, { method, headers, body = '' }: RequestParts): Buffer {
  const { pathname, search, host } = new URL(url);
  const lines = [
    `${method} ${pathname}${search} HTTP/1.1`,
    `host: ${host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ...(method === 'POST' ? [`content-length: ${Buffer.byteLength(body)}`] : []),
  ];
  return Buffer.from(`${lines.join('\r\n')}${HEAD_END}${body}`);
}

export interface RequestParts {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}
