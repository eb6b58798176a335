/**
 * What a request asks for, as a key: the same for all requests that must be answered alike over one snapshot at one instant, and
 * another for all others. In it are what the caller may read, the document, the name of the operation, the variables and the
 * media type of the answer. Texts of other spelling are other documents; variables are compared by their values.
 *
 * A request that may be answered in another way than by executing its operation has no key: one that is malformed, that
 * registers a persisted query, or that a browser may have been made to send. So has one whose length is part of its cost.
 */

import { hash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { Caller } from '../../core/caller.ts';
import { FREE_BODY_BYTES } from '../../graphql/admission/request-price.ts';
import type { ResponseType } from '../accept.ts';

export interface AskedOperation {
  /** A SHA-256. */
  readonly key: string;
  /** SHA-256 of the document's text, lower-case hex. */
  readonly documentHash: string;
  /** As the request gives it. */
  readonly operationName: string | null;
}

/** A request to the graph, as it goes into the pipeline. */
export interface AskingRequest {
  readonly caller: Caller;
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  /** The query string of a GET, without empty parameters. */
  readonly search: string;
  /** Of a POST, parsed. */
  readonly body: unknown;
  /** Length of the body, or of the URL of a GET. */
  readonly bodyBytes: number;
  readonly responseType: ResponseType;
}

/** What a request says about its operation. */
interface OperationParameters {
  readonly query?: unknown;
  readonly operationName?: unknown;
  readonly variables?: unknown;
  readonly extensions?: unknown;
}

/** `undefined` for a request that has no key. */
export function findAskedOperation(request: AskingRequest): AskedOperation | undefined {
  if (request.bodyBytes > FREE_BODY_BYTES) return undefined;
  const parameters = request.method === 'GET' ? readSearch(request) : toParameters(request.body);
  if (parameters === undefined) return undefined;
  const operationName = parameters.operationName ?? null;
  const variables = parameters.variables ?? {};
  const named = findNamedDocument(parameters);
  if (named === undefined || !isRecord(variables)) return undefined;
  if (operationName !== null && typeof operationName !== 'string') return undefined;
  const material = [
    scopeOf(request.caller),
    request.responseType,
    // By its hash alone, a document is found only where it has been registered.
    named.isByHash ? 'hash' : 'text',
    named.hash,
    JSON.stringify(operationName),
    printCanonically(variables),
  ];
  return { key: hash('sha256', material.join('\n'), 'base64url'), documentHash: named.hash, operationName };
}

/** What of the inventory a caller may read and do: of callers who have that in common, all are answered alike. */
function scopeOf(caller: Caller): string {
  const known = scopes.get(caller);
  if (known !== undefined) return known;
  const scope = JSON.stringify([[...caller.rights].sort(), caller.rbacGroupIds]);
  scopes.set(caller, scope);
  return scope;
}

const scopes = new WeakMap<Caller, string>();

function readSearch({ headers, search }: AskingRequest): OperationParameters | undefined {
  if (!isPreflighted(headers)) return undefined;
  const parameters = new URLSearchParams(search);
  const read = (name: string): string | undefined => {
    const values = parameters.getAll(name);
    if (values.length > 1) throw new TypeError(name);
    return values[0];
  };
  const readJson = (name: string): unknown => {
    const text = read(name);
    return text === undefined ? undefined : (JSON.parse(text) ?? false);
  };
  try {
    return {
      query: read('query'),
      operationName: read('operationName'),
      variables: readJson('variables'),
      extensions: readJson('extensions'),
    };
  } catch {
    return undefined;
  }
}

function toParameters(body: unknown): OperationParameters | undefined {
  return isRecord(body) ? body : undefined;
}

/**
 * Whether a GET is not one that a page of any origin can have a browser send without asking first. Stricter than Apollo, which
 * takes some content types for a sign as well.
 */
function isPreflighted(headers: IncomingHttpHeaders): boolean {
  if (headers['content-type'] !== undefined) return false;
  return ['x-apollo-operation-name', 'apollo-require-preflight'].some((name) => (headers[name] ?? '') !== '');
}

function findNamedDocument({
  query,
  extensions = null,
}: OperationParameters): { readonly hash: string; readonly isByHash: boolean } | undefined {
  if (extensions !== null && !isRecord(extensions)) return undefined;
  const persistedQuery = extensions?.persistedQuery ?? null;
  if (typeof query === 'string' && query !== '') {
    // With both it is registered, which must happen. What no UTF-8 stands for has no hash of its own.
    if (persistedQuery !== null || !query.isWellFormed()) return undefined;
    return { hash: hash('sha256', query), isByHash: false };
  }
  if ((query ?? null) !== null || !isRecord(persistedQuery) || persistedQuery.version !== 1) return undefined;
  const { sha256Hash } = persistedQuery;
  if (typeof sha256Hash !== 'string' || !SHA256.test(sha256Hash)) return undefined;
  return { hash: sha256Hash, isByHash: true };
}

const SHA256 = /^[\da-f]{64}$/;

/** JSON with the keys of every object in order. Unlike for arguments, `null` and absent are not the same: of a variable. */
function printCanonically(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printCanonically).join()}]`;
  // JSON has no word for what a number too large is read as, and one too few for zero.
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (!isRecord(value)) return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${printCanonically(value[name])}`);
  return `{${members.join()}}`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
