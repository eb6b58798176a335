/** The least that a server on `node:http` can do: read a request to its end, and send bytes that were there before. */

import { createServer } from 'node:http';
import { listenOnLoopback, serveUntilTold } from '../../support/servers.ts';

export interface RawTask {
  /** By path. */
  readonly answers: Readonly<Record<string, RawAnswer>>;
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

serveUntilTold<RawTask>(async ({ answers }) => {
  const server = createServer((request, response) => {
    const { status, headers, body } = answers[request.url!]!;
    request.resume();
    request.once('end', () => {
      response.writeHead(status, headers);
      response.end(body);
    });
  });
  return await listenOnLoopback(server);
});
