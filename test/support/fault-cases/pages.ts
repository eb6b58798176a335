/** Faults of the paged endpoint: 14 to 16, and what of 17, 18, 21 and 32 is about pages. */

import assert from 'node:assert/strict';
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../../src/core/units.ts';
import type { ExpectedRun, FaultCase } from '../fault-case.ts';
import type { SimulatedWorld } from '../simulated-gateway.ts';

const PAGED = { REFRESH_SOURCE: 'paged' };
/** One more page than a cycle needs. */
const FOUR_PAGES = { ...PAGED, PAGE_SIZE: '15' };
/** So that time which only the tenant has seen pass does not make them expire. */
const LONG_TOKENS = { tokenLifetimeSeconds: 86_400 };
const WALK = { token: 1, paged: 3 };

/** Published by a walk of so many calls. */
function walked(paged: number, more: Partial<ExpectedRun> = {}): ExpectedRun {
  return { outcome: 'PUBLISHED', calls: { token: 1, paged }, ...more };
}

/** A next link is followed as it is: whatever is added to it is refused with 400. */
function assertOpaque({ tenant }: SimulatedWorld): void {
  for (const { endpoint, target } of tenant.calls) {
    if (endpoint === 'paged') assert.doesNotMatch(target, /[?&]\$(?:top|skip)=/i);
  }
}

const NOTHING = 'nothing';

