import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { EXAMPLE_OPERATIONS } from '../../src/http/example-operations.ts';
import { createHttpFixture } from '../support/http-fixture.ts';
import { sendRaw } from '../support/raw-http.ts';

const createPlayground = () => createHttpFixture({ http: { playground: true } });

test('serves one page that holds every example operation', async () => {
  await using fixture = await createPlayground();
  const { status, headers, body } = await sendRaw(fixture.url);
  assert.equal(status, 200);
  assert.equal(headers['content-type'], 'text/html; charset=utf-8');
  assert.equal(headers['content-encoding'], undefined);
  const html = body.toString();
  for (const { name } of EXAMPLE_OPERATIONS) assert.ok(html.includes(`${name}`), name);
});

test('names nothing outside of the page: no script, style, font or image by address', async () => {
  await using fixture = await createPlayground();
  const html = (await sendRaw(fixture.url)).body.toString();
  const markup = html.replace(/<script>.*<\/script>/s, '').replace(/<style>.*<\/style>/s, '');
  assert.doesNotMatch(markup, /\b(?:src|srcset|action|data)=/);
  assert.deepEqual(
    [...markup.matchAll(/href="([^"]{0,40})/g)].map((match) => match[1]?.split(',')[0]),
    ['data:image/x-icon;base64'],
  );
  const style = html.slice(html.indexOf('<style>'), html.indexOf('</style>'));
  assert.doesNotMatch(style, /@import/);
  for (const [, address] of style.matchAll(/url\(\s*["']?(.{5})/g)) assert.equal(address, 'data:');
});

test('admits by policy the one script of the page and nothing from anywhere', async () => {
  await using fixture = await createPlayground();
  const { headers, body } = await sendRaw(fixture.url);
  const html = body.toString();
  const script = html.slice(html.indexOf('<script>') + '<script>'.length, html.lastIndexOf('</script>'));
  const hash = createHash('sha256').update(script).digest('base64');
  assert.equal(
    headers['content-security-policy'],
    `default-src 'none'; script-src 'sha256-${hash}'; worker-src blob:; style-src 'unsafe-inline'; img-src data:; ` +
      "font-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  );
});

test('sends the page compressed to those who accept that, the same bytes each time', async () => {
  await using fixture = await createPlayground();
  const plain = await sendRaw(fixture.url);
  for (const acceptEncoding of ['gzip', 'br, gzip;q=0.5', '*']) {
    const { headers, body } = await sendRaw(fixture.url, { 'accept-encoding': acceptEncoding });
    assert.equal(headers['content-encoding'], 'gzip', acceptEncoding);
    assert.match(String(headers.vary), /accept-encoding/i);
    assert.ok(gunzipSync(body).equals(plain.body));
  }
  const refused = await sendRaw(fixture.url, { 'accept-encoding': 'gzip;q=0' });
  assert.equal(refused.headers['content-encoding'], undefined);
});

test('answers a revisit with 304 and no body', async () => {
  await using fixture = await createPlayground();
  const first = await sendRaw(fixture.url, { 'accept-encoding': 'gzip' });
  assert.equal(first.headers['cache-control'], 'no-cache');
  const again = await sendRaw(fixture.url, { 'if-none-match': String(first.headers.etag) });
  assert.equal(again.status, 304);
  assert.equal(again.body.length, 0);
  assert.equal(again.headers.etag, first.headers.etag);
  assert.equal((await sendRaw(fixture.url, { 'if-none-match': '"another"' })).status, 200);
});
