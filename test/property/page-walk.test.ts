/** Whatever the links say, a walk ends, reads no page twice, and gives the pages of one export or none. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { GatewayError } from '../../src/core/errors.ts';
import { walkPages } from '../../src/defender/page-walk.ts';

const FIRST = new URL('https://api.example/first');
const MAXIMUM_PAGES = 12;

interface Walked {
  /** Pages that were kept, in their order. */
  readonly kept: string[];
  readonly calls: number;
  readonly startedOver: number;
  readonly error: GatewayError | undefined;
}

async function walk(readPage: (url: URL) => { kept: string; next: URL | null }): Promise<Walked> {
  const kept: string[] = [];
  let calls = 0;
  let startedOver = 0;
  let pagesTold = 0;
  const error = await walkPages({
    first: FIRST,
    maximumPages: MAXIMUM_PAGES,
    readPage: async (url) => {
      calls += 1;
      const page = readPage(url);
      kept.push(page.kept);
      return page.next;
    },
    onPage: (pages) => {
      pagesTold = pages;
    },
    onStartOver: () => {
      startedOver += 1;
      kept.length = 0;
    },
  }).then(
    (pages) => {
      assert.deepEqual([pages, pagesTold], [kept.length, kept.length]);
      return undefined;
    },
    (failure) => failure,
  );
  return { kept, calls, startedOver, error };
}

function linkTo(generation: number, page: number): URL {
  const token = {
    ExportDefinition: { TimePath: `2026-01-11/${generation}/` },
    ExportFileIndex: 0,
    LineStoppedAt: page,
  };
  const url = new URL('https://api.example/next');
  url.searchParams.set('$skiptoken', Buffer.from(JSON.stringify(token)).toString('base64'));
  return url;
}

describe('a walk over pages', () => {
  it('gives the pages of one export, whole and in order, whenever and however a new one is made', async () => {
    const scenario = fc.record({
      /** Pages of each export. */
      lengths: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 3, maxLength: 3 }),
      /** What Defender does with a link into an old export. */
      manner: fc.constantFrom('REFUSES', 'KEEPS', 'GOES_OVER'),
      /** Calls after which a new export is made. */
      renewals: fc.array(fc.integer({ min: 1, max: 20 }), { maxLength: 2 }),
    });
    await fc.assert(
      fc.asyncProperty(scenario, async ({ lengths, manner, renewals }) => {
        let calls = 0;
        const { kept, startedOver, error, ...walked } = await walk((url) => {
          const newest = renewals.filter((after) => calls >= after).length;
          calls += 1;
          const token = url.searchParams.get('$skiptoken');
          const position = token === null ? null : JSON.parse(Buffer.from(token, 'base64').toString());
          const asked = position === null ? newest : Number(position.ExportDefinition.TimePath.split('/')[1]);
          const page = position?.LineStoppedAt ?? 0;
          if (asked !== newest && manner === 'REFUSES') {
            throw new GatewayError('UPSTREAM_PAGE_EXPIRED', 'Refused.', { retryable: true });
          }
          const answered = manner === 'GOES_OVER' ? newest : asked;
          const isLast = page + 1 >= (lengths[answered] as number);
          return { kept: `${answered}:${page}`, next: isLast ? null : linkTo(answered, page + 1) };
        });
        assert.ok(walked.calls <= 2 * MAXIMUM_PAGES && startedOver <= 1);
        if (error !== undefined) {
          assert.deepEqual([error.code, error.retryable, startedOver], ['UPSTREAM_PAGE_EXPIRED', true, 1]);
          return;
        }
        // A last page shows no export: there nobody could tell, and Defender's own word must be taken.
        if (manner === 'GOES_OVER') kept.pop();
        const [generation = '0'] = kept.map((page) => page.split(':')[0] as string);
        assert.deepEqual(
          kept,
          kept.map((_, index) => `${generation}:${index}`),
        );
        if (manner !== 'GOES_OVER') assert.equal(kept.length, lengths[Number(generation)]);
      }),
      { numRuns: 500 },
    );
  });

  it('ends whatever page names whatever other one, and reads none twice', async () => {
    const links = fc.array(fc.option(fc.nat(19), { freq: 8 }), { minLength: 20, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(links, async (nextOf) => {
        const { kept, calls, error } = await walk((url) => {
          const at = Number(url.searchParams.get('p') ?? 0);
          const next = nextOf[at] ?? null;
          return {
            kept: url.href,
            next: next === null ? null : new URL(`https://api.example/next?p=${next}`),
          };
        });
        assert.equal(new Set(kept).size, kept.length);
        assert.ok(calls <= MAXIMUM_PAGES);
        if (error !== undefined) assert.equal(error.code, 'UPSTREAM_INVALID_RESPONSE');
      }),
      { numRuns: 500 },
    );
  });
});
