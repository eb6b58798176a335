/** Hostile requests one at a time: whole ones that are read to the end, and ones that break off. */

import { EDGES, EXCESSES, type InventoryFacts, toBody } from './documents.ts';

/** What a hostile caller has to work with. */
export interface Means {
  /** An access token of its own, that the gateway accepts. */
  readonly token: string;
  /** Tokens that it must not accept, by what is wrong with them. */
  readonly badTokens: Readonly<Record<string, string>>;
  readonly facts: InventoryFacts;
  /** Name of an edge → the largest size that the gateway admits. */
  readonly sizes: Readonly<Record<string, number>>;
}

export interface HostileRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The body without its length, in pieces. */
  readonly isChunked?: boolean;
  /** The caller hangs up so long after sending; absent = it reads the answer. */
  readonly hangUpAfterMs?: number;
}

export type MakeRequest = (means: Means, salt: string) => HostileRequest;

const MEBIBYTE = 1_048_576;
const HUGE_BODY_BYTES = 4 * MEBIBYTE;
/** Just below what is read as installed. */
const LONG_BODY_BYTES = 262_000;
/** Node's parser takes 16 KiB of headers. */
const LONG_HEADER_BYTES = 15_000;
const HANG_UP_AFTER_MS = 20;
const SMALL = toBody({ query: '{ viewer { kind } }' });

/** A page that costs as much as is admitted: what hostile callers ask for where the operation is not the point. */
export const LARGE_EDGE = 'admitted rows';

/** Name of the kind → the next request of it. */
export const REQUESTS: Readonly<Record<string, MakeRequest>> = {
  ...mapValues(EXCESSES, (operation): MakeRequest => {
    return (means, salt) => post(means.token, toBody(operation(means.facts, salt)));
  }),
  ...mapValues(
    EDGES,
    (_edge, name): MakeRequest =>
      (means, salt) =>
        post(means.token, edgeBody(name, means, salt)),
  ),
  'compressed answers': (means, salt) => {
    const { headers, body } = post(means.token, edgeBody(LARGE_EDGE, means, salt));
    return { headers: { ...headers, 'accept-encoding': 'br' }, body };
  },
  'batch of operations': ({ token }) => post(token, `[${Array.from({ length: 10 }, () => SMALL).join(',')}]`),
  'body too long': ({ token }) => post(token, ' '.repeat(HUGE_BODY_BYTES)),
  'body too long, in chunks': ({ token }) => ({
    ...post(token, ' '.repeat(HUGE_BODY_BYTES)),
    isChunked: true,
  }),
  'body of brackets': ({ token }) => post(token, '['.repeat(LONG_BODY_BYTES)),
  'hang up': (means, salt) => ({
    ...post(means.token, edgeBody(LARGE_EDGE, means, salt)),
    hangUpAfterMs: HANG_UP_AFTER_MS,
  }),
  'hang up on a search': (means, salt) => ({
    ...post(means.token, edgeBody('admitted texts', means, salt)),
    hangUpAfterMs: HANG_UP_AFTER_MS,
  }),
  'no token': () => ({ headers: { 'content-type': 'application/json' }, body: SMALL }),
  'bad tokens': ({ badTokens }, salt) => {
    const tokens = Object.values(badTokens);
    return post(tokens[Number.parseInt(salt, 16) % tokens.length]!, SMALL);
  },
  'long token': ({ token }) => post(token.padEnd(LONG_HEADER_BYTES, 'A'), SMALL),
  'long headers': ({ token }) => {
    const { headers, body } = post(token, SMALL);
    return { headers: { ...headers, 'x-filler': 'A'.repeat(2 * LONG_HEADER_BYTES) }, body };
  },
};

/** The body of an edge at the size that is admitted. */
export function edgeBody(name: string, { facts, sizes }: Means, salt: string): string {
  return toBody(EDGES[name]!.operation(sizes[name]!, facts, salt));
}

function post(token: string, body: string): HostileRequest {
  return { headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` }, body };
}

function mapValues<From, To>(
  record: Readonly<Record<string, From>>,
  map: (value: From, name: string) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, map(value, name)]));
}
