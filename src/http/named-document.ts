/**
 * Requests that name their document by its hash: as `documentId` (the appendix on persisted documents of GraphQL over HTTP,
 * which is what the client preset recommends), or as Apollo's clients send it, in `extensions.persistedQuery.sha256Hash`.
 *
 * The document is put where its text would stand, before the GraphQL pipeline sees the request: limits, cost and
 * everything else hold for it as for any other. Where hashes are enforced, nothing but a known hash goes further: a text is
 * not looked at, and no text registers itself under a hash. What is malformed in another way is left to the pipeline.
 */

import { isRecord } from '../core/is-record.ts';
import type { GraphQLFailure } from './graphql-failure.ts';

export interface TrustedOperations {
  /** Whether requests must name a document, and may send none. */
  readonly isEnforced: boolean;
  /** The text of a trusted document; `undefined` when it is none. */
  findDocument(id: string): string | undefined;
}

export const HASH_REQUIRED: GraphQLFailure = {
  status: 400,
  code: 'BAD_REQUEST',
  message:
    'The request must name a trusted document by its hash, as "documentId", and must have no "query": this gateway ' +
    'runs no other document (OPERATIONS=enforce).',
};

export const DOCUMENT_NOT_FOUND: GraphQLFailure = {
  status: 400,
  code: 'PERSISTED_QUERY_NOT_FOUND',
  message:
    'The hash must be that of a document in the manifest of trusted documents, but it is not: deploy the manifest ' +
    'that was generated with this client.',
};

export const DOCUMENT_AMBIGUOUS: GraphQLFailure = {
  status: 400,
  code: 'BAD_REQUEST',
  message: '"documentId" must be a text, and must come without "query": one of the two says what to run.',
};

/** What a request says about its document; of a GET as of a POST. */
interface DocumentParameters {
  readonly query?: unknown;
  readonly documentId?: unknown;
  readonly extensions?: unknown;
}

/** A request for the pipeline, or why it must not get there. */
export type Resolved<Request> = { readonly request: Request } | { readonly failure: GraphQLFailure };

/** @param body of a POST, parsed; whatever it is */
export function resolveBody(body: unknown, trusted: TrustedOperations): Resolved<unknown> {
  const parameters: DocumentParameters = isRecord(body) ? body : {};
  const found = findNamed(parameters, trusted);
  if ('failure' in found) return found;
  if (found.document === undefined) return { request: body };
  const extensions = withoutPersistedQuery(parameters.extensions) ?? null;
  return { request: { ...parameters, query: found.document, extensions } };
}

/** @param search of a GET, without empty parameters */
export function resolveSearch(search: string, trusted: TrustedOperations): Resolved<string> {
  const parameters = new URLSearchParams(search);
  if (['query', 'documentId', 'extensions'].some((name) => parameters.getAll(name).length > 1)) {
    return trusted.isEnforced ? { failure: HASH_REQUIRED } : { request: search };
  }
  const extensions = parseJson(parameters.get('extensions'));
  const found = findNamed(
    { query: parameters.get('query'), documentId: parameters.get('documentId'), extensions },
    trusted,
  );
  if ('failure' in found) return found;
  if (found.document === undefined) return { request: search };
  parameters.set('query', found.document);
  if (isRecord(extensions)) {
    parameters.set('extensions', JSON.stringify(withoutPersistedQuery(extensions)));
  }
  return { request: parameters.toString() };
}

/** The document that a request names, `undefined` for one that names none of ours and may go on; or why it may not. */
function findNamed(
  parameters: DocumentParameters,
  { isEnforced, findDocument }: TrustedOperations,
): { readonly document: string | undefined } | { readonly failure: GraphQLFailure } {
  const query = parameters.query ?? undefined;
  const documentId = parameters.documentId ?? undefined;
  if (isEnforced && query !== undefined) return { failure: HASH_REQUIRED };
  if (documentId !== undefined && (typeof documentId !== 'string' || query !== undefined)) {
    return { failure: DOCUMENT_AMBIGUOUS };
  }
  const id = documentId ?? (query === undefined ? findPersistedHash(parameters.extensions) : undefined);
  if (id === undefined) return isEnforced ? { failure: HASH_REQUIRED } : { document: undefined };
  const document = findDocument(id);
  if (document !== undefined) return { document };
  // Without a document of ours, Apollo's form may mean one that a client has registered.
  if (documentId === undefined && !isEnforced) return { document };
  return { failure: DOCUMENT_NOT_FOUND };
}

function findPersistedHash(extensions: unknown): string | undefined {
  const persistedQuery = isRecord(extensions) ? extensions.persistedQuery : undefined;
  if (!isRecord(persistedQuery) || persistedQuery.version !== 1) return undefined;
  return typeof persistedQuery.sha256Hash === 'string' ? persistedQuery.sha256Hash : undefined;
}

function withoutPersistedQuery(extensions: unknown): unknown {
  if (!isRecord(extensions)) return extensions;
  const { persistedQuery: _, ...others } = extensions;
  return others;
}

function parseJson(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
