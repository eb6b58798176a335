/**
 * `/graphql`: GraphQL over HTTP on Apollo Server's pipeline.
 *
 * It guarantees that nothing is executed for a request whose answer the caller could not read: method,
 * `Accept`, media type and body are settled first. Apollo's own handler negotiates after execution, by
 * which time a mutation has run. It does not start or stop the Apollo server.
 */

import type { Readable } from 'node:stream';
import { type ApolloServer, type BaseContext, HeaderMap } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { isRecord } from '../core/is-record.ts';
import { chargeUnexecuted, priceUnexecuted } from '../graphql/admission/request-price.ts';
import type { RequestIdentity } from '../graphql/context.ts';
import type { AskedOperation } from '../graphql/known-operations.ts';
import type { PrintedData } from '../graphql/printed-data.ts';
import { findResponseType } from './accept.ts';
import { sendPieces, sizeOf } from './answer-pieces.ts';
import type { Audit, AuditRecord } from './audit.ts';
import { isReadableBody } from './body-encoding.ts';
import { createCallerGuard } from './caller-guard.ts';
import {
  findErrorCodes,
  type GraphQLFailure,
  METHOD_NOT_ALLOWED,
  NOT_ACCEPTABLE,
  renderGraphQLFailure,
  toEndFailure,
  toGraphQLFailure,
  toResponseExtensions,
  UNREADABLE_ENCODING,
  withExtensions,
} from './graphql-failure.ts';
import { checkSearch, isUnreadable, JsonExcessError, takeJsonBodies } from './json-body.ts';
import { type Resolved, resolveBody, resolveSearch, type TrustedOperations } from './named-document.ts';
import type { FindServedSnapshot, IdentifyCaller } from './ports.ts';
import { createRequestGate, type GatedRequest } from './request-gate.ts';
import { createRequestProperty } from './request-property.ts';
import { type OpenRequestRates, openUnlimitedRates, type RequestRates } from './request-rates.ts';
import type { UnreadLimits } from './unread-answers.ts';

export const GRAPHQL_PATH = '/graphql';

export interface GraphQLRouteOptions<Context extends BaseContext> {
  /** A started server; whoever started it stops it. */
  readonly apollo: ApolloServer<Context>;
  /**
   * Answers a POST without `apollo`, where it can: the text of a response of status 200, else `undefined`. Default: it never can.
   */
  readonly answerKnown?: (asked: AskedOperation, context: Context) => Promise<string | undefined>;
  /** Makes the context of one operation; a rejection is answered as an internal error. */
  readonly createContext: (identity: RequestIdentity) => Context | Promise<Context>;
  readonly findSnapshot: FindServedSnapshot;
  /** Asked before the body of a request is read. */
  readonly identify: IdentifyCaller;
  /** How often each caller may ask; default: as often as it likes. */
  readonly openRates?: OpenRequestRates;
  readonly clock: Clock;
  /** Documents that requests may name by their hash; default: none. */
  readonly trusted?: TrustedOperations;
  /** What one operation may cost, for responses to requests that never come to be measured. */
  readonly maximumCost: number;
  /** How long a request may wait to be executed, in milliseconds from its arrival; 0, the default: as long as it takes. */
  readonly requestDeadlineMs?: number;
  /** How much of answers that nobody has read may be in memory; default: {@link UNREAD_LIMITS}. */
  readonly unreadLimits?: UnreadLimits;
  /** A clock that never goes back, in milliseconds; default: the machine's. */
  readonly monotonicNowMs?: () => number;
}

/** What is known of a request by the stage that it has come to. */
interface RequestStage {
  /** By the clock that never goes back. */
  readonly arrivedAtMs: number;
  /** Length of the body once that is read, else of the URL: a GET says all in it. */
  bodyBytes: number;
  /** From when its caller is known. */
  rates?: RequestRates;
  /** From when its body has come. */
  gated?: GatedRequest;
}

