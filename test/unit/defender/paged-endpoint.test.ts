import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayError } from '../../../src/core/errors.ts';
import { budgetSpent } from '../../../src/defender/call-budget.ts';
import { createEndpointFixture, type EndpointFixture } from '../../support/defender-endpoints.ts';
import { createTextReader, neverAborted, rejectionOf } from '../../support/defender-fixtures.ts';
import { type Answer, inTurn, reply, replyCut, replyJson } from '../../support/upstream-server.ts';

async function walk(answer: Answer, prepare: (fixture: EndpointFixture) => void = () => {}) {
  await using fixture = await createEndpointFixture(answer);
  prepare(fixture);
  const { reader, records } = createTextReader();
  const pages: number[] = [];
  let bytes = 0;
  const error: GatewayError | undefined = await fixture.pagedEndpoint
    .readAll({
      pageSize: 50_000,
      reader,
      onPage: (count) => pages.push(count),
      onBytes: (sizeBytes) => {
        bytes += sizeBytes;
      },
      signal: neverAborted(),
    })
    .then(
      () => undefined,
      (failure) => failure,
    );
  return {
    records,
    pages,
    bytes,
    error,
    requests: fixture.server.requests,
    calls: fixture.budget.calls.PAGED,
    clock: fixture.clock,
  };
}

const page = (values: readonly number[], nextLink?: string) => ({
  '@odata.context': 'x',
  value: values,
  ...(nextLink === undefined ? {} : { '@odata.nextLink': nextLink }),
});
const next = '/api/machines/certificateAssessmentByMachine?pagesize=50000&$skiptoken=abc%3D';

