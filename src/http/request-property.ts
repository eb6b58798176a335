/**
 * What is known of a request by those who come across it at different times. It stands at the request itself: as the value of
 * a WeakMap it would outlive, with all that it holds, every collection of young objects until the next whole one.
 */

import type { FastifyRequest } from 'fastify';

export interface RequestProperty<Value> {
  find(request: FastifyRequest): Value | undefined;
  set(request: FastifyRequest, value: Value): void;
}

/** A property that nobody else can read or write. @param name for whoever debugs */
export function createRequestProperty<Value>(name: string): RequestProperty<Value> {
  const key = Symbol(name);
  const open = (request: FastifyRequest) => request as unknown as { [key]?: Value };
  return {
    find: (request) => open(request)[key],
    set: (request, value) => {
      open(request)[key] = value;
    },
  };
}
