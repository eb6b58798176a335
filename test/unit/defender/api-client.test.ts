import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { Agent } from 'undici';
import { createApiClient } from '../../../src/defender/api-client.ts';
import { readBounded } from '../../../src/defender/bounded-body.ts';
import {
  createCountingBudget,
  createFakeTokens,
  neverAborted,
  rejectionOf,
} from '../../support/defender-fixtures.ts';
import { createManualClock } from '../../support/manual-clock.ts';
import {
  type Answer,
  inTurn,
  reply,
  replyCut,
  replyJson,
  startUpstream,
} from '../../support/upstream-server.ts';

async function withApi(
  answer: Answer,
  test: (fixture: Awaited<ReturnType<typeof createFixture>>) => Promise<void>,
  roles?: readonly string[],
) {
  await using server = await startUpstream(answer);
  const fixture = await createFixture(server, roles);
  try {
    await test(fixture);
  } finally {
    await fixture.dispatcher.destroy();
  }
}

async function createFixture(server: Awaited<ReturnType<typeof startUpstream>>, roles?: readonly string[]) {
  const dispatcher = new Agent({ headersTimeout: 1_000 });
  const budget = createCountingBudget();
  const tokens = createFakeTokens(roles);
  const api = createApiClient({
    dispatcher,
    tokens,
    budget,
    clock: createManualClock(1_000_000),
    userAgent: 'defender-certificate-gateway/1.2.3',
    requiredRole: 'Vulnerability.Read.All',
  });
  const get = async (signal = neverAborted()) => {
    const body = await api.get(new URL('/x?y=1', server.url), {
      endpoint: 'EXPORT',
      subject: 'the export endpoint',
      signal,
    });
    return (await readBounded(body, 1_000)).bytes.toString();
  };
  return { server, dispatcher, budget, tokens, get };
}

const EXPIRED = replyJson(401, { error: { code: 'Unauthorized', message: 'Token expired' } });