describe('paged endpoint', () => {
  it('walks the pages that are named, relative and absolute, short and empty, to the last', async () => {
    let turn = 0;
    const { records, pages, requests, bytes, error } = await walk((received, response) => {
      turn += 1;
      const absolute = `http://${received.headers.host}/Api/Machines/CertificateAssessmentByMachine?pagesize=1&$skiptoken=def`;
      const body = [page([1, 2], next), page([], absolute), page([3])][turn - 1];
      return replyJson(200, body)(received, response);
    });
    assert.deepEqual([error, records, pages], [undefined, ['1', '2', '3'], [1, 2, 3]]);
    assert.deepEqual(
      requests.map(({ path }) => path),
      [
        '/api/machines/certificateAssessmentByMachine?pageSize=50000',
        next,
        '/Api/Machines/CertificateAssessmentByMachine?pagesize=1&$skiptoken=def',
      ],
    );
    assert.ok(bytes > 100);
  });

  for (const [name, link, code, message] of [
    [
      'on another host',
      'https://evil.example/x',
      'UPSTREAM_HOST_REFUSED',
      "The answer of the paged endpoint names a next page at https://evil.example, which DEFENDER_PAGE_HOSTS does not allow; a bearer token would go there. If that host is Microsoft's, add it there.",
    ],
    [
      'that is no URL',
      'http://[bad',
      'UPSTREAM_INVALID_RESPONSE',
      'The answer of the paged endpoint names a next page that is no URL: "http://[bad".',
    ],
  ] as const) {
    it(`refuses a next page ${name}`, async () => {
      const { error, requests } = await walk(replyJson(200, page([1], link)));
      assert.deepEqual([error?.code, error?.message, requests.length], [code, message, 1]);
    });
  }

  it('notices a link that leads back', async () => {
    const { error, requests } = await walk(replyJson(200, page([1], next)));
    assert.deepEqual(
      [error?.code, error?.message, requests.length],
      [
        'UPSTREAM_INVALID_RESPONSE',
        'The answer of the paged endpoint names a next page that was read already.',
        2,
      ],
    );
  });

  it('reads a page again that broke off, and hands no record on twice', async () => {
    const whole = Buffer.from(JSON.stringify(page([11, 22, 33])));
    const { records, error, calls } = await walk(
      inTurn(replyCut(whole, 35), reply(200, whole.subarray(0, 38)), reply(200, whole)),
    );
    assert.deepEqual([error, records, calls], [undefined, ['11', '22', '33'], 3]);
  });

  it('keeps nothing of a page that broke off when it comes back with other records', async () => {
    const whole = Buffer.from(JSON.stringify(page([11, 22, 33])));
    const { records, error } = await walk(inTurn(replyCut(whole, 40), replyJson(200, page([99, 22]))));
    assert.deepEqual([error, records], [undefined, ['99', '22']]);
  });

  it('comes through a page of HTML and an error object that came with status 200', async () => {
    const { records, error } = await walk(
      inTurn(
        reply(200, '<html>'),
        replyJson(200, { error: { code: 'X', message: 'y' } }),
        replyJson(200, page([1])),
      ),
    );
    assert.deepEqual([error, records], [undefined, ['1']]);
  });

  for (const [name, answer, message] of [
    [
      'HTML',
      reply(200, '<html>x</html>'),
      'The answer of the paged endpoint is HTML or XML: it begins with "<html>x</html>".',
    ],
    [
      'an error object',
      replyJson(200, { error: { code: 'X', message: 'y' } }),
      'The paged endpoint answered 200 with an error inside: X "y".',
    ],
    [
      'a cut body',
      reply(200, '{"value":[1'),
      'The answer of the paged endpoint is cut off or not JSON: it begins with "{\\"value\\":[".',
    ],
    [
      'a record of more than the limit',
      replyJson(200, { value: ['x'.repeat(20_000)] }),
      'The answer of the paged endpoint holds a record of more than 10000 bytes.',
    ],
  ] as const) {
    it(`gives up on ${name} that stays`, async () => {
      const { error } = await walk(answer);
      assert.deepEqual([error?.code, error?.message], ['UPSTREAM_INVALID_RESPONSE', message]);
    });
  }

  it('gives way to a spent budget and to a 429 on the first page', async () => {
    const spent = await walk(replyJson(200, page([1])), ({ budget }) => {
      budget.acquire = () => Promise.reject(budgetSpent('PAGED', 5_000));
    });
    assert.deepEqual(
      [spent.error?.code, spent.error?.retryAtMs, spent.requests.length],
      ['UPSTREAM_BUDGET_SPENT', 5_000, 0],
    );
    const throttled = await walk(reply(429, '', { 'retry-after': '5' }));
    assert.deepEqual([throttled.error?.code, throttled.requests.length], ['UPSTREAM_RATE_LIMITED', 1]);
  });

  it('waits in the middle of a walk for the budget and for the end of a throttling', async () => {
    let acquired = 0;
    const { records, error, clock, requests } = await walk(
      inTurn(
        replyJson(200, page([1], next)),
        reply(429, '', { 'retry-after': '40' }),
        replyJson(200, page([2])),
      ),
      ({ budget }) => {
        budget.acquire = async (endpoint) => {
          acquired += 1;
          if (acquired === 2) throw budgetSpent(endpoint, 30_000);
        };
      },
    );
    assert.deepEqual([error, records, requests.length, clock.now()], [undefined, ['1', '2'], 3, 70_000]);
  });

  it('does not wait for hours', async () => {
    const { error, clock } = await walk(
      inTurn(replyJson(200, page([1], next)), reply(429, '', { 'retry-after': '3600' })),
    );
    assert.deepEqual([error?.code, clock.now()], ['UPSTREAM_RATE_LIMITED', 0]);
  });

  it('asks for one record and no more, for the connection check', async () => {
    await using fixture = await createEndpointFixture(replyJson(200, page([1], next)));
    assert.deepEqual(await fixture.pagedEndpoint.readFirst({ signal: neverAborted() }), { records: 1 });
    assert.deepEqual(
      fixture.server.requests.map(({ path }) => path),
      ['/api/machines/certificateAssessmentByMachine?$top=1'],
    );
    await using broken = await createEndpointFixture(reply(200, '<html>'));
    assert.equal(
      (await rejectionOf(broken.pagedEndpoint.readFirst({ signal: neverAborted() }))).code,
      'UPSTREAM_INVALID_RESPONSE',
    );
  });
});
