/**
 * `/graphql`: GraphQL over HTTP on Apollo Server's pipeline.
 *
 * It guarantees that nothing is executed for a request whose answer the caller could not read: method,
 * `Accept`, media type and body are settled first. Apollo's own handler negotiates after execution, by
 * which time a mutation has run. It does not start or stop the Apollo server.
 */

import type { Readable } from 'node:stream';
import type { ApolloServer, BaseContext } from '@apollo/server';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../core/clock.ts';
import { isRecord } from '../core/is-record.ts';
import { chargeUnexecuted, priceUnexecuted } from '../graphql/admission/request-price.ts';
import type { RequestIdentity } from '../graphql/context.ts';
import type { PostedOperation } from '../graphql/known-operations.ts';
import type { OperationReport } from '../graphql/operation-report.ts';
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
import { readSearch, resolveDocument, toHeaderMap } from './graphql-request.ts';
import { isUnreadable, JsonExcessError, takeJsonBodies } from './json-body.ts';
import { type AnswerReuse, type ExecutedAnswer, WITHOUT_REUSE } from './kept/reuse.ts';
import type { TrustedOperations } from './named-document.ts';
import type { FindServedSnapshot, IdentifyCaller } from './ports.ts';
import { createRequestGate, type GatedRequest } from './request-gate.ts';
import { createRequestProperty } from './request-property.ts';
import { type OpenRequestRates, openUnlimitedRates, type RequestRates } from './request-rates.ts';
import type { UnreadLimits } from './unread-answers.ts';

export const GRAPHQL_PATH = '/graphql';

/** What decides between answers to one URL that a client may keep. */
const VARIES_OF_TAGGED = 'accept, accept-encoding, authorization';

export interface GraphQLRouteOptions<Context extends BaseContext> {
  /** A started server; whoever started it stops it. */
  readonly apollo: ApolloServer<Context>;
  /**
   * Answers a POST without `apollo`, where it can: the text of a response of status 200, else `undefined`. Default: it never can.
   */
  readonly answerKnown?: (asked: PostedOperation, context: Context) => Promise<string | undefined>;
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
  /** Answers that are given again; default: each is for its request alone. */
  readonly reuse?: ReuseOfAnswers<Context>;
  /** A clock that never goes back, in milliseconds; default: the machine's. */
  readonly monotonicNowMs?: () => number;
}

export interface ReuseOfAnswers<Context> {
  readonly answers: AnswerReuse;
  /** What an executed operation was answered from, and how long it would be answered so. */
  readonly findLife: (context: Context) => Pick<ExecutedAnswer, 'snapshotId' | 'span'>;
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
  /** Of the answer, once that has one. */
  entityTag?: string | undefined;
}

/** Adds the route to a scope of its own: it changes how bodies are parsed there. */
export function addGraphQLRoute<Context extends BaseContext>(
  scope: FastifyInstance,
  options: GraphQLRouteOptions<Context> & { readonly audit: Audit },
): void {
  const { apollo, createContext, findSnapshot, identify, trusted, maximumCost, clock, audit } = options;
  const { answerKnown = async () => undefined } = options;
  const { openRates = openUnlimitedRates, monotonicNowMs = () => performance.now() } = options;
  const { requestDeadlineMs: deadlineMs = 0, unreadLimits, reuse } = options;
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

  /** Inventory is nothing to keep in a shared cache. What can be asked for again by its tag is kept by who asked. */
  scope.addHook('onSend', async (request, reply) => {
    const { rates, entityTag } = stages.find(request) ?? {};
    const vary = reply.getHeader('vary');
    const varies = entityTag === undefined ? 'accept' : VARIES_OF_TAGGED;
    reply
      .headers(rates?.headers ?? {})
      .headers(entityTag === undefined ? {} : { etag: entityTag })
      .header('cache-control', entityTag === undefined ? 'no-store' : 'private, no-cache')
      .header('vary', vary === undefined ? varies : `${vary}, ${varies}`);
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
  ): Promise<string | Buffer | Readable | FastifyReply> {
    const stage = stages.find(request)!;
    let printed: PrintedData | undefined;
    if (Buffer.isBuffer(request.body)) {
      stage.bodyBytes = request.body.length;
      request.body = parseJsonBody(request.body);
    }
    const resolved = resolveDocument(request, readSearch(request.url), trusted);
    if ('failure' in resolved) return fail(resolved.failure, request, reply);
    const said = resolved.request;
    const unread = gate.open(stage.gated!);
    const asking = {
      caller: record.caller!,
      requestId: request.id,
      arrivedAtMs: stage.arrivedAtMs,
      bodyBytes: stage.bodyBytes,
      takeCost: async (cost: number) => {
        await stage.rates!.takeCost(cost);
        await unread.takeCost(cost);
      },
      onOperation: (report: OperationReport) => {
        record.operation = report;
      },
    };
    const found = await (reuse?.answers ?? WITHOUT_REUSE).find({
      ...asking,
      ...said,
      method: request.method,
      headers: request.headers,
      responseType: findResponseType(request.headers.accept)!,
      answer: reply.raw,
    });
    if (found.kind === 'send') {
      const { status, headers, body } = found.representation;
      stage.entityTag = found.representation.entityTag;
      unread.become(body.length);
      return reply
        .code(status)
        .headers(headers)
        .send(status === 304 ? undefined : body);
    }
    try {
      return await executeAnew(found);
    } finally {
      found.end();
    }

    async function executeAnew({ takeCost, end }: typeof found & { kind: 'execute' }) {
      const context = await createContext({
        ...asking,
        takeCost,
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
      });
      const known = await answerKnown(isRecord(said.body) ? said.body : {}, context);
      if (known !== undefined) {
        const contentType = `${findResponseType(request.headers.accept)}; charset=utf-8`;
        reply.type(contentType);
        return finish([known], contentType) ?? known;
      }
      const { method } = request;
      const { status, headers, body } = await apollo.executeHTTPGraphQLRequest({
        httpGraphQLRequest: { method, headers: toHeaderMap(request), ...said },
        context: async () => context,
      });
      if (body.kind === 'chunked') throw new Error('incremental delivery is not part of this schema');
      const parts = printed?.pieces ?? [body.string];
      reply.code(status ?? 200);
      for (const [name, value] of headers) reply.header(name, value);
      if (reply.statusCode >= 400) {
        unread.become(sizeOf(parts));
        record.refusalCodes = findErrorCodes(body.string);
        return withExtensions(body.string, toExtensions(record));
      }
      const unchanged = finish(parts, headers.get('content-type'));
      return unchanged ?? (printed?.pieces === undefined ? body.string : sendPieces(reply, printed.pieces));

      /** Tells what the answer has become. @returns the answer itself when the client has it already */
      function finish(parts: ExecutedAnswer['parts'], contentType: string | undefined) {
        const bytes = sizeOf(parts);
        unread.become(bytes);
        if (reuse === undefined) return undefined;
        const { operation } = record;
        const { statusCode: status } = reply;
        const tag = end({ status, contentType, parts, bytes, operation, ...reuse.findLife(context) });
        stage.entityTag = tag?.text;
        return tag?.isHad ? reply.code(304).removeHeader('content-type').send() : undefined;
      }
    }
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
