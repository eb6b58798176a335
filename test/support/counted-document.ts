/** A document that counts how often anything in it is looked at: the work that is done on it, without a clock. */

import type { DocumentNode } from 'graphql';

export interface CountedDocument {
  readonly document: DocumentNode;
  /** Properties read so far, of any node or list in it. */
  readonly reads: () => number;
}

export function countReads(document: DocumentNode): CountedDocument {
  let reads = 0;
  const proxies = new WeakMap<object, object>();
  const wrap = (target: object): object => {
    const known = proxies.get(target);
    if (known !== undefined) return known;
    const proxy = new Proxy(target, {
      get: (object, name) => {
        reads += 1;
        const value: unknown = Reflect.get(object, name);
        return typeof value === 'object' && value !== null ? wrap(value) : value;
      },
    });
    proxies.set(target, proxy);
    return proxy;
  };
  return { document: wrap(document) as DocumentNode, reads: () => reads };
}
