/**
 * What a scanner for GraphQL servers tries, sent to a real gateway as graphql-cop sends it: each check says whether it
 * has found something. With everything shut nothing is found; as installed, what is open on purpose and no more.
 */

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGatewayWithSnapshot } from '../support/gateway.ts';

// biome-ignore lint/suspicious/noExplicitAny: a scanner looks for whatever is there
type Answer = any;

type Check = (url: string) => Promise<boolean>;

async function sendJson(url: string, body: unknown): Promise<Answer> {
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return await response.json();
}

async function send(url: string, init: RequestInit, parameters: Record<string, string>): Promise<Answer> {
  const response = await fetch(`${url}/graphql?${new URLSearchParams(parameters)}`, init);
  return await response.json();
}

const repeat = (count: number, write: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => write(index)).join(' ');

const NO_OPERATION = 'querry scan { abc }';
const EDITOR_WORDS = ['graphiql.min.css', 'GraphQL Playground', 'GraphiQL', 'graphql-playground'];

const CHECKS: Readonly<Record<string, Check>> = {
  'alias overloading: 101 aliases of __typename': async (url) => {
    const { data } = await sendJson(url, {
      query: `query scan { ${repeat(101, (index) => `alias${index}:__typename`)} }`,
    });
    return data?.alias100 !== undefined;
  },
  'array batching: eleven operations in one request': async (url) => {
    const answer = await sendJson(url, Array(11).fill({ query: 'query scan { __typename }' }));
    return Array.isArray(answer) && answer.length >= 10;
  },
  'circular fragment': async (url) => {
    const answer = await sendJson(url, {
      query: `query { __schema { ...A } } fragment A on __Schema { __typename ...B } fragment B on __Schema { ...A }`,
    });
    return answer.errors === undefined;
  },
  'circular introspection: types of fields of types': async (url) => {
    const rounds = 4;
    const { data } = await sendJson(url, {
      query: `query { __schema { types { ${'fields { type { '.repeat(rounds)} name ${'} }'.repeat(rounds)} } } }`,
    });
    return data?.__schema?.types?.length > 25;
  },
  'directive overloading: an error for each of ten unknown directives': async (url) => {
    const { errors } = await sendJson(url, { query: `query { __typename ${'@aa'.repeat(10)} }` });
    return errors?.length === 10;
  },
  'field duplication: one field 500 times': async (url) => {
    const { data } = await sendJson(url, { query: `query scan { ${'__typename \n'.repeat(500)} }` });
    return data?.__typename !== undefined;
  },
  'field suggestions': async (url) => {
    const { errors } = await sendJson(url, {
      query: 'query scan { __schema { directive } certificate { thumb } }',
    });
    return JSON.stringify(errors ?? []).includes('Did you mean');
  },
  'queries by GET without a preflight': async (url) => {
    const { data } = await send(url, {}, { query: 'query scan { __typename }' });
    return data?.__typename !== undefined;
  },
  'mutations by GET': async (url) => {
    const plain = await send(url, {}, { query: 'mutation scan { __typename }' });
    const preflighted = await send(
      url,
      { headers: { 'apollo-require-preflight': 'true' } },
      { query: 'mutation scan { __typename }' },
    );
    return plain.data?.__typename !== undefined || preflighted.data?.__typename !== undefined;
  },
  'queries by POST that are no JSON': async (url) => {
    const query = 'query scan { __typename }';
    const answers = [
      await send(url, { method: 'POST' }, { query }),
      await send(url, { method: 'POST', body: new URLSearchParams({ query }) }, {}),
      await send(url, { method: 'POST', body: JSON.stringify({ query }) }, {}),
    ];
    return answers.some(({ data }) => data?.__typename !== undefined);
  },
  'an editor where scanners look for one': async (url) => {
    const pages = ['/graphiql', '/playground', '/console', '/graphql'].map(async (path) => {
      const response = await fetch(`${url}${path}`, { headers: { accept: 'text/html' } });
      return await response.text();
    });
    return (await Promise.all(pages)).some((page) => EDITOR_WORDS.some((word) => page.includes(word)));
  },
  'an editor at /': async (url) => {
    const response = await fetch(`${url}/`, { headers: { accept: 'text/html' } });
    const page = await response.text();
    return EDITOR_WORDS.some((word) => page.includes(word));
  },
  introspection: async (url) => {
    const { data } = await sendJson(url, {
      query: 'query scan { __schema { types { name fields { name } } } }',
    });
    return data?.__schema?.types !== undefined;
  },
  'tracing in extensions': async (url) => {
    const { extensions } = await sendJson(url, { query: 'query scan { __typename }' });
    return extensions?.tracing !== undefined;
  },
  'stack traces in errors': async (url) => {
    const answers = [
      await sendJson(url, { query: NO_OPERATION }),
      await sendJson(url, { query: 'query scan { device(deviceId: 1) { id } }' }),
      await sendJson(url, { query: 'query scan { certificate(thumbprint: "x") { id } }' }),
      await sendJson(url, { query: { toString: 1 } }),
    ];
    return /"exception"|"stacktrace"|node_modules|\.ts:\d/.test(JSON.stringify(answers));
  },
};

/** What is open as installed, on purpose: people explore the graph. */
const OPEN_AS_INSTALLED = new Set(['introspection', 'field suggestions', 'an editor at /']);

for (const [name, settings, open] of [
  [
    'with introspection and the playground off',
    { INTROSPECTION: 'off', PLAYGROUND: 'off' },
    new Set<string>(),
  ],
  ['as installed', {}, OPEN_AS_INSTALLED],
] as const) {
  describe(`a scanner, ${name},`, () => {
    let tenant: Simulator;
    let gateway: Gateway;
    before(async () => {
      tenant = await createSimulator({ devices: 5, recordsPerDevice: 5 });
      gateway = await startGatewayWithSnapshot({ tenant, settings });
    });
    after(async () => {
      await gateway[Symbol.asyncDispose]();
      await tenant[Symbol.asyncDispose]();
    });

    for (const [check, find] of Object.entries(CHECKS)) {
      const isOpen = open.has(check);
      test(`${isOpen ? 'finds' : 'does not find'} ${check}`, async () => {
        assert.equal(await find(gateway.url), isOpen);
      });
    }
  });
}
