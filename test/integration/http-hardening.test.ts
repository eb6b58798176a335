/** What foreign pages and curious callers try, each test named after what it closes. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHttpFixture } from '../support/http-fixture.ts';

const ORIGIN = 'https://portal.example';
const MUTATION = 'mutation { count }';

describe('a foreign page reads nothing', () => {
  for (const [trick, origin] of [
    ['a sandboxed page, whose origin is null', 'null'],
    ['a longer name', 'https://portal.example.evil.example'],
    ['a name that begins otherwise', 'https://evilportal.example'],
    ['a subdomain', 'https://sub.portal.example'],
    ['upper case, which no browser sends', 'https://PORTAL.example'],
    ['another scheme', 'http://portal.example'],
    ['another port', 'https://portal.example:8443'],
    ['a path', 'https://portal.example/'],
    ['a user', 'https://portal.example@evil.example'],
    ['two origins', 'https://portal.example, https://evil.example'],
    ['a pattern', '*'],
  ] as const) {
    it(`by ${trick}`, async () => {
      await using fixture = await createHttpFixture({ http: { corsOrigins: [ORIGIN] } });
      const preflight = await fetch(`${fixture.url}/graphql`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST' },
      });
      const answer = await fixture.post('{ greeting }', { origin });
      for (const { headers } of [preflight, answer]) {
        assert.equal(headers.get('access-control-allow-origin'), null);
        assert.equal(headers.get('access-control-allow-credentials'), null);
      }
    });
  }
});

describe('a foreign page runs nothing (cross-site request forgery)', () => {
  const body = JSON.stringify({ query: MUTATION });
  const form = new URLSearchParams({ query: MUTATION });
  const multipart = new FormData();
  multipart.set('operations', body);
  multipart.set('map', '{}');
  for (const [trick, request, status] of [
    ['a form', { body: form }, 415],
    ['a form with a file', { body: multipart }, 415],
    ['JSON sent as text/plain', { body, headers: { 'content-type': 'text/plain' } }, 415],
    ['JSON without a type', { body: new Blob([body]) }, 415],
    ['a type that only begins like JSON', { body, headers: { 'content-type': 'application/jsonp' } }, 415],
    [
      'a simple type that names JSON',
      { body, headers: { 'content-type': 'text/plain;application/json' } },
      415,
    ],
    ['a list of types', { body, headers: { 'content-type': 'text/plain, application/json' } }, 415],
    ['a POST without a body', {}, 400],
  ] as const) {
    it(`by ${trick}`, async () => {
      await using fixture = await createHttpFixture();
      const response = await fetch(`${fixture.url}/graphql`, { method: 'POST', ...request });
      assert.equal(response.status, status, await response.text());
      assert.equal(fixture.mutationCount(), 0);
    });
  }

  it('by an image or a link: a GET without a header that needs a preflight', async () => {
    await using fixture = await createHttpFixture();
    for (const query of ['{ greeting }', MUTATION]) {
      const search = new URLSearchParams({ query });
      for (const headers of [{}, { 'content-type': 'text/plain' }, { accept: 'image/avif,*/*;q=0.8' }]) {
        const response = await fetch(`${fixture.url}/graphql?${search}`, { headers });
        assert.ok(response.status >= 400, String(response.status));
      }
      const trusted = { 'apollo-require-preflight': '1' };
      const response = await fetch(`${fixture.url}/graphql?${search}`, { headers: trusted });
      assert.equal(response.status, query === MUTATION ? 405 : 200);
    }
    assert.equal(fixture.mutationCount(), 0);
  });

  it('by the query string of a POST', async () => {
    await using fixture = await createHttpFixture();
    const response = await fetch(`${fixture.url}/graphql?${form}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"query":"{ greeting }"}',
    });
    assert.deepEqual(((await response.json()) as { data: unknown }).data, { greeting: 'hello' });
    assert.equal(fixture.mutationCount(), 0);
  });
});

it('a batch of operations is refused, and none of it runs', async () => {
  await using fixture = await createHttpFixture();
  for (const count of [1, 2, 10]) {
    const response = await fetch(`${fixture.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(Array.from({ length: count }, () => ({ query: MUTATION }))),
    });
    assert.equal(response.status, 400);
  }
  assert.equal(fixture.mutationCount(), 0);
});

/** What Apollo's own errors say is `formatError`'s, which the real graph has: http-refusals.test.ts. */
it('no answer to a fault shows a stack, a file or a library', async () => {
  const broken = () => Promise.reject(new Error('broken inside'));
  await using fixture = await createHttpFixture();
  await using failing = await createHttpFixture({
    http: { metrics: { contentType: 'text/plain', render: broken }, identify: broken },
  });
  const send = (url: string, body: string, type = 'application/json') =>
    fetch(`${url}/graphql`, { method: 'POST', headers: { 'content-type': type }, body });
  for (const answer of [
    send(failing.url, '{"query":"{ slow }"}'),
    send(fixture.url, '{"query":'),
    send(fixture.url, '{"query":"{"}'),
    send(fixture.url, '{"query":"{ unknown }"}'),
    send(fixture.url, 'x', 'text/plain'),
    send(fixture.url, '[]'),
    fetch(`${fixture.url}/%ff`),
    fetch(`${fixture.url}/missing`),
    fetch(`${failing.url}/metrics`),
  ]) {
    const text = await (await answer).text();
    assert.doesNotMatch(
      text,
      /broken inside|stacktrace|\bat .*:\d+:\d+|node_modules|\.[cm]?[jt]s\b|fastify|FST_/i,
      text,
    );
  }
});
