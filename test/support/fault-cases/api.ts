/** Faults of the export endpoint: 17 to 21. */

import { MINUTE_MS, SECOND_MS } from '../../../src/core/units.ts';
import { type ExpectedRun, type FaultCase, READ } from '../fault-case.ts';

const NOTHING = 'nothing';
const BY_ITSELF = 'nothing, unless it goes on';
const TIMEOUT_MS = 2 * MINUTE_MS;
/** Three waits, each half of 1 s, 2 s and 4 s. */
const THREE_WAITS_MS = 3_500;
const TWO_WAITS_MS = 1_500;
const ONE_WAIT_MS = 500;
/** Half of the first ceiling of 30 s. */
const FIRST_RETRY_MS = 15 * SECOND_MS;

/** Published after so many more calls to the export endpoint than it takes. */
function published(more: number, tookMs = 0): ExpectedRun {
  return { outcome: 'PUBLISHED', calls: { ...READ, export: 1 + more }, tookMs };
}

/** Failed after so many calls to the export endpoint, and no other but for the token. */
function failed(
  code: string,
  says: RegExp,
  more: Partial<ExpectedRun> & { readonly exportCalls?: number } = {},
): ExpectedRun {
  const { exportCalls = 1, ...expected } = more;
  return { outcome: 'FAILED', code, says, calls: { token: 1, export: exportCalls }, ...expected };
}

const RETRIED = { isRetryable: true, nextInMs: FIRST_RETRY_MS } as const;
const FOUR_TRIES = { ...RETRIED, exportCalls: 4, tookMs: THREE_WAITS_MS };
const THREE_TRIES = { ...RETRIED, exportCalls: 3, tookMs: TWO_WAITS_MS };

