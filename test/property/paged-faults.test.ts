/**
 * Whatever goes wrong between pages, over real HTTP: a walk that succeeds has the records of one export, each once and in
 * their order, and every request that left was counted before.
 */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { GatewayError } from '../../src/core/errors.ts';
import { createEndpointFixture } from '../support/defender-endpoints.ts';
import { createTextReader, neverAborted } from '../support/defender-fixtures.ts';
import { type Answer, reply, replyCut, replyJson } from '../support/upstream-server.ts';

const PAGE_RECORDS = 3;

/** What happens to one call. */
type Event =
  | { readonly kind: 'answered'; readonly isZipped: boolean }
  | { readonly kind: 'cut' | 'truncated'; readonly atByte: number }
  | { readonly kind: 'refused'; readonly status: number; readonly retryAfter: string | null }
  | { readonly kind: 'html' | 'errorObject' | 'reset' }
  /** A new export is made; links into older ones are refused from then on. */
  | { readonly kind: 'renewed' };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant('answered' as const), isZipped: fc.boolean() }),
  },
  fc.record({ kind: fc.constantFrom('cut', 'truncated'), atByte: fc.nat(200) }),
  fc.record({
    kind: fc.constant('refused' as const),
    status: fc.constantFrom(401, 403, 404, 408, 410, 429, 500, 502, 503),
    retryAfter: fc.constantFrom(null, '0', '7', '700'),
  }),
  fc.record({ kind: fc.constantFrom('html', 'errorObject', 'reset', 'renewed') }),
);

interface Schedule {
  readonly events: readonly Event[];
  readonly pages: number;
}

/** Defender with that many pages an export; what becomes of each call is in the schedule, and good once that is over. */
function createService({ events, pages }: Schedule): Answer {
  let call = 0;
  let generation = 0;
  return (received, response) => {
    const now = events[call] ?? { kind: 'answered', isZipped: false };
    call += 1;
    if (now.kind === 'renewed') generation += 1;
    const token = /skiptoken=(\d+)-(\d+)/.exec(received.path);
    const asked = token === null ? generation : Number(token[1]);
    const page = token === null ? 0 : Number(token[2]);
    const whole = Buffer.from(JSON.stringify(toPage(asked, page, pages)));
    return toAnswer(now, whole, asked === generation)(received, response);
  };
}

function toPage(generation: number, page: number, pages: number): Record<string, unknown> {
  const value = Array.from({ length: PAGE_RECORDS }, (_, index) => `${generation}:${page}:${index}`);
  const link = `/x?pagesize=${PAGE_RECORDS}&$skiptoken=${generation}-${page + 1}`;
  return page + 1 < pages ? { value, '@odata.nextLink': link } : { value };
}

function toAnswer(now: Event, whole: Buffer, isNewest: boolean): Answer {
  switch (now.kind) {
    case 'cut':
      return replyCut(whole, now.atByte % whole.length);
    case 'truncated':
      return reply(200, whole.subarray(0, now.atByte % whole.length));
    case 'refused':
      return replyJson(
        now.status,
        { error: { code: 'Some', message: 'thing' } },
        now.retryAfter === null ? {} : { 'retry-after': now.retryAfter },
      );
    case 'html':
      return reply(200, '<html>');
    case 'errorObject':
      return replyJson(200, { error: { code: 'Some', message: 'thing' } });
    case 'reset':
      return (_request, response) => void response.destroy();
    default:
      if (!isNewest) return replyJson(400, { error: { code: 'InvalidInput', message: 'Expired.' } });
      return reply(200, now.kind === 'answered' && now.isZipped ? gzipSync(whole) : whole);
  }
}

describe('a walk over pages that go wrong', () => {
  it('gives one whole export or an error, never less and never two mixed', async () => {
    let succeeded = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.record({ events: fc.array(event, { maxLength: 14 }), pages: fc.integer({ min: 1, max: 5 }) }),
        async (schedule) => {
          await using fixture = await createEndpointFixture(createService(schedule));
          const { reader, records } = createTextReader();
          const outcome = await fixture.pagedEndpoint
            .readAll({
              pageSize: PAGE_RECORDS,
              reader,
              onPage: () => {},
              onBytes: () => {},
              signal: neverAborted(),
            })
            .catch((error: unknown) => error);
          assert.equal(fixture.budget.calls.PAGED, fixture.server.requests.length);
          if (outcome instanceof Error) {
            assert.ok(outcome instanceof GatewayError && outcome.code.startsWith('UPSTREAM_'), `${outcome}`);
            return;
          }
          succeeded += 1;
          const generation = Number(records[0]?.slice(1).split(':')[0]);
          const expected = Array.from({ length: schedule.pages }, (_, page) => {
            const { value } = toPage(generation, page, schedule.pages);
            return (value as string[]).map((text) => JSON.stringify(text));
          }).flat();
          assert.deepEqual([outcome, records], [{ pages: schedule.pages }, expected]);
        },
      ),
      { numRuns: 250 },
    );
    assert.ok(succeeded > 50, `${succeeded}`);
  });
});
