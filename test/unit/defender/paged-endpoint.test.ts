import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { GatewayError } from '../../../src/core/errors.ts';
import { budgetSpent } from '../../../src/defender/call-budget.ts';
import {
  createEndpointFixture,
  type EndpointFixture,
  type EndpointFixtureOptions,
} from '../../support/defender-endpoints.ts';
import { createTextReader, neverAborted, rejectionOf } from '../../support/defender-fixtures.ts';
import { type Answer, inTurn, reply, replyCut, replyJson } from '../../support/upstream-server.ts';

async function walk(
  answer: Answer,
  prepare: (fixture: EndpointFixture) => void = () => {},
  options: EndpointFixtureOptions = {},
) {
  await using fixture = await createEndpointFixture(answer, options);
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
    paths: fixture.server.requests.map(({ path }) => path),
    calls: fixture.budget.calls.PAGED,
    log: fixture.log,
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

  it('refuses a link of more characters than any server takes', async () => {
    const { error, calls } = await walk(replyJson(200, page([1], `/x?$skiptoken=${'a'.repeat(20_000)}`)));
    assert.deepEqual(
      [error?.code, error?.retryable, error?.message, calls],
      [
        'UPSTREAM_INVALID_RESPONSE',
        false,
        'The answer of the paged endpoint names a next page by a link of 20014 characters; at most 16384 are taken. Report it to Microsoft.',
        1,
      ],
    );
  });

  for (const [length, calls, message] of [
    [1, 2, 'Page 2 of the paged endpoint names a next page that was read already (page 2)'],
    [3, 4, 'Page 4 of the paged endpoint names a next page that was read already (page 2)'],
  ] as const) {
    it(`notices a loop of ${length} in the links, without walking it twice`, async () => {
      let turn = 0;
      const walked = await walk((received, response) => {
        turn += 1;
        return replyJson(200, page([turn], `${next}${turn % length}`))(received, response);
      });
      const { error } = walked;
      assert.deepEqual(
        [error?.code, error?.retryable, walked.calls],
        ['UPSTREAM_INVALID_RESPONSE', true, calls],
      );
      assert.equal(
        error?.message,
        `${message}: the walk would never end. It is tried again later; if this stays, set REFRESH_SOURCE to export and report it to Microsoft.`,
      );
    });
  }

  it('gives up on pages that go on for ever, each under a link of its own', async () => {
    let turn = 0;
    const { error, calls } = await walk(
      (received, response) => {
        turn += 1;
        return replyJson(200, page([], `${next}${turn}`))(received, response);
      },
      () => {},
      { maximumPages: 7 },
    );
    assert.deepEqual(
      [error?.code, error?.retryable, calls, error?.message],
      [
        'UPSTREAM_INVALID_RESPONSE',
        false,
        7,
        'The paged endpoint names a page after page 7, and no more than 7 are read. A larger PAGE_SIZE makes fewer pages; if it is large already, set REFRESH_SOURCE to export.',
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
      'The answer of the paged endpoint holds a record of more than 10000 bytes, which is no inventory record; report it.',
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

  it('waits an hour for its own budget, and for a 429 not so long', async () => {
    const throttled = await walk(
      inTurn(replyJson(200, page([1], next)), reply(429, '', { 'retry-after': '3600' })),
    );
    assert.deepEqual([throttled.error?.code, throttled.clock.now()], ['UPSTREAM_RATE_LIMITED', 0]);
    let acquired = 0;
    const spent = await walk(
      inTurn(replyJson(200, page([1], next)), replyJson(200, page([2]))),
      (fixture) => {
        fixture.budget.acquire = async (endpoint) => {
          acquired += 1;
          if (acquired === 2) throw budgetSpent(endpoint, 3_600_000);
        };
      },
    );
    assert.deepEqual([spent.error, spent.records, spent.clock.now()], [undefined, ['1', '2'], 3_600_000]);
  });

  for (const [name, headers, waitedMs] of [
    ['seconds', { 'retry-after': '40' }, 40_000],
    ['a date', { 'retry-after': 'Thu, 01 Jan 1970 00:00:25 GMT' }, 25_000],
    ['no word of when', {}, 60_000],
    ['zero', { 'retry-after': '0' }, 0],
    ['a date that has passed', { 'retry-after': 'Wed, 31 Dec 1969 00:00:00 GMT' }, 0],
  ] as const) {
    it(`waits in the middle of a walk after a 429 with ${name}`, async () => {
      const { records, error, clock, calls } = await walk(
        inTurn(replyJson(200, page([1], next)), reply(429, '', headers), replyJson(200, page([2]))),
      );
      assert.deepEqual([error, records, calls, clock.now()], [undefined, ['1', '2'], 3, waitedMs]);
    });
  }

  it('does not call at once again and again where every 429 says "now"', async () => {
    const { error, clock, calls } = await walk(
      inTurn(replyJson(200, page([1], next)), reply(429, '', { 'retry-after': '0' })),
    );
    assert.deepEqual([error?.code, calls, clock.now()], ['UPSTREAM_RATE_LIMITED', 7, 26_000]);
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

describe('a new export in the middle of a walk', () => {
  const expired = (status: number) =>
    replyJson(status, { error: { code: 'InvalidInput', message: 'The skip token has expired.' } });
  const first = '/api/machines/certificateAssessmentByMachine?pageSize=50000';

  for (const status of [400, 404, 410]) {
    it(`starts the walk over when a link is refused with ${status}, and keeps nothing of the old export`, async () => {
      const { error, records, pages, paths, log } = await walk(
        inTurn(
          replyJson(200, page([1, 2], `${next}old`)),
          expired(status),
          replyJson(200, page([7], `${next}new`)),
          replyJson(200, page([8])),
        ),
      );
      assert.deepEqual([error, records], [undefined, ['7', '8']]);
      assert.deepEqual(paths, [first, `${next}old`, first, `${next}new`]);
      assert.deepEqual(pages, [1, 0, 1, 2]);
      assert.deepEqual(log.messages, ['pages of an old export, starting over']);
    });
  }

  it('starts over once in a refresh, and then says so', async () => {
    const { error, calls } = await walk((received, response) =>
      (received.path === first ? replyJson(200, page([1], next)) : expired(400))(received, response),
    );
    assert.deepEqual([error?.code, error?.retryable, calls], ['UPSTREAM_PAGE_EXPIRED', true, 4]);
    assert.equal(
      error?.message,
      'The paged endpoint refused the request as malformed: InvalidInput "The skip token has expired.". That was the link to page 2, which Defender itself gave: it has probably made a new export since. The walk was started over once already. It is tried again later; a larger PAGE_SIZE makes it shorter.',
    );
  });

  it('does not start over when the first page is refused, of either walk', async () => {
    const atOnce = await walk(expired(400));
    assert.deepEqual([atOnce.error?.code, atOnce.calls], ['UPSTREAM_BAD_REQUEST', 1]);
    assert.equal(
      atOnce.error?.message,
      'The paged endpoint refused the request as malformed: InvalidInput "The skip token has expired.". Check PAGE_SIZE and DEFENDER_API_URL; the endpoint may be missing in this cloud.',
    );
    const later = await walk(inTurn(replyJson(200, page([1], next)), expired(404)));
    assert.deepEqual([later.error?.code, later.calls], ['UPSTREAM_NOT_FOUND', 3]);
  });

  it('waits for its turn when it starts over: calls have been spent by then', async () => {
    const { error, records, clock } = await walk(
      inTurn(
        replyJson(200, page([1], next)),
        expired(400),
        reply(429, '', { 'retry-after': '30' }),
        replyJson(200, page([2])),
      ),
    );
    assert.deepEqual([error, records, clock.now()], [undefined, ['2'], 30_000]);
  });

  /** As in Microsoft's sample. */
  const linkOf = (timePath: string, line: number) => {
    const token = { ExportDefinition: { TimePath: timePath }, ExportFileIndex: 0, LineStoppedAt: line };
    return `/api/machines/x?pagesize=2&$skiptoken=${Buffer.from(JSON.stringify(token)).toString('base64')}`;
  };

  it('starts over when the links go over to another export without a word', async () => {
    const { error, records, calls } = await walk(
      inTurn(
        replyJson(200, page([1], linkOf('2026-01-11/0500/', 1))),
        replyJson(200, page([92], linkOf('2026-01-11/1100/', 2))),
        replyJson(200, page([91], linkOf('2026-01-11/1100/', 1))),
        replyJson(200, page([92], linkOf('2026-01-11/1100/', 2))),
        replyJson(200, page([93])),
      ),
    );
    assert.deepEqual([error, records, calls], [undefined, ['91', '92', '93'], 5]);
  });

  it('names both exports when that happens twice', async () => {
    let turn = 0;
    const { error, calls } = await walk((received, response) => {
      turn += 1;
      return replyJson(200, page([turn], linkOf(`2026-01-11/0${turn}00/`, turn)))(received, response);
    });
    assert.deepEqual([error?.code, error?.retryable, calls], ['UPSTREAM_PAGE_EXPIRED', true, 4]);
    assert.equal(
      error?.message,
      'The paged endpoint went over from the export "2026-01-11/0300/" to "2026-01-11/0400/" after page 2; records of two exports are never mixed. The walk was started over once already. It is tried again later; a larger PAGE_SIZE makes it shorter.',
    );
  });

  it('takes tokens of any other form as they are', async () => {
    const forms = [
      'abc',
      Buffer.from('null').toString('base64'),
      Buffer.from('{"ExportDefinition":7}').toString('base64'),
      '',
    ];
    const { error, calls } = await walk(
      inTurn(
        ...forms.map((form) => replyJson(200, page([1], `/x?$SkipToken=${form}`))),
        replyJson(200, page([1])),
      ),
    );
    assert.deepEqual([error, calls], [undefined, 5]);
  });
});

describe('limits of a page', () => {
  it('refuses a page of more bytes than can be meant, and does not read it to its end', async () => {
    const body = Buffer.from(JSON.stringify(page(Array.from({ length: 100_000 }, (_, index) => index))));
    const { error, calls } = await walk(reply(200, gzipSync(body)), () => {}, { maximumPageBytes: 200_000 });
    assert.deepEqual(
      [error?.code, error?.retryable, error?.message, calls],
      [
        'UPSTREAM_INVALID_RESPONSE',
        false,
        'The answer of the paged endpoint has more than 200000 bytes; a smaller PAGE_SIZE makes smaller ones.',
        1,
      ],
    );
  });

  it('stops reading what cannot become a page any more', async () => {
    const endless: Answer = (_request, response) => {
      const piece = `<p>${'x'.repeat(100_000)}</p>`;
      const write = (): void => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once('drain', write);
      };
      response.once('close', () => response.removeListener('drain', write));
      write();
    };
    const { error, calls } = await walk(endless, () => {}, { maximumRetries: 1 });
    assert.deepEqual([error?.code, calls], ['UPSTREAM_INVALID_RESPONSE', 2]);
    assert.match(
      error?.message ?? '',
      /^The answer of the paged endpoint has more than a mebibyte beside its records: it begins with "<p>xxx/,
    );
  });

  it('quotes an error object however deep the rest of it is', async () => {
    const deep = `{"error":{"code":"X","message":"y","inner":${'['.repeat(200_000)}${']'.repeat(200_000)}}}`;
    const { error } = await walk(reply(200, deep));
    assert.equal(error?.message, 'The paged endpoint answered 200 with an error inside: X "y".');
  });
});