export const PAGE_CASES: readonly FaultCase[] = [
  {
    family: 14,
    name: 'a full last page without a link',
    faults: [],
    settings: PAGED,
    expected: walked(3),
    todo: NOTHING,
    also: assertOpaque,
  },
  {
    family: 14,
    faults: ['page-short'],
    settings: PAGED,
    expected: walked(6),
    todo: NOTHING,
    also: assertOpaque,
  },
  { family: 14, faults: ['page-empty'], settings: PAGED, expected: walked(6), todo: NOTHING },
  { family: 14, faults: ['page-link-relative'], settings: PAGED, expected: walked(3), todo: NOTHING },
  { family: 14, faults: ['page-link-casing'], settings: PAGED, expected: walked(3), todo: NOTHING },
  {
    family: 14,
    faults: ['page-link-other-host'],
    settings: ({ url }) => ({
      ...PAGED,
      DEFENDER_PAGE_HOSTS: `${new URL(url).host},localhost:${new URL(url).port}`,
    }),
    expected: walked(3),
    todo: NOTHING,
  },
  {
    family: 14,
    faults: ['page-link-foreign'],
    settings: PAGED,
    expected: {
      outcome: 'FAILED',
      code: 'UPSTREAM_HOST_REFUSED',
      says: /https:\/\/pages\.example\.test.*add it/,
      calls: { token: 1, paged: 1 },
    },
    todo: "if the host is Microsoft's, add it to `DEFENDER_PAGE_HOSTS`",
  },
  ...(['page-link-loop', 'page-link-cycle'] as const).map(
    (name): FaultCase => ({
      family: 14,
      faults: [name],
      settings: FOUR_PAGES,
      expected: {
        outcome: 'FAILED',
        code: 'UPSTREAM_INVALID_RESPONSE',
        isRetryable: true,
        says: /would never end.*REFRESH_SOURCE/,
        calls: WALK,
        nextInMs: 15 * SECOND_MS,
      },
      todo: 'if it goes on, set `REFRESH_SOURCE=export`',
    }),
  ),
  {
    family: 15,
    faults: ['page-size-refused'],
    settings: PAGED,
    expected: {
      outcome: 'FAILED',
      code: 'UPSTREAM_BAD_REQUEST',
      says: /pageSize must be.*PAGE_SIZE/,
      calls: { token: 1, paged: 1 },
    },
    todo: 'lower `PAGE_SIZE`',
  },
  {
    family: 15,
    faults: ['page-size-clamped'],
    settings: PAGED,
    expected: walked(6),
    todo: NOTHING,
    also: assertOpaque,
  },
  {
    family: 16,
    faults: [['rollover-kept', 1]],
    settings: PAGED,
    tenant: LONG_TOKENS,
    expected: { outcome: 'PUBLISHED', calls: { paged: 3 } },
    todo: NOTHING,
  },
  ...(['rollover-expired-400', 'rollover-expired-404', 'rollover-expired-410'] as const).map(
    (name): FaultCase => ({
      family: 16,
      faults: [[name, 1]],
      settings: PAGED,
      tenant: LONG_TOKENS,
      expected: { outcome: 'PUBLISHED', calls: { paged: 5 }, serves: 'newest' },
      todo: 'nothing: the walk starts over, once',
    }),
  ),
  {
    family: 16,
    name: 'links to a next page that are refused again and again',
    faults: [
      ['rollover-expired-400', 1],
      ['rollover-expired-400', 1],
    ],
    settings: PAGED,
    tenant: LONG_TOKENS,
    expected: {
      outcome: 'FAILED',
      code: 'UPSTREAM_PAGE_EXPIRED',
      isRetryable: true,
      says: /PAGE_SIZE/,
      calls: { paged: 4 },
      nextInMs: 15 * SECOND_MS,
      serves: 'newest',
    },
    todo: 'raise `PAGE_SIZE`, or set `REFRESH_SOURCE=export`',
  },
  {
    family: 16,
    name: 'a walk that is throttled until the next export is out, and whose links die with the old one',
    faults: ['skip-tokens-short', ['page-throttled', 1]],
    settings: PAGED,
    afterMs: 12 * HOUR_MS - 10 * SECOND_MS,
    expected: walked(6, { tookMs: 30 * SECOND_MS, serves: 'newest' }),
    todo: 'nothing: the walk starts over, once',
  },
  {
    family: 17,
    faults: [['page-throttled', 1]],
    settings: PAGED,
    expected: walked(4, { tookMs: 30 * SECOND_MS }),
    todo: NOTHING,
  },
  {
    family: 17,
    faults: [['page-throttled-silent', 1]],
    settings: PAGED,
    expected: walked(4, { tookMs: MINUTE_MS }),
    todo: NOTHING,
  },
  {
    family: 17,
    faults: [['page-throttled-zero', 1]],
    settings: PAGED,
    expected: walked(4),
    todo: NOTHING,
  },
  {
    family: 17,
    faults: [['page-throttled-date', 1]],
    settings: PAGED,
    expected: walked(4, { tookMs: 45 * SECOND_MS }),
    todo: NOTHING,
  },
  {
    family: 17,
    name: 'a walk of more pages than a minute allows',
    faults: [],
    settings: { ...PAGED, PAGE_SIZE: '1' },
    expected: walked(60, { tookMs: MINUTE_MS }),
    todo: 'raise `PAGE_SIZE`',
    also: ({ tenant }) =>
      assert.ok(
        tenant.calls.every(({ status }) => status === 200),
        'Defender never refuses',
      ),
  },
  {
    family: 18,
    faults: [['page-slow', 1]],
    settings: PAGED,
    expected: walked(3, { tookMs: 90 * SECOND_MS }),
    todo: NOTHING,
  },
  {
    family: 18,
    faults: [['page-hang', 1]],
    settings: PAGED,
    tenant: { patienceMs: 300 },
    expected: walked(4, { tookMs: MINUTE_MS + 500 }),
    todo: NOTHING,
  },
  {
    family: 18,
    faults: [['page-reset', 1]],
    settings: PAGED,
    expected: walked(4, { tookMs: 500 }),
    todo: NOTHING,
  },
  {
    family: 18,
    faults: [['page-truncated', 1]],
    settings: PAGED,
    expected: walked(4, { tookMs: 500 }),
    todo: NOTHING,
  },
  {
    family: 18,
    faults: [['page-html', 1]],
    settings: PAGED,
    expected: walked(4, { tookMs: 500 }),
    todo: NOTHING,
  },
  {
    family: 18,
    faults: [['page-error-object', 1]],
    settings: PAGED,
    expected: walked(4, { tookMs: 500 }),
    todo: NOTHING,
  },
  { family: 18, faults: [['page-plain', 1]], settings: PAGED, expected: walked(3), todo: NOTHING },
  {
    family: 18,
    faults: [['page-gzip-damaged', 1]],
    settings: PAGED,
    expected: walked(4, { tookMs: 500 }),
    todo: NOTHING,
  },
  {
    family: 18,
    name: 'pages that are cut off again and again',
    faults: ['page-truncated'],
    settings: PAGED,
    expected: {
      outcome: 'FAILED',
      code: 'UPSTREAM_INVALID_RESPONSE',
      isRetryable: true,
      says: /cut off or not JSON/,
      calls: { token: 1, paged: 4 },
      tookMs: 1500,
      nextInMs: 15 * SECOND_MS,
    },
    todo: 'if it goes on, look at the proxy between',
  },
  {
    family: 21,
    faults: [['page-500', 2]],
    settings: PAGED,
    expected: walked(5, { tookMs: 1500 }),
    todo: NOTHING,
  },
];