describe('API client', () => {
  it('sends token, user agent and what it takes, and counts the call', () =>
    withApi(reply(200, 'hello'), async ({ server, budget, get }) => {
      assert.equal(await get(), 'hello');
      const [request] = server.requests;
      assert.equal(request?.path, '/x?y=1');
      assert.equal(request?.headers.authorization, 'Bearer token-1');
      assert.equal(request?.headers['user-agent'], 'defender-certificate-gateway/1.2.3');
      assert.equal(request?.headers['accept-encoding'], 'gzip');
      assert.deepEqual(budget.calls, { EXPORT: 1, PAGED: 0 });
    }));

  it('inflates an answer that came as gzip', () =>
    withApi(reply(200, gzipSync('hello'), { 'content-encoding': 'gzip' }), async ({ get }) =>
      assert.equal(await get(), 'hello'),
    ));

  it('renews the token once on a 401 and calls again, through the budget', () =>
    withApi(inTurn(EXPIRED, reply(200, 'hello')), async ({ server, budget, tokens, get }) => {
      assert.equal(await get(), 'hello');
      assert.deepEqual(
        server.requests.map(({ headers }) => headers.authorization),
        ['Bearer token-1', 'Bearer token-2'],
      );
      assert.deepEqual([budget.calls.EXPORT, tokens.asked], [2, [false, true]]);
    }));

  it('stops after one renewal', () =>
    withApi(EXPIRED, async ({ server, get }) => {
      assert.equal((await rejectionOf(get())).code, 'UPSTREAM_UNAUTHORIZED');
      assert.equal(server.requests.length, 2);
    }));

  it('does not renew for a missing licence or an inactive account', async () => {
    for (const [message, code] of [
      ['No Tvm license', 'UPSTREAM_LICENSE_MISSING'],
      ['Account mode is inactive', 'UPSTREAM_ACCOUNT_INACTIVE'],
    ] as const) {
      await withApi(replyJson(401, { error: { code: 'Unauthorized', message } }), async ({ server, get }) => {
        assert.equal((await rejectionOf(get())).code, code);
        assert.equal(server.requests.length, 1);
      });
    }
  });

  it('asks for a new token at the next call after a role was missing, and not again', () =>
    withApi(
      inTurn(
        replyJson(403, {
          error: { message: 'Missing application roles. API required roles: A, application roles: .' },
        }),
        reply(200, 'hello'),
      ),
      async ({ server, tokens, get }) => {
        assert.equal((await rejectionOf(get())).code, 'UPSTREAM_ROLE_MISSING');
        assert.equal(server.requests.length, 1);
        await get();
        await get();
        assert.deepEqual(tokens.asked, [false, true, false]);
      },
    ));

  it('asks again for the new token when none was to be had', () =>
    withApi(
      inTurn(
        replyJson(403, {
          error: { message: 'Missing application roles. API required roles: A, application roles: .' },
        }),
        reply(200, 'hello'),
      ),
      async ({ server, tokens, get }) => {
        await rejectionOf(get());
        const { getToken } = tokens;
        tokens.getToken = (options) => getToken(options).then(() => Promise.reject(new Error('no token')));
        assert.equal((await rejectionOf(get())).message, 'no token');
        tokens.getToken = getToken;
        assert.equal(await get(), 'hello');
        assert.deepEqual([tokens.asked, server.requests.length], [[false, true, true], 2]);
      },
    ));

  it('takes any 403 for a missing role where the token shows that it is missing, and only there', async () => {
    for (const [roles, asked] of [
      [['Machine.Read.All'], [false, true]],
      [['Vulnerability.Read.All'], [false, false]],
    ] as const) {
      const answer = inTurn(replyJson(403, { error: { code: 'Forbidden' } }), reply(200, 'hello'));
      await withApi(
        answer,
        async ({ tokens, get }) => {
          assert.equal((await rejectionOf(get())).code, 'UPSTREAM_FORBIDDEN');
          await get();
          assert.deepEqual(tokens.asked, asked);
        },
        roles,
      );
    }
  });

  it('says that an answer has too large headers, and does not ask for them again', () =>
    withApi(reply(200, 'hello', { 'x-large': 'x'.repeat(20_000) }), async ({ server, get }) => {
      const error = await rejectionOf(get());
      assert.deepEqual(
        [error.code, error.retryable, error.message, server.requests.length],
        [
          'UPSTREAM_INVALID_RESPONSE',
          false,
          'The export endpoint answered with headers of more than 16384 bytes. A proxy or gateway in between may add them.',
          1,
        ],
      );
    }));

  it('reads of a refusal no more than its beginning', () => {
    const endless: Answer = (_request, response) => {
      response.writeHead(403);
      const piece = 'x'.repeat(100_000);
      const write = (): void => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once('drain', write);
      };
      response.once('close', () => response.removeListener('drain', write));
      write();
    };
    return withApi(endless, async ({ get }) => {
      const error = await rejectionOf(get());
      assert.equal(error.code, 'UPSTREAM_FORBIDDEN');
      assert.ok(error.message.length < 1_000);
    });
  });

  it('does not renew a token that was new already', () =>
    withApi(
      inTurn(
        replyJson(403, {
          error: { message: 'Missing application roles. API required roles: A, application roles: .' },
        }),
        EXPIRED,
      ),
      async ({ server, get }) => {
        await rejectionOf(get());
        assert.equal((await rejectionOf(get())).code, 'UPSTREAM_UNAUTHORIZED');
        assert.equal(server.requests.length, 2);
      },
    ));

  it('tells the budget of a 429', () =>
    withApi(reply(429, '', { 'retry-after': '30' }), async ({ budget, get }) => {
      assert.equal((await rejectionOf(get())).retryAtMs, 1_030_000);
      assert.deepEqual(budget.throttled, [{ endpoint: 'EXPORT', retryAtMs: 1_030_000 }]);
    }));

  it('follows no redirect', () =>
    withApi(reply(302, '', { location: 'http://127.0.0.1:1/steal' }), async ({ server, get }) => {
      assert.equal((await rejectionOf(get())).code, 'UPSTREAM_INVALID_RESPONSE');
      assert.equal(server.requests.length, 1);
    }));

  it('makes no call that the budget forbids', () =>
    withApi(reply(200), async ({ server, budget, get }) => {
      budget.acquire = () => Promise.reject(new Error('spent'));
      assert.equal((await rejectionOf(get())).message, 'spent');
      assert.equal(server.requests.length, 0);
    }));

  it('tells a connection that broke, a host that never answers and one that cannot be reached', async () => {
    await withApi(replyCut(Buffer.alloc(100), 10), async ({ get }) =>
      assert.equal((await rejectionOf(get())).code, 'UPSTREAM_CONNECTION_LOST'),
    );
    await withApi(
      () => {},
      async ({ get }) => assert.equal((await rejectionOf(get())).code, 'UPSTREAM_TIMEOUT'),
    );
    await withApi(reply(200), async ({ server, get }) => {
      await server[Symbol.asyncDispose]();
      assert.equal((await rejectionOf(get())).code, 'UPSTREAM_UNREACHABLE');
    });
  });

  it('says that a compressed answer is broken', () =>
    withApi(reply(200, gzipSync('hello').subarray(0, 15)), async ({ get }) => {
      const error = await rejectionOf(get());
      assert.deepEqual([error.code, error.retryable], ['UPSTREAM_INVALID_RESPONSE', true]);
      assert.equal(
        error.message,
        'The export endpoint answered with a compressed body that cannot be read: the gzip data ends early.',
      );
    }));

  it('ends a call with its signal, with the reason', () => {
    const stop = new AbortController();
    return withApi(
      () => stop.abort(new Error('stopped')),
      async ({ get }) => assert.equal((await rejectionOf(get(stop.signal))).message, 'stopped'),
    );
  });
});
