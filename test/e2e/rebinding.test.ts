/**
 * DNS rebinding: a page in a browser on this machine gives its own name the address of the gateway, and asks. All that tells such a
 * request from an honest one is its `Host`.
 */

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { startTokenIssuer } from '../support/token-issuer.ts';

const PATHS = [
  '/',
  '/graphql',
  '/schema.graphql',
  '/health/live',
  '/health/ready',
  '/metrics',
  '/missing',
  '/%ff',
];
const METHODS = ['GET', 'POST', 'OPTIONS', 'HEAD'];
const OTHER_HOSTS = [
  'evil.example',
  'localhost.evil.example',
  '127.0.0.1.evil.example',
  'evil-localhost',
  '10.0.0.7',
  '0.0.0.0',
  '[::]',
  'localhost.',
];
const QUERY = JSON.stringify({ query: '{ __typename }' });

let tenant: Simulator;

before(async () => {
  tenant = await createSimulator({ devices: 1 });
});

after(async () => {
  await tenant[Symbol.asyncDispose]();
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** Sends what a page could: `fetch` would not let a test say which host it means. */
function send({ url }: Gateway, host: string, path: string, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { host, 'content-type': 'application/json', 'apollo-require-preflight': 'true' };
    request(`${url}${path}`, { method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += String(chunk);
      });
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text }));
    })
      .on('error', reject)
      .end(method === 'POST' ? QUERY : undefined);
  });
}

describe('a gateway that identifies nobody, for this machine alone', () => {
  let gateway: Gateway;

  before(async () => {
    gateway = await startGateway({ tenant, settings: { CORS_ORIGINS: 'http://evil.example' } });
  });

  after(async () => {
    await gateway[Symbol.asyncDispose]();
  });

  it('answers no request for another host', async () => {
    for (const path of PATHS) {
      for (const method of METHODS) {
        for (const host of OTHER_HOSTS) {
          const named = `${host}:${new URL(gateway.url).port}`;
          const { status, headers, text } = await send(gateway, named, path, method);
          assert.equal(status, 421, `${method} ${path} ${named}`);
          assert.equal(headers['cache-control'], 'no-store');
          assert.equal(headers['access-control-allow-origin'], undefined);
          assert.match(String(headers['content-security-policy']), /default-src 'none'/);
          if (method === 'HEAD') continue;
          const body = JSON.parse(text);
          const code = path === '/graphql' ? body.errors[0].extensions.code : body.code;
          assert.equal(code, 'MISDIRECTED_REQUEST');
          assert.match(text, /AUTH_MODE=entra/);
          if (path === '/graphql') assert.equal(body.extensions.snapshot, null);
        }
      }
    }
  });

  it('answers every request for this machine', async () => {
    const { port } = new URL(gateway.url);
    for (const host of ['localhost', 'LOCALHOST', 'gateway.localhost', '127.0.0.1', '127.1.2.3', '[::1]']) {
      for (const named of [host, `${host}:${port}`, `${host}:80`]) {
        for (const path of ['/', '/schema.graphql', '/health/live', '/metrics']) {
          assert.equal((await send(gateway, named, path)).status, 200, `${path} ${named}`);
        }
        assert.equal((await send(gateway, named, '/graphql', 'POST')).status, 200, named);
        assert.equal((await send(gateway, named, '/missing')).status, 404, named);
      }
    }
  });
});

describe('a gateway that may be asked by another name', () => {
  it('is one whose operator has said that everybody may ask', async () => {
    await using gateway = await startGateway({ tenant, settings: { AUTH_ALLOW_ANONYMOUS: 'true' } });
    assert.equal((await send(gateway, 'gateway.example.com', '/graphql', 'POST')).status, 200);
    assert.equal((await send(gateway, 'gateway.example.com', '/health/live')).status, 200);
  });

  it('is one that identifies its callers', async () => {
    await using issuer = await startTokenIssuer();
    await using gateway = await startGateway({ tenant, settings: await issuer.environment() });
    assert.equal((await send(gateway, 'gateway.example.com', '/graphql', 'POST')).status, 401);
    assert.equal((await send(gateway, 'gateway.example.com', '/health/live')).status, 200);
  });
});
