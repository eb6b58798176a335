/** `/metrics` as a caller without a token meets it, from wherever it asks. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import fastify, { type InjectOptions } from 'fastify';
import { CallerRefusedError } from '../../../src/core/caller-refused.ts';
import { systemClock } from '../../../src/core/clock.ts';
import { addDocumentRoutes } from '../../../src/http/documents.ts';
import { createLocalRequestTest } from '../../../src/http/local-requests.ts';

const LOCAL = { remoteAddress: '127.0.0.1', headers: { host: '127.0.0.1:4000' } } as const;

/** The status of `/metrics` for a caller without a token. */
async function ask(request: InjectOptions, trustedProxies: readonly string[] = []): Promise<number> {
  const server = fastify();
  addDocumentRoutes(server, {
    schemaText: null,
    metrics: { render: async () => 'snapshots_total 7\n', contentType: 'text/plain' },
    identify: () => {
      throw new CallerRefusedError('UNAUTHENTICATED', 'who?', { reason: 'TOKEN_MISSING' });
    },
    clock: systemClock,
    trustedProxies,
  });
  return (await server.inject({ ...LOCAL, url: '/metrics', ...request })).statusCode;
}

describe('a request counts as sent by this machine', () => {
  for (const remoteAddress of [
    '127.0.0.1',
    '127.3.2.1',
    '::1',
    '::ffff:127.0.0.1',
    '::FFFF:127.0.0.1',
    '::ffff:7f00:1',
  ])
    it(`from ${remoteAddress}`, async () => assert.equal(await ask({ remoteAddress }), 200));

  for (const host of [
    'localhost',
    'localhost:4000',
    'gateway.localhost:4000',
    '127.0.0.1',
    '127.0.0.2:80',
    '[::1]:4000',
  ])
    it(`for ${host}`, async () => assert.equal(await ask({ headers: { host } }), 200));

  for (const name of [
    'user-agent',
    'accept',
    'x-prometheus-scrape-timeout-seconds',
    'x-request-id',
    'traceparent',
  ])
    it(`with ${name}`, async () =>
      assert.equal(await ask({ headers: { ...LOCAL.headers, [name]: '1' } }), 200));

  for (const proxy of ['10.0.0.7', '10.1.0.0/16', '128.0.0.0/1', 'fd00::/8', '::2/127', '::ffff:10.0.0.1'])
    it(`beside a proxy at ${proxy}`, async () => assert.equal(await ask({}, [proxy]), 200));
});

describe('a request does not count as sent by this machine', () => {
  for (const remoteAddress of [
    '10.0.0.7',
    '128.0.0.1',
    '126.255.255.255',
    '0.0.0.0',
    '::',
    '::2',
    '::ffff:10.0.0.7',
    'localhost',
  ])
    it(`from "${remoteAddress}"`, async () => assert.equal(await ask({ remoteAddress }), 401));

  for (const host of [
    'gateway.example.com',
    '10.0.0.7:4000',
    'localhost.evil.example',
    'evil.example:4000',
    '::1',
  ])
    it(`for "${host}"`, async () => assert.equal(await ask({ headers: { host } }), 401));

  for (const name of [
    'forwarded',
    'via',
    'x-forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-by',
    'x-real-ip',
    'x-original-forwarded-for',
    'x-original-host',
    'x-original-uri',
    'x-envoy-external-address',
    'x-envoy-decorator-operation',
    'cf-connecting-ip',
    'cf-ray',
    'true-client-ip',
    'client-ip',
    'x-client-ip',
    'x-cluster-client-ip',
    'x-remote-ip',
    'x-scheme',
    'x-amzn-trace-id',
    'x-azure-clientip',
    'x-arr-ssl',
    'fastly-client-ip',
    'cdn-loop',
    'wl-proxy-client-ip',
    'proxy-connection',
    'X-Forwarded-For',
    'VIA',
    'x-nginx-proxy',
    'x-varnish',
    'do-connecting-ip',
  ])
    it(`with ${name}, empty or not`, async () => {
      for (const value of ['', '127.0.0.1']) {
        assert.equal(await ask({ headers: { ...LOCAL.headers, [name]: value } }), 401);
      }
    });

  for (const proxy of [
    '127.0.0.1',
    '127.0.0.2',
    '127.5.0.0/16',
    '126.0.0.5/7',
    '0.0.0.0/1',
    '::1',
    '::/8',
    '::ffff:127.0.0.1',
    '::ffff:0:0/96',
  ])
    it(`beside a proxy at ${proxy}`, async () => assert.equal(await ask({}, ['10.0.0.7', proxy]), 401));

  it('by HTTP/1.0, as nginx asks', () => {
    const isLocal = createLocalRequestTest([]);
    assert.equal(isLocal({ ...toRequest('127.0.0.1'), httpVersion: '1.0' }), false);
    assert.equal(isLocal(toRequest('127.0.0.1')), true);
  });

  it('from a socket that is gone', () => {
    const isLocal = createLocalRequestTest([]);
    for (const remoteAddress of ['', undefined]) assert.equal(isLocal(toRequest(remoteAddress)), false);
  });

  it('without a Host', () => {
    const isLocal = createLocalRequestTest([]);
    assert.equal(isLocal({ ...toRequest('127.0.0.1'), headers: {} }), false);
  });

  it('from any address that is not of this machine, in either form', () => {
    const isLocal = createLocalRequestTest([]);
    fc.assert(
      fc.property(fc.ipV4(), fc.boolean(), (address, isMapped) => {
        const remoteAddress = isMapped ? `::ffff:${address}` : address;
        const request = toRequest(remoteAddress);
        assert.equal(isLocal(request), address.startsWith('127.'));
      }),
    );
  });

  it('beside proxies of any subnet that holds an address of this machine', () => {
    const length = fc.integer({ min: 1, max: 32 });
    const subnet = fc.oneof(
      fc.tuple(fc.nat(0xffff_ffff), length),
      fc.tuple(fc.integer({ min: 0x7f00_0000, max: 0x7fff_ffff }), length),
    );
    const request = toRequest('127.0.0.1');
    fc.assert(
      fc.property(subnet, ([number, length]) => {
        const address = [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join('.');
        const size = 2 ** (32 - length);
        const first = Math.floor(number / size) * size;
        const holdsLoopback = first <= 0x7fff_ffff && first + size > 0x7f00_0000;
        assert.equal(createLocalRequestTest([`${address}/${length}`])(request), !holdsLoopback);
      }),
    );
  });
});

function toRequest(remoteAddress: string | undefined) {
  return { socket: { remoteAddress }, headers: { ...LOCAL.headers }, httpVersion: '1.1' };
}
