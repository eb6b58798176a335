/**
 * Requests of one connection are handled one after the other: the next begins when the answer to the one before has been
 * handed over to the system whole. HTTP/1.1 answers in this order anyway; begun all at once, they would only have
 * their answers wait in memory. Nothing is lost, but for a connection that has more requests wait than it may: it is cut.
 */

import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Beside the one that is handled. Nearly every client waits for an answer before it asks again. */
export const MAXIMUM_WAITING_REQUESTS = 16;

export interface RequestOrder {
  /** The listener, called for one request of a connection at a time. */
  wrap(onRequest: RequestListener): RequestListener;
  /** Whether its connection has requests wait behind this one. */
  hasFollowers(request: IncomingMessage): boolean;
}

interface WaitingRequest {
  readonly request: IncomingMessage;
  readonly answer: ServerResponse;
}

export function createRequestOrder(): RequestOrder {
  /** Of connections that have a request handled: those behind it. */
  const followers = new WeakMap<Socket, WaitingRequest[]>();

  function begin(onRequest: RequestListener, { request, answer }: WaitingRequest): void {
    const { socket } = request;
    answer.once('close', () => {
      const waiting = followers.get(socket);
      const next = socket.writable ? waiting?.shift() : undefined;
      if (next === undefined) followers.delete(socket);
      else begin(onRequest, next);
    });
    onRequest(request, answer as Parameters<RequestListener>[1]);
  }

  return {
    wrap: (onRequest) => (request, answer) => {
      const { socket } = request;
      const waiting = followers.get(socket);
      if (waiting === undefined) {
        followers.set(socket, []);
        begin(onRequest, { request, answer });
      } else if (waiting.length < MAXIMUM_WAITING_REQUESTS) {
        waiting.push({ request, answer });
      } else {
        waiting.length = 0;
        socket.destroy();
      }
    },
    hasFollowers: ({ socket }) => (followers.get(socket)?.length ?? 0) > 0,
  };
}
