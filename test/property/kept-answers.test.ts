/**
 * Whatever is asked, published and waited for: a gateway that keeps answers gives the same bytes as one that keeps none, with
 * the same status and the same rates, and executes nothing that it need not.
 */

import assert from 'node:assert/strict';
import { Agent, request as openRequest } from 'node:http';
import { test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import {
  CALLER_TOKENS,
  type ChangingAnswers,
  START_MS,
  serveChangingAnswers,
} from '../support/changing-answers.ts';
import { createManualClock } from '../support/manual-clock.ts';

const START_SECONDS = START_MS / 1_000;

const DOCUMENTS = [
  'query Fact($name: String, $after: Int, $length: Int) { fact(name: $name, after: $after, length: $length) }',
  'query Fact($name: String = "default", $after: Int, $length: Int) { fact(name: $name, after: $after, length: $length) }',
  'query Fact($name: String, $after: Int, $length: Int) { a: fact(name: $name) b: fact(after: $after, length: $length) } query Other { fact }',
  '{ fact }',
  '{ moment }',
  '{ fact moment }',
  '{ fact failing }',
  '{ failing }',
  '{ private }',
  '{ nothing }',
  'mutation { change }',
  '{ fact',
] as const;

interface Ask {
  readonly method: string;
  readonly token: string;
  readonly document: string;
  readonly operationName: string | null | undefined;
  readonly variables: Readonly<Record<string, unknown>> | null;
  readonly accept: string;
  readonly encoding: string | undefined;
  /** Which of the tags that it was given the client sends. */
  readonly tag: number | '*' | undefined;
  readonly copies: number;
}

type Step =
  | { readonly kind: 'ask'; readonly ask: Ask }
  | { readonly kind: 'publish'; readonly id: string }
  | { readonly kind: 'wait'; readonly seconds: number };

const variables = fc.option(
  fc
    .record(
      {
        name: fc.constantFrom('a', 'b', 'null', null, '\ud800'),
        after: fc.option(fc.integer({ min: START_SECONDS - 2, max: START_SECONDS + 12 })),
        length: fc.constantFrom(10, 1_100, 70_000),
        unknown: fc.constantFrom(1, -1, null),
      },
      { requiredKeys: [] },
    )
    .chain((members) => fc.shuffledSubarray(Object.entries(members)).map(Object.fromEntries)),
);

const ask: fc.Arbitrary<Ask> = fc.record({
  method: fc.constantFrom('GET', 'POST'),
  token: fc.constantFrom(...CALLER_TOKENS),
  document: fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...DOCUMENTS.slice(0, 3)) },
    fc.constantFrom(...DOCUMENTS),
  ),
  operationName: fc.constantFrom(undefined, undefined, null, 'Fact', 'Other'),
  variables,
  accept: fc.constantFrom('application/json', 'application/graphql-response+json'),
  encoding: fc.constantFrom(undefined, 'gzip', 'br', 'gzip, br;q=0.5'),
  tag: fc.constantFrom(undefined, undefined, 0, 1, '*' as const),
  copies: fc.constantFrom(1, 1, 2, 3),
});

const steps: fc.Arbitrary<readonly Step[]> = fc
  .tuple(
    fc.uniqueArray(ask, { minLength: 1, maxLength: 4 }),
    fc.array(fc.nat(1_000), { minLength: 5, maxLength: 30 }),
  )
  .map(([asks, draws]) =>
    draws.map((draw): Step => {
      if (draw % 8 === 0) return { kind: 'publish', id: draw % 3 === 0 ? 'second' : `snapshot ${draw % 5}` };
      if (draw % 4 === 1) return { kind: 'wait', seconds: draw % 5 };
      return { kind: 'ask', ask: asks[draw % asks.length]! };
    }),
  );

