/** A loopback HTTP server whose answers a test writes, with a list of what it was asked. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface UpstreamServer extends AsyncDisposable {
  /** Without a trailing slash. */
  readonly url: string;
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  readonly requests: readonly ReceivedRequest[];
}

export type Answer = (request: ReceivedRequest, response: ServerResponse) => void | Promise<void>;

export async function startUpstream(answer: Answer): Promise<UpstreamServer> {
  const requests: ReceivedRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const request: ReceivedRequest = {
      method: incoming.method ?? '',
      path: incoming.url ?? '',
      headers: incoming.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    requests.push(request);
    await answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host}`,
    host,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Answers one after the other; the last one stays. */
export function inTurn(...answers: readonly Answer[]): Answer {
  let turn = 0;
  return (request, response) => {
    const answer = answers[Math.min(turn, answers.length - 1)] as Answer;
    turn += 1;
    return answer(request, response);
  };
}

/** A complete answer. */
export function reply(
  status: number,
  body: string | Buffer = '',
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return (_request, response) => {
    response.writeHead(status, headers).end(body);
  };
}

export function replyJson(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return reply(status, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
}

/** Sends the head and the first bytes of a longer body, then breaks the connection. */
export function replyCut(
  body: Buffer,
  keptBytes: number,
  headers: Readonly<Record<string, string>> = {},
  until: Promise<void> = Promise.resolve(),
): Answer {
  return (_request, response) => {
    response.writeHead(200, { 'content-length': String(body.length), ...headers });
    response.write(body.subarray(0, keptBytes), () => until.then(() => response.destroy()));
  };
}