export const API_CASES: readonly FaultCase[] = [
  {
    family: 17,
    faults: [['export-throttled', 1]],
    expected: failed('UPSTREAM_RATE_LIMITED', /may be called again at 2026-11-23T12:00:30/, {
      isRetryable: true,
      nextInMs: 30 * SECOND_MS + FIRST_RETRY_MS,
    }),
    todo: BY_ITSELF,
  },
  {
    family: 17,
    faults: [['export-throttled-silent', 1]],
    expected: failed('UPSTREAM_RATE_LIMITED', /may be called again at 2026-11-23T12:01:00/, {
      isRetryable: true,
      nextInMs: MINUTE_MS + FIRST_RETRY_MS,
    }),
    todo: BY_ITSELF,
  },
  {
    family: 17,
    faults: [['export-throttled-zero', 1]],
    expected: failed('UPSTREAM_RATE_LIMITED', /may be called again at 2026-11-23T12:00:00/, RETRIED),
    todo: BY_ITSELF,
  },
  {
    family: 17,
    faults: [['export-throttled-date', 1]],
    expected: failed('UPSTREAM_RATE_LIMITED', /may be called again at 2026-11-23T12:00:45/, {
      isRetryable: true,
      nextInMs: 45 * SECOND_MS + FIRST_RETRY_MS,
    }),
    todo: BY_ITSELF,
  },
  { family: 18, faults: [['export-slow', 1]], expected: published(0, 90 * SECOND_MS), todo: NOTHING },
  {
    family: 18,
    faults: [['export-hang', 1]],
    tenant: { patienceMs: 300 },
    expected: published(1, TIMEOUT_MS + ONE_WAIT_MS),
    todo: NOTHING,
  },
  {
    family: 18,
    name: 'a listing that is not answered, again and again',
    faults: ['export-hang'],
    tenant: { patienceMs: 300 },
    expected: failed('UPSTREAM_TIMEOUT', /did not answer in time/, {
      ...FOUR_TRIES,
      tookMs: 4 * TIMEOUT_MS + THREE_WAITS_MS,
    }),
    todo: BY_ITSELF,
  },
  { family: 18, faults: [['export-reset', 2]], expected: published(2, TWO_WAITS_MS), todo: NOTHING },
  {
    family: 18,
    name: 'a connection that is reset again and again',
    faults: ['export-reset'],
    expected: failed('UPSTREAM_CONNECTION_LOST', /broke off/, FOUR_TRIES),
    todo: BY_ITSELF,
  },
  { family: 18, faults: [['export-truncated', 1]], expected: published(1, ONE_WAIT_MS), todo: NOTHING },
  { family: 18, faults: [['export-html', 1]], expected: published(1, ONE_WAIT_MS), todo: NOTHING },
  {
    family: 18,
    name: 'listings of HTML under 200, again and again',
    faults: ['export-html'],
    expected: failed('UPSTREAM_INVALID_RESPONSE', /HTML/, THREE_TRIES),
    todo: 'find out what answers in place of Defender: a proxy, a sign-in page',
  },
  { family: 18, faults: [['export-error-object', 1]], expected: published(1, ONE_WAIT_MS), todo: NOTHING },
  {
    family: 18,
    name: 'error objects under 200, again and again',
    faults: ['export-error-object'],
    expected: failed(
      'UPSTREAM_INVALID_RESPONSE',
      /200 with an error inside: InternalServerError/,
      THREE_TRIES,
    ),
    todo: BY_ITSELF,
  },
  {
    family: 19,
    faults: [['token-expired', 1]],
    expected: { outcome: 'PUBLISHED', calls: { ...READ, token: 2, export: 2 } },
    todo: NOTHING,
  },
  {
    family: 19,
    faults: ['token-refused'],
    expected: {
      ...failed('UPSTREAM_UNAUTHORIZED', /refused a freshly issued token.*DEFENDER_SCOPE/),
      calls: { token: 2, export: 2 },
    },
    todo: 'check `DEFENDER_SCOPE` and `AZURE_TENANT_ID`',
  },
  {
    family: 19,
    faults: ['licence-missing'],
    expected: failed('UPSTREAM_LICENSE_MISSING', /Assign Microsoft Defender Vulnerability Management/),
    todo: 'assign the licence; a new token cannot cure it',
  },
  {
    family: 19,
    faults: ['account-inactive'],
    expected: failed('UPSTREAM_ACCOUNT_INACTIVE', /Activate Microsoft Defender/),
    todo: 'activate Defender for Endpoint in the tenant',
  },
  {
    family: 20,
    faults: ['role-missing'],
    expected: failed(
      'UPSTREAM_ROLE_MISSING',
      /requires one of Vulnerability\.Read\.All, the token carries Machine\.Read\.All\. Grant/,
    ),
    todo: 'grant the permission and admin consent, or the app role; the next try asks for a new token',
  },
  {
    family: 20,
    faults: ['role-missing-all'],
    expected: failed('UPSTREAM_ROLE_MISSING', /the token carries none\. Grant/),
    todo: 'grant the permission and admin consent, or the app role; the next try asks for a new token',
  },
  {
    family: 20,
    faults: ['feature-disabled'],
    expected: failed('UPSTREAM_FEATURE_DISABLED', /Defender portal/),
    todo: "turn it on in the Defender portal's settings",
  },
  {
    family: 20,
    name: 'a feature that is switched off for files alone, with `REFRESH_SOURCE=auto`',
    faults: ['feature-disabled'],
    settings: { REFRESH_SOURCE: 'auto' },
    expected: { outcome: 'PUBLISHED', calls: { token: 1, export: 1, paged: 3 } },
    todo: 'nothing: pages are read instead',
  },
  {
    family: 20,
    faults: ['audience-wrong'],
    expected: failed('UPSTREAM_FORBIDDEN', /DEFENDER_SCOPE/),
    todo: "set `DEFENDER_SCOPE` to the audience of the API's cloud",
  },
  {
    family: 21,
    faults: ['export-404'],
    expected: failed('UPSTREAM_NOT_FOUND', /DEFENDER_API_URL/),
    todo: 'check `DEFENDER_API_URL`; the endpoint may be missing in this cloud',
  },
  {
    family: 21,
    name: 'an endpoint for files that is not there, with `REFRESH_SOURCE=auto`',
    faults: ['export-404'],
    settings: { REFRESH_SOURCE: 'auto' },
    expected: { outcome: 'PUBLISHED', calls: { token: 1, export: 1, paged: 3 } },
    todo: 'nothing: pages are read instead',
  },
  { family: 21, faults: [['export-500', 3]], expected: published(3, THREE_WAITS_MS), todo: NOTHING },
  {
    family: 21,
    name: 'a 500 with an empty message, again and again',
    faults: ['export-500'],
    expected: failed('UPSTREAM_UNAVAILABLE', /status 500.*tried again later/, FOUR_TRIES),
    todo: BY_ITSELF,
  },
  {
    family: 21,
    name: 'a 500 again and again, with `REFRESH_SOURCE=auto`',
    faults: ['export-500'],
    settings: { REFRESH_SOURCE: 'auto' },
    expected: { outcome: 'PUBLISHED', calls: { token: 1, export: 4, paged: 3 }, tookMs: THREE_WAITS_MS },
    todo: 'nothing: pages are read instead',
  },
  {
    family: 21,
    name: 'a 502 with HTML, again and again',
    faults: ['export-502'],
    expected: failed('UPSTREAM_UNAVAILABLE', /status 502(?!.*<)/, FOUR_TRIES),
    todo: BY_ITSELF,
  },
  { family: 21, faults: [['export-503', 1]], expected: published(1, 20 * SECOND_MS), todo: NOTHING },
  { family: 21, faults: [['export-504', 1]], expected: published(1, ONE_WAIT_MS), todo: NOTHING },
  {
    family: 21,
    faults: ['export-without-target'],
    expected: failed('UPSTREAM_FORBIDDEN', /Access is denied\.(?!.*correlation)/),
    todo: 'check the role and `DEFENDER_SCOPE`',
  },
  {
    family: 21,
    faults: ['export-unknown-code'],
    expected: failed('UPSTREAM_INVALID_RESPONSE', /status 418: Teapot/),
    todo: 'check `DEFENDER_API_URL`, and what answers there',
  },
];