test('kept or not, the same is answered', async () => {
  let reused = 0;
  let unchanged = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const clock = createManualClock(START_MS);
      const rates = { requests: 200, cost: 3_000 };
      await using keeping = await serveChangingAnswers({ clock, rates });
      await using plain = await serveChangingAnswers({ clock, rates, limitBytes: 0 });
      const agent = new Agent({ keepAlive: true });
      const tags = new Map<string, { readonly tag: string; readonly body: string }[]>();
      try {
        for (const step of taken) {
          if (step.kind === 'wait') await clock.advance(step.seconds * 1_000);
          else if (step.kind === 'publish') for (const server of [keeping, plain]) server.publish(step.id);
          else await askBoth(step.ask, tags, { keeping, plain, agent });
        }
        reused += keeping.origins.filter((origin) => origin === 'kept' || origin === 'shared').length;
        unchanged += keeping.origins.filter((origin) => origin === 'unchanged').length;
        assert.deepEqual(keeping.refusals, plain.refusals);
        assert.deepEqual(keeping.reports.map(toCounted).sort(), plain.reports.map(toCounted).sort());
      } finally {
        agent.destroy();
      }
    }),
    { numRuns: 150 },
  );
  assert.ok(reused > 200, `${reused} answers were reused`);
  assert.ok(unchanged > 50, `${unchanged} were unchanged`);
});

/** What is counted of an operation, by metrics and in the audit log. */
function toCounted({
  name,
  type,
  hash,
  outcome,
  errorCodes,
  cost,
}: ChangingAnswers['reports'][number]): string {
  return JSON.stringify([name, type, hash, outcome, errorCodes, cost]);
}

async function askBoth(
  ask: Ask,
  tags: Map<string, { readonly tag: string; readonly body: string }[]>,
  { keeping, plain, agent }: { keeping: ChangingAnswers; plain: ChangingAnswers; agent: Agent },
): Promise<void> {
  const known = tags.get(JSON.stringify([ask.document, ask.accept])) ?? [];
  tags.set(JSON.stringify([ask.document, ask.accept]), known);
  const had = typeof ask.tag === 'number' ? known.at(-1 - ask.tag) : undefined;
  const tag = ask.tag === '*' ? '*' : had?.tag;
  const sent = { ...ask, tag: undefined };
  const expected = [];
  const found = [];
  for (let copy = 0; copy < ask.copies; copy += 1) expected.push(await send(plain.url, sent, agent));
  const asking = Array.from({ length: ask.copies }, () => send(keeping.url, { ...ask, tag }, agent));
  for (const answer of await Promise.all(asking)) found.push(answer);
  const order = (answers: readonly Answer[]) => answers.map(({ rates }) => rates).sort();
  assert.deepEqual(order(found), order(expected));
  for (const [index, { status, body, headers }] of found.entries()) {
    const plainly = expected[index]!;
    if (status === 304) {
      assert.equal(body, '');
      assert.equal(ask.method, 'GET');
      if (tag !== '*') assert.equal(had!.body, expected.find((one) => one.status === 200)?.body);
      continue;
    }
    assert.ok(
      expected.some((one) => one.status === status && one.body === body),
      `${status} ${body}\n${plainly.body}`,
    );
    assert.equal(headers['cache-control'], headers.etag === undefined ? 'no-store' : 'private, no-cache');
    if (headers.etag !== undefined) known.push({ tag: headers.etag, body });
  }
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** What the answer says of the rates, with its status as one who has it has it. */
  readonly rates: string;
}

function send(
  url: string,
  ask: Omit<Ask, 'tag'> & { readonly tag: string | undefined },
  agent: Agent,
): Promise<Answer> {
  const { method, token, document: query, operationName, variables, accept, encoding, tag } = ask;
  const search = new URLSearchParams({ query });
  if (variables !== null) search.set('variables', JSON.stringify(variables));
  if (operationName != null) search.set('operationName', operationName);
  const headers: Record<string, string> = { authorization: token, accept };
  if (encoding !== undefined) headers['accept-encoding'] = encoding;
  if (tag !== undefined) headers['if-none-match'] = tag;
  headers[method === 'GET' ? 'apollo-require-preflight' : 'content-type'] = 'application/json';
  return new Promise((resolve, reject) => {
    const target = method === 'GET' ? `${url}/graphql?${search}` : `${url}/graphql`;
    openRequest(target, { method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        const { ratelimit } = response.headers;
        resolve({
          status,
          headers: response.headers as Answer['headers'],
          body: decode(Buffer.concat(chunks), response.headers['content-encoding']),
          rates: JSON.stringify([status === 304 ? 200 : status, ratelimit]),
        });
      });
    })
      .on('error', reject)
      .end(method === 'GET' ? undefined : JSON.stringify({ query, operationName, variables }));
  });
}

function decode(body: Buffer, coding: string | undefined): string {
  if (coding === 'br') return brotliDecompressSync(body).toString();
  return (coding === 'gzip' ? gunzipSync(body) : body).toString();
}
