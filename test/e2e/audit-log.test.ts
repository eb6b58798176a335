/** The audit log of a whole gateway: what it says of operations, what it never says, and what its manual shows. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import pino from 'pino';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { startGatewayWithSnapshot } from '../support/gateway.ts';
import { findSecrets } from '../support/secret-search.ts';

type Line = Readonly<Record<string, unknown>>;

const MANUAL = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const ANYBODY = { id: 'anonymous', subject: null, kind: 'ANONYMOUS' };

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** A gateway and its log, as it would be printed. */
async function setUp() {
  const texts: string[] = [];
  const resources = new AsyncDisposableStack();
  const tenant = resources.use(await createSimulator({ devices: 3, recordsPerDevice: 4, seed: 7 }));
  const log = pino(
    { level: 'trace', base: null, timestamp: pino.stdTimeFunctions.isoTime },
    { write: (text: string) => void texts.push(text) },
  );
  const gateway = resources.use(await startGatewayWithSnapshot({ tenant, overrides: { log } }));

  async function send(request: RequestInit & { readonly path?: string }): Promise<Response> {
    return fetch(`${gateway.url}${request.path ?? '/graphql'}`, request);
  }

  /** The line of a request, once it is there, and that there is no other. */
  async function lineOf(requestId: string): Promise<Line> {
    const find = () =>
      texts
        .map((text) => JSON.parse(text) as Line)
        .filter((line) => line.event === 'request' && line.requestId === requestId);
    while (find().length === 0) await setImmediate();
    const [line, ...others] = find();
    assert.deepEqual(others, []);
    return line!;
  }

  async function ask(body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Line> {
    const response = await send({
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    await response.text();
    return lineOf(response.headers.get('x-request-id')!);
  }
  return { texts, gateway, send, ask, lineOf, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

describe('the audit log', () => {
  it('has one line for each operation, with what it was and how it went', async () => {
    await using audited = await setUp();
    const { ask } = audited;
    const persisted = { persistedQuery: { version: 1, sha256Hash: hashOf('{ never }') } };
    const count = 'query Count { devices { totalCount } }';
    const mixed = 'query Mixed { devices { totalCount } certificates(first: -1) { totalCount } }';
    const bad =
      'query Bad { a: certificates(first: -1) { totalCount } b: certificates(first: -1) { totalCount } }';
    const go = 'mutation Go { refreshSnapshot { __typename } }';
    for (const [body, expected] of [
      [
        { query: count },
        { name: 'Count', type: 'query', hash: hashOf(count), outcome: 'success', codes: [] },
      ],
      [
        { query: mixed },
        { name: 'Mixed', type: 'query', hash: hashOf(mixed), outcome: 'partial', codes: ['BAD_USER_INPUT'] },
      ],
      [
        { query: bad },
        { name: 'Bad', type: 'query', hash: hashOf(bad), outcome: 'rejected', codes: ['BAD_USER_INPUT'] },
      ],
      [{ query: go }, { name: 'Go', type: 'mutation', hash: hashOf(go), outcome: 'success', codes: [] }],
      [
        { query: '{' },
        { name: null, type: null, hash: hashOf('{'), outcome: 'rejected', codes: ['GRAPHQL_PARSE_FAILED'] },
      ],
      [
        { extensions: persisted },
        { name: null, type: null, hash: null, outcome: 'rejected', codes: ['PERSISTED_QUERY_NOT_FOUND'] },
      ],
      [
        { query: `query ${'N'.repeat(300)} { __typename }` },
        {
          name: 'N'.repeat(128),
          type: 'query',
          hash: hashOf(`query ${'N'.repeat(300)} { __typename }`),
          outcome: 'success',
          codes: [],
        },
      ],
    ] as const) {
      const { caller, operationName, operationType, operationHash, outcome, errorCodes } = await ask(body);
      assert.deepEqual(caller, ANYBODY);
      assert.deepEqual(
        { name: operationName, type: operationType, hash: operationHash, outcome, codes: errorCodes },
        expected,
      );
    }
  });

  it('says who asked for a refresh, and what came of it', async () => {
    await using audited = await setUp();
    const { requestId } = await audited.ask({ query: 'mutation { refreshSnapshot { __typename } }' });
    const asked = audited.texts
      .map((text) => JSON.parse(text) as Line)
      .filter(({ event }) => event === 'refresh_requested');
    assert.deepEqual(
      asked.map((line) => [line.requestId, line.caller, line.outcome]),
      [[requestId, ANYBODY, 'started']],
    );
  });

  it('never has a variable, a document, a header or a query string, at the most talkative level', async () => {
    await using audited = await setUp();
    const secret = (name: string) => `${name}-of-this-test`;
    const token = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJ0aGUtY2xhaW1zLW9mLXRoaXMtdGVzdCJ9.c2lnbmF0dXJl';
    const headers = {
      authorization: `Bearer ${token}`,
      cookie: `session=${secret('cookie')}`,
      'x-api-key': secret('header'),
      'apollo-require-preflight': secret('preflight'),
      'user-agent': secret('agent'),
    };
    const variables = { value: secret('variable') };
    const filter = `filter: { serialNumber: { eq: "${secret('literal')}" } }`;
    for (const body of [
      {
        query:
          'query A($value: String) { certificates(filter: { serialNumber: { eq: $value } }) { totalCount } }',
        variables,
      },
      { query: 'query B($value: Int) { certificates(first: $value) { totalCount } }', variables },
      { query: 'query C($value: String!) { certificate(thumbprint: $value) { id } }', variables },
      { query: `{ certificates(${filter}) { totalCount } }`, variables: { unused: secret('variable') } },
      { query: `{ certificates(${filter}) { ` },
      { query: `{ certificates(nothing: "${secret('literal')}") { totalCount } }` },
      {
        query: '{ __typename }',
        extensions: { note: secret('extension') },
        operationName: secret('operation'),
      },
    ]) {
      await audited.ask(body, headers);
    }
    const search = new URLSearchParams({
      query: '{ __typename }',
      access_token: token,
      variables: `{"a":"${secret('get')}"}`,
    });
    for (const path of [
      `/graphql?${search}`,
      `/missing?${search}`,
      `/schema.graphql?${search}`,
      `/%ff?${search}`,
    ]) {
      await (await audited.send({ path, headers })).text();
    }
    const names = [
      'cookie',
      'header',
      'preflight',
      'agent',
      'variable',
      'literal',
      'extension',
      'operation',
      'get',
    ];
    await audited.gateway.app.stop({ graceMs: 60_000 });
    assert.ok(audited.texts.filter((text) => text.includes('"event":"request"')).length >= 11);
    assert.deepEqual(findSecrets(audited.texts, [token, ...names.map(secret)]), []);
  });

  it('is as the manual shows it', async () => {
    await using audited = await setUp();
    const shown = [...MANUAL.matchAll(/^\{"level":30,.*"event":"(\w+)".*\}$/gm)];
    assert.deepEqual(
      shown.map(([, event]) => event),
      ['request', 'refresh_requested'],
    );
    const { requestId } = await audited.ask({
      query: 'mutation RefreshNow { refreshSnapshot { __typename } }',
    });
    for (const [text, event] of shown) {
      const line = audited.texts.find(
        (one) => one.includes(`"event":"${event}"`) && one.includes(`${requestId}`),
      );
      assert.deepEqual(withoutTheDay(JSON.parse(line!)), withoutTheDay(JSON.parse(text)));
    }
  });

  it('has each of its fields described in the manual', async () => {
    await using audited = await setUp();
    const line = await audited.ask({ query: '{ __typename }' });
    const [, section = ''] = /^## The audit log\n([\s\S]*?)^## /m.exec(MANUAL) ?? [];
    const described = [...section.matchAll(/^\| ((?:`\w+`(?:, )?)+) \|/gm)].flatMap(([, names]) =>
      [...names!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
    );
    assert.deepEqual(
      described,
      Object.keys(line).filter((name) => name !== 'level'),
    );
  });
});

/** A line with its fields in their order, and nothing of what differs from day to day but that it is there. */
function withoutTheDay(line: Line): readonly (readonly [string, unknown])[] {
  const changing = new Set(['time', 'requestId', 'durationMs', 'cost']);
  return Object.entries(line).map(([name, value]) => [name, changing.has(name) ? null : value]);
}
