import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createEndpointFixture } from '../../support/defender-endpoints.ts';
import { neverAborted, rejectionOf } from '../../support/defender-fixtures.ts';
import { type Answer, inTurn, reply, replyCut, replyJson } from '../../support/upstream-server.ts';

async function request(answer: (host: string) => Answer, maximumRetries = 3) {
  let host = '';
  await using fixture = await createEndpointFixture(
    (received, response) => answer(host)(received, response),
    { maximumRetries },
  );
  host = fixture.server.host;
  const outcome = await fixture.exportEndpoint
    .requestExport({ sasValidHours: 3, signal: neverAborted() })
    .catch((error: unknown) => error);
  return { outcome, requests: fixture.server.requests, calls: fixture.budget.calls, host };
}

const listing = (files: unknown, generatedTime: unknown = '2026-11-23T06:00:00Z') =>
  replyJson(200, { '@odata.context': 'x', exportFiles: files, generatedTime });

describe('export endpoint', () => {
  it('asks for URLs of the given lifetime and reads files, group and expiry', async () => {
    const { outcome, requests, host } = await request((at) =>
      listing([
        `http://${at}/temp-1/2026-11-23/0600/Cert/json/OrgId=1/_RbacGroupId=12/part-0.c000.json.gz?se=2026-11-23T09%3A00%3A00Z&sig=a%2Bb%3D`,
        `http://${at}/temp-1/_RbacGroupId%3D7/part-0.c000.json.gz?se=2026-11-23T09:00:00Z&ske=2026-11-23T07:00:00Z&sig=c`,
        `http://${at}/other`,
      ]),
    );
    assert.equal(requests[0]?.path, '/api/machines/certificateAssessmentExport?sasValidHours=3');
    assert.deepEqual(outcome, {
      generatedAtMs: Date.UTC(2026, 10, 23, 6),
      files: [
        {
          url: new URL(
            `http://${host}/temp-1/_RbacGroupId%3D7/part-0.c000.json.gz?se=2026-11-23T09:00:00Z&ske=2026-11-23T07:00:00Z&sig=c`,
          ),
          rbacGroupId: '7',
          expiresAtMs: Date.UTC(2026, 10, 23, 7),
        },
        {
          url: new URL(
            `http://${host}/temp-1/2026-11-23/0600/Cert/json/OrgId=1/_RbacGroupId=12/part-0.c000.json.gz?se=2026-11-23T09%3A00%3A00Z&sig=a%2Bb%3D`,
          ),
          rbacGroupId: '12',
          expiresAtMs: Date.UTC(2026, 10, 23, 9),
        },
        { url: new URL(`http://${host}/other`), rbacGroupId: null, expiresAtMs: null },
      ],
    });
  });

  it('takes a time of generation past the year 9999 for the last second that can be written', async () => {
    const { outcome } = await request(() => listing([], '9999-12-31T23:59:59-05:00'));
    const { generatedAtMs } = outcome as { generatedAtMs: number };
    assert.equal(new Date(generatedAtMs).toISOString(), '9999-12-31T23:59:59.000Z');
  });

  it('takes no file twice, whatever its signature', async () => {
    const { outcome } = await request((at) =>
      listing([`http://${at}/a?sig=1`, `http://${at}/a?sig=2`, `http://${at}/a?sig=1`, `http://${at}/b`]),
    );
    assert.equal((outcome as { files: unknown[] }).files.length, 2);
  });

  it('takes null and missing members, in any case', async () => {
    for (const body of [
      { exportFiles: null, generatedTime: null },
      {},
      { ExportFiles: [], GeneratedTime: null },
    ]) {
      assert.deepEqual((await request(() => replyJson(200, body))).outcome, {
        files: [],
        generatedAtMs: null,
      });
    }
  });

  it('refuses files on hosts that are not allowed, without their signature', async () => {
    const { outcome } = await request(() => listing(['https://evil.example/x?sig=SECRET']));
    assert.deepEqual(
      [(outcome as { code: string }).code, (outcome as Error).message],
      [
        'UPSTREAM_HOST_REFUSED',
        "The export lists a file at https://evil.example, which DEFENDER_DOWNLOAD_HOSTS does not allow. If that host is Microsoft's, or yours, add it there.",
      ],
    );
  });

  for (const [name, answer, message, calls] of [
    [
      'HTML',
      reply(200, '<html>Sign in</html>'),
      'The answer of the export endpoint is HTML or XML: it begins with "<html>Sign in</html>".',
      3,
    ],
    [
      'text that is no JSON',
      reply(200, '{"exportFiles":['),
      'The answer of the export endpoint is cut off or not JSON: it begins with "{\\"exportFiles\\":[".',
      3,
    ],
    [
      'an error in place of a list',
      replyJson(200, { error: { code: 'InternalServerError', message: 'Away.', target: null } }),
      'The export endpoint answered 200 with an error inside: InternalServerError "Away.".',
      3,
    ],
    [
      'a list of something else',
      listing([5]),
      'The answer of the export endpoint is of an unknown shape: ✖ Invalid input: expected string, received number   → at exportfiles[0].',
      1,
    ],
    [
      'a URL that is none',
      listing(['not a url']),
      'The answer of the export endpoint lists a file whose URL cannot be read.',
      1,
    ],
    [
      'more files than it takes',
      listing(Array.from({ length: 100_001 }, () => 'https://x/')),
      'The answer of the export endpoint lists 100001 files, and at most 100000 are taken. Report it; meanwhile REFRESH_SOURCE=paged does without files.',
      1,
    ],
    [
      'a list of a million entries, unparsed',
      reply(200, `{"exportFiles":[${'"",'.repeat(1_000_000)}""]}`),
      'The answer of the export endpoint holds more than 200000 values, and at most 100000 files are taken. Report it; meanwhile REFRESH_SOURCE=paged does without files.',
      1,
    ],
    [
      'ten million levels, unparsed',
      reply(200, '['.repeat(10_000_000)),
      'The answer of the export endpoint holds more than 200000 values, and at most 100000 files are taken. Report it; meanwhile REFRESH_SOURCE=paged does without files.',
      1,
    ],
    [
      'more things than it takes that are no URLs',
      reply(200, `{"exportFiles":[${'0,'.repeat(150_000)}0]}`),
      'The answer of the export endpoint lists 150001 files, and at most 100000 are taken. Report it; meanwhile REFRESH_SOURCE=paged does without files.',
      1,
    ],
  ] as const) {
    it(`refuses ${name}`, async () => {
      const { outcome, requests } = await request(() => answer);
      assert.deepEqual(
        [(outcome as { code: string }).code, (outcome as Error).message, requests.length],
        ['UPSTREAM_INVALID_RESPONSE', message, calls],
      );
    });
  }

  it('comes through a 500, a cut answer and a 503, each try counted', async () => {
    const { outcome, calls } = await request(() => listing([]), 3);
    assert.deepEqual([outcome, calls.EXPORT], [{ files: [], generatedAtMs: Date.UTC(2026, 10, 23, 6) }, 1]);
    const turns = inTurn(
      reply(500),
      replyCut(Buffer.from('{"exportFiles":[]}'), 5),
      reply(503, '<html>'),
      listing([]),
    );
    const second = await request(() => turns);
    assert.deepEqual(
      [second.outcome, second.calls.EXPORT],
      [{ files: [], generatedAtMs: Date.UTC(2026, 10, 23, 6) }, 4],
    );
  });

  it('gives up when the failures outlast the tries, and at once on a 429', async () => {
    const outage = await request(() => reply(500));
    assert.deepEqual(
      [(await rejectionOf(Promise.reject(outage.outcome))).code, outage.calls.EXPORT],
      ['UPSTREAM_UNAVAILABLE', 4],
    );
    const throttled = await request(() => reply(429));
    assert.deepEqual(
      [(throttled.outcome as { code: string }).code, throttled.calls.EXPORT],
      ['UPSTREAM_RATE_LIMITED', 1],
    );
  });
});
