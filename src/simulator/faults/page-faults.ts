/** Faults of the paged endpoint. */

import type { BufferedReply, Fault, FaultCall } from '../tenant/faults.ts';
import { alterReply, alterText, apiError, html, json, readText } from './fault-replies.ts';
import { asState, type FaultFamily, type FaultTarget, type NamedFault, onCalls } from './named-fault.ts';

const EXPORT_INTERVAL_MS = 6 * 3_600_000;
/** Counted from the second page on: the first one starts a walk, and a walk is what breaks. */
const IN_MID_WALK = { after: 1 };

interface Page {
  readonly value: readonly unknown[];
  readonly '@odata.nextLink'?: string;
}

export const PAGE_FAULTS = {
  'page-short': asState(14, 'pages that end short, with a link to the next one', {
    habits: { shortPages: true },
  }),
  'page-empty': asState(14, 'empty pages with a link to the next one', { habits: { emptyPages: true } }),
  'page-link-relative': onLink('a relative link to the next page', (link) =>
    link.replace(/^https?:\/\/[^/]+/, ''),
  ),
  'page-link-casing': onLink(
    'a link in other casing, under `@odata.nextlink`',
    (link) => link.replace('certificateAssessmentByMachine', 'CertificateAssessmentByMachine'),
    (text) => text.replace('"@odata.nextLink"', '"@odata.nextlink"'),
  ),
  'page-link-other-host': onLink('a link to another host that is allowed', (link) =>
    link.replace('//127.0.0.1:', '//localhost:'),
  ),
  'page-link-foreign': onLink('a link to a host that is not allowed', (link) =>
    link.replace(/^https?:\/\/[^/]+/, 'https://pages.example.test'),
  ),
  'page-link-loop': repeatingLink('a link to the page itself', (walked) => walked.at(-1)!),
  'page-link-cycle': repeatingLink('a link to an earlier page', (walked) => walked[1]!),
  'page-size-refused': asState(15, 'a page size over the maximum, refused', {
    habits: { pageMaximum: 10, oversizedPages: 'refused' },
  }),
  'page-size-clamped': asState(15, 'a page size over the maximum, silently cut down', {
    habits: { pageMaximum: 10, oversizedPages: 'clamped' },
  }),
  'rollover-kept': rollover('a new export in the middle of a walk, and the old token still works'),
  'rollover-expired-400': rollover(
    'a new export in the middle of a walk, and the old token is refused with 400',
    apiError(400, 'BadRequest', 'The skip token has expired.'),
  ),
  'rollover-expired-404': rollover(
    'a new export in the middle of a walk, and the old token is refused with 404',
    apiError(404, 'ResourceNotFound', 'No such export.'),
  ),
  'rollover-expired-410': rollover(
    'a new export in the middle of a walk, and the old token is refused with 410',
    apiError(410, 'ResourceNotFound', 'The export is gone.'),
  ),
  'skip-tokens-short': asState(16, 'links to a next page that die with their export', {
    habits: { skipTokensExpire: true },
  }),
  'page-throttled': throttled('a 429 in mid-walk that names 30 s', () => ({ 'retry-after': '30' })),
  'page-throttled-silent': throttled('a 429 in mid-walk that names no time', () => ({})),
  'page-throttled-zero': throttled('a 429 in mid-walk that names 0 s', () => ({ 'retry-after': '0' })),
  'page-throttled-date': throttled('a 429 in mid-walk that names a date in 45 s', (target) => ({
    'retry-after': new Date(target.now() + 45_000).toUTCString(),
  })),
  'page-slow': onPages(18, 'a first byte that takes 90 s', { kind: 'delay', delayMs: 90_000 }),
  'page-hang': onPages(18, 'a page that stops in its middle, with the connection open', {
    kind: 'hang',
    afterBytes: 40,
  }),
  'page-reset': onPages(18, 'a connection that is reset in the middle of a page', {
    kind: 'reset',
    afterBytes: 40,
  }),
  'page-truncated': onPages(
    18,
    'a page that is cut in the middle of its JSON and ends in order',
    alterText((text) => text.slice(0, Math.floor(text.length / 2))),
  ),
  'page-html': onPages(18, 'a page of HTML under 200', html(200)),
  'page-error-object': onPages(
    18,
    'an error object under 200 in place of a page',
    json(200, '{"error":{"code":"InternalServerError","message":"","target":null}}'),
  ),
  'page-plain': onPages(
    18,
    'a page without compression',
    alterReply((reply) => {
      const { 'content-encoding': _, ...headers } = reply.headers;
      return { ...reply, headers, body: Buffer.from(readText(reply)) };
    }),
  ),
  'page-gzip-damaged': onPages(
    18,
    'a compressed page with a damaged byte',
    alterReply((reply) => ({
      ...reply,
      body: reply.body.map((byte, index) => (index === reply.body.length - 6 ? byte ^ 0xff : byte)),
    })),
  ),
  'page-500': onPages(
    21,
    'a 500 with an empty message in mid-walk',
    apiError(500, 'InternalServerError', ''),
  ),
  'page-misses-rows': onCalls(
    32,
    'pages that lack a few rows of the files',
    'paged',
    alterPage(({ value, ...page }) => ({ ...page, value: value.slice(0, -2) })),
  ),
} as const satisfies Record<string, NamedFault>;

function onPages(family: FaultFamily, about: string, fault: Fault): NamedFault {
  return onCalls(family, about, 'paged', fault, IN_MID_WALK);
}

function throttled(
  about: string,
  toHeaders: (target: FaultTarget) => Readonly<Record<string, string>>,
): NamedFault {
  return onCalls(
    17,
    about,
    'paged',
    (target) => apiError(429, 'TooManyRequests', 'CPU quota exceeded.', toHeaders(target)),
    IN_MID_WALK,
  );
}

function alterPage(alter: (page: Page) => object): Fault {
  return alterText((text) => JSON.stringify(alter(JSON.parse(text) as Page)));
}

function onLink(
  about: string,
  alterLink: (link: string) => string,
  alterWhole: (text: string) => string = (text) => text,
): NamedFault {
  const fault = alterText((text) => {
    const page = JSON.parse(text) as Page;
    const link = page['@odata.nextLink'];
    if (link === undefined) return text;
    return alterWhole(JSON.stringify({ ...page, '@odata.nextLink': alterLink(link) }));
  });
  return onCalls(14, about, 'paged', fault);
}

/** The third page of a walk, or a later one, names one that the walk has been to. */
function repeatingLink(about: string, choose: (walked: readonly string[]) => string): NamedFault {
  return {
    family: 14,
    about,
    arrange: (target, times) => {
      let walked: string[] = [];
      const fault = alterPage((page) => {
        const isThird = page['@odata.nextLink'] !== undefined && walked.length >= 3;
        return isThird ? { ...page, '@odata.nextLink': choose(walked) } : page;
      });
      const follow = ({ url }: FaultCall): boolean => {
        if (!url.searchParams.has('$skiptoken')) walked = [];
        walked.push(`${target.url}${url.pathname}${url.search}`);
        return true;
      };
      target.fail({ endpoint: 'paged', times, when: follow, fault });
    },
  };
}

/** The tenant makes a new export as soon as the first page is out. */
function rollover(about: string, refusal?: Fault): NamedFault {
  return {
    family: 16,
    about,
    arrange: (target, times) => {
      target.fail({
        endpoint: 'paged',
        fault: alterReply((reply: BufferedReply) => {
          target.advance(EXPORT_INTERVAL_MS);
          return reply;
        }),
      });
      if (refusal !== undefined) target.fail({ endpoint: 'paged', times, fault: refusal });
    },
  };
}
