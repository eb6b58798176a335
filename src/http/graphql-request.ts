/**
 * What a request to the graph says, as the pipeline takes it: parameters of a GET or the body of a POST, with the document in
 * the place of its hash, and the headers with the one media type that was chosen.
 */

import { HeaderMap } from '@apollo/server';
import type { FastifyRequest } from 'fastify';
import { findResponseType } from './accept.ts';
import { checkSearch } from './json-body.ts';
import { type Resolved, resolveBody, resolveSearch, type TrustedOperations } from './named-document.ts';

/** What the request says, with the document that it names in its place. */
export function resolveDocument(
  { method, body }: FastifyRequest,
  search: string,
  trusted: TrustedOperations | undefined,
): Resolved<{ readonly search: string; readonly body: unknown }> {
  if (trusted === undefined) return { request: { search, body } };
  if (method === 'GET') {
    const resolved = resolveSearch(search, trusted);
    return 'failure' in resolved ? resolved : { request: { search: resolved.request, body } };
  }
  const resolved = resolveBody(body, trusted);
  return 'failure' in resolved ? resolved : { request: { search, body: resolved.request } };
}

/** The headers as Apollo takes them, `accept` being the one type that was chosen, so that both choose the same. */
export function toHeaderMap(request: FastifyRequest): HeaderMap {
  const headers = new HeaderMap();
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const accepted = findResponseType(request.headers.accept);
  if (accepted !== undefined) headers.set('accept', accepted);
  return headers;
}

/**
 * The query string. Not by `new URL`: the host of that would be the caller's to break. A parameter that is empty is
 * left out, as if it were absent (GraphQL over HTTP, section GET).
 *
 * @throws JsonExcessError for one with JSON that is too much
 */
export function readSearch(url: string): string {
  const start = url.indexOf('?');
  if (start < 0) return '';
  const parameters = new URLSearchParams(url.slice(start));
  const search = new URLSearchParams([...parameters].filter(([, value]) => value !== '')).toString();
  checkSearch(search);
  return search;
}