/** Adds the route to a scope of its own: it changes how bodies are parsed there. */
export function addGraphQLRoute<Context extends BaseContext>(
  scope: FastifyInstance,
  options: GraphQLRouteOptions<Context> & { readonly audit: Audit },
): void {
  const { apollo, createContext, findSnapshot, identify, trusted, maximumCost, clock, audit } = options;
  const { answerKnown = async () => undefined } = options;
  const { openRates = openUnlimitedRates, monotonicNowMs = () => performance.now() } = options;
  const { requestDeadlineMs: deadlineMs = 0, unreadLimits } = options;
  const stages = createRequestProperty<RequestStage>('stage');
  const toExtensions = ({ caller }: AuditRecord) => toResponseExtensions(findSnapshot, maximumCost, caller);
  const guard = createCallerGuard(identify, clock);
  const gate = createRequestGate({
    deadlineMs,
    clock,
    monotonicNowMs,
    ...(unreadLimits === undefined ? {} : { unreadLimits }),
  });

  /** Only JSON is read. A text/plain body is what a form on a foreign page can send without a preflight. */
  const parseJsonBody = takeJsonBodies(scope);

  scope.setErrorHandler(async (error: Error & { statusCode?: number; code?: string }, request, reply) => {
    const end = toEndFailure(error, clock.now());
    if (end !== undefined) return fail(end, request, reply);
    if (isUnreadable(error)) {
      const { rates, bodyBytes } = stages.find(request)!;
      await chargeUnexecuted({ takeCost: rates!.takeCost, log: request.log }, priceUnexecuted(bodyBytes, 0));
    }
    if (error instanceof JsonExcessError) return fail(error.failure, request, reply);
    const failure = toGraphQLFailure(error, request.id);
    if (failure.status >= 500) request.log.error({ err: error }, 'request failed');
    return fail(failure, request, reply);
  });

  /** Inventory is nothing to keep in a shared cache, and what is sent depends on Accept. */
  scope.addHook('onSend', async (request, reply) => {
    const vary = reply.getHeader('vary');
    reply
      .headers(stages.find(request)?.rates?.headers ?? {})
      .header('cache-control', 'no-store')
      .header('vary', vary === undefined ? 'accept' : `${vary}, accept`);
  });

  scope.route({
    method: ['GET', 'POST'],
    url: GRAPHQL_PATH,
    exposeHeadRoute: false,
    onRequest: async (request, reply) => {
      const stage: RequestStage = { arrivedAtMs: monotonicNowMs(), bodyBytes: request.url.length };
      stages.set(request, stage);
      // Also for a request whose connection closes before its caller is known.
      audit.open(request);
      if (findResponseType(request.headers.accept) === undefined) return fail(NOT_ACCEPTABLE, request, reply);
      if (request.method === 'POST' && !isReadableBody(request.headers)) {
        return fail(UNREADABLE_ENCODING, request, reply);
      }
      const { caller, failure } = await guard.admit(request);
      if (failure !== undefined) return fail(failure, request, reply);
      audit.open(request).caller = caller;
      stage.rates = openRates(caller);
      await stage.rates.takeRequest();
    },
    preHandler: (request, reply, done) => {
      const stage = stages.find(request)!;
      stage.gated = {
        caller: audit.open(request).caller!,
        connection: request.raw.socket,
        answer: reply.raw,
        arrivedAtMs: stage.arrivedAtMs,
      };
      gate.enter(stage.gated, done);
    },
    handler: (request, reply) => {
      const record = audit.open(request);
      const answer = execute(request, reply, record);
      record.execution = answer.then(
        () => undefined,
        () => undefined,
      );
      return answer;
    },
  });

  scope.route({
    method: ['DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'PUT', 'TRACE'],
    url: GRAPHQL_PATH,
    onRequest: async (request, reply) =>
      fail(METHOD_NOT_ALLOWED, request, reply.header('allow', 'GET, POST')),
    handler: async () => undefined,
  });

  async function execute(
    request: FastifyRequest,
    reply: FastifyReply,
    record: AuditRecord,
  ): Promise<string | Readable | FastifyReply> {
    const stage = stages.find(request)!;
    let printed: PrintedData | undefined;
    if (Buffer.isBuffer(request.body)) {
      stage.bodyBytes = request.body.length;
      request.body = parseJsonBody(request.body);
    }
    const search = searchOf(request.url);
    checkSearch(search);
    const resolved = resolveDocument(request, search, trusted);
    if ('failure' in resolved) return fail(resolved.failure, request, reply);
    const answer = gate.open(stage.gated!);
    const context = await createContext({
      caller: record.caller!,
      takeCost: async (cost) => {
        await stage.rates!.takeCost(cost);
        await answer.takeCost(cost);
      },
      arrivedAtMs: stage.arrivedAtMs,
      bodyBytes: stage.bodyBytes,
      requestId: request.id,
      log: request.log,
      // The response closes with its connection, and is only then destroyed before it was sent.
      isAbandoned: () => reply.raw.destroyed,
      watchCaller: (onChange) => {
        reply.raw.once('close', onChange);
        return () => reply.raw.off('close', onChange);
      },
      onPrinted: (data) => {
        printed = data;
      },
      onOperation: (report) => {
        record.operation = report;
      },
    });
    const known = await answerKnown(findPosted(resolved.request.body), context);
    if (known !== undefined) {
      answer.become(Buffer.byteLength(known));
      return reply.type(`${findResponseType(request.headers.accept)}; charset=utf-8`).send(known);
    }
    const { status, headers, body } = await apollo.executeHTTPGraphQLRequest({
      httpGraphQLRequest: {
        method: request.method,
        headers: toHeaderMap(request),
        ...resolved.request,
      },
      context: async () => context,
    });
    if (body.kind === 'chunked') throw new Error('incremental delivery is not part of this schema');
    const pieces = printed?.pieces;
    answer.become(pieces === undefined ? Buffer.byteLength(body.string) : sizeOf(pieces));
    reply.code(status ?? 200);
    for (const [name, value] of headers) reply.header(name, value);
    if (pieces !== undefined) return sendPieces(reply, pieces);
    if (reply.statusCode < 400) return body.string;
    record.refusalCodes = findErrorCodes(body.string);
    return withExtensions(body.string, toExtensions(record));
  }

  function fail(failure: GraphQLFailure, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    const record = audit.open(request);
    record.refusalCodes = [failure.code];
    const { contentType, body } = renderGraphQLFailure(
      failure,
      findResponseType(request.headers.accept),
      toExtensions(record),
    );
    return reply
      .code(failure.status)
      .headers(failure.headers ?? {})
      .type(contentType)
      .send(body);
  }
}

/** What the request says, with the document that it names in its place. */
function resolveDocument(
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

/** What a POST asks; nothing of a GET, which has no body. */
function findPosted(body: unknown): AskedOperation {
  return isRecord(body) ? body : {};
}

/** The headers as Apollo takes them, `accept` being the one type that was chosen, so that both choose the same. */
function toHeaderMap(request: FastifyRequest): HeaderMap {
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
 */
function searchOf(url: string): string {
  const start = url.indexOf('?');
  if (start < 0) return '';
  const parameters = new URLSearchParams(url.slice(start));
  return new URLSearchParams([...parameters].filter(([, value]) => value !== '')).toString();
}
