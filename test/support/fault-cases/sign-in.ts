/** Faults of Entra ID: 22. The token of the first refresh has expired when the second begins. */

import { MINUTE_MS, SECOND_MS } from '../../../src/core/units.ts';
import { type ExpectedRun, type FaultCase, READ } from '../fault-case.ts';

const NOTHING = 'nothing';
const BY_ITSELF = 'nothing, unless it goes on';
const FIRST_RETRY_MS = 15 * SECOND_MS;
const RETRIED = { isRetryable: true, nextInMs: FIRST_RETRY_MS } as const;
const SIGN_IN_TIMEOUT_MS = MINUTE_MS / 2;

/** Nothing is asked of Defender without a token. */
function failed(
  code: string,
  says: RegExp,
  more: Partial<ExpectedRun> & { readonly tokenCalls?: number } = {},
): ExpectedRun {
  const { tokenCalls = 1, ...expected } = more;
  return { outcome: 'FAILED', code, says, calls: { token: tokenCalls }, ...expected };
}

function published(tokenCalls: number, tookMs: number): ExpectedRun {
  return { outcome: 'PUBLISHED', calls: { ...READ, token: tokenCalls }, tookMs };
}

const REFUSALS = [
  [
    'sign-in-7000215',
    'UPSTREAM_CREDENTIAL_REJECTED',
    /AADSTS7000215.*AZURE_CLIENT_SECRET.*not its id/,
    'set `AZURE_CLIENT_SECRET` to the value of a secret, not to its id',
  ],
  [
    'sign-in-7000222',
    'UPSTREAM_CREDENTIAL_REJECTED',
    /has expired.*AZURE_CLIENT_SECRET/,
    'create a new secret',
  ],
  [
    'sign-in-700016',
    'UPSTREAM_CREDENTIAL_REJECTED',
    /AZURE_CLIENT_ID and AZURE_TENANT_ID/,
    'check `AZURE_CLIENT_ID` and `AZURE_TENANT_ID`',
  ],
  ['sign-in-7000112', 'UPSTREAM_CREDENTIAL_REJECTED', /disabled.*Enable/, 'enable the service principal'],
  [
    'sign-in-90002',
    'UPSTREAM_TENANT_NOT_FOUND',
    /AZURE_TENANT_ID.*AZURE_AUTHORITY_HOST/,
    'check `AZURE_TENANT_ID`, and `AZURE_AUTHORITY_HOST` for a sovereign cloud',
  ],
  [
    'sign-in-900023',
    'UPSTREAM_TENANT_NOT_FOUND',
    /AZURE_TENANT_ID.*AZURE_AUTHORITY_HOST/,
    'check `AZURE_TENANT_ID`, and `AZURE_AUTHORITY_HOST` for a sovereign cloud',
  ],
  ['sign-in-70011', 'UPSTREAM_SCOPE_REJECTED', /DEFENDER_SCOPE/, 'check `DEFENDER_SCOPE`'],
  ['sign-in-1002012', 'UPSTREAM_SCOPE_REJECTED', /DEFENDER_SCOPE.*\/\.default/, 'check `DEFENDER_SCOPE`'],
  ['sign-in-500011', 'UPSTREAM_SCOPE_REJECTED', /DEFENDER_SCOPE/, 'check `DEFENDER_SCOPE`'],
  ['sign-in-700024', 'UPSTREAM_CREDENTIAL_REJECTED', /clock of this machine/, 'set the clock of the machine'],
  ['sign-in-700027', 'UPSTREAM_CREDENTIAL_REJECTED', /AADSTS700027/, 'register the certificate, or renew it'],
  [
    'sign-in-700213',
    'UPSTREAM_CREDENTIAL_REJECTED',
    /AADSTS700213/,
    'add the federated credential to the application',
  ],
  ['sign-in-65001', 'UPSTREAM_TOKEN_FAILED', /consent/, 'have an administrator consent'],
  ['sign-in-50013', 'UPSTREAM_TOKEN_FAILED', /AADSTS50013/, 'have an administrator consent'],
  ['sign-in-50076', 'UPSTREAM_TOKEN_FAILED', /interaction/, 'have an administrator consent'],
] as const;

export const SIGN_IN_CASES: readonly FaultCase[] = [
  ...REFUSALS.map(
    ([name, code, says, todo]): FaultCase => ({
      family: 22,
      faults: [name],
      expected: failed(code, says),
      todo,
    }),
  ),
  { family: 22, faults: [['sign-in-90033', 1]], expected: published(2, 500), todo: NOTHING },
  {
    family: 22,
    name: 'a passing error of Entra ID (AADSTS90033) that does not pass',
    faults: ['sign-in-90033'],
    expected: failed('UPSTREAM_SIGN_IN_UNAVAILABLE', /tried again later/, {
      ...RETRIED,
      tokenCalls: 4,
      tookMs: 3_500,
    }),
    todo: BY_ITSELF,
  },
  {
    family: 22,
    faults: [['sign-in-throttled', 1]],
    expected: failed('UPSTREAM_SIGN_IN_THROTTLED', /may be asked again at 2026-11-23T12:00:30/, {
      isRetryable: true,
      nextInMs: 30 * SECOND_MS + FIRST_RETRY_MS,
    }),
    todo: BY_ITSELF,
  },
  { family: 22, faults: [['sign-in-502', 2]], expected: published(3, 1_500), todo: NOTHING },
  {
    family: 22,
    faults: ['sign-in-html'],
    expected: failed('UPSTREAM_INVALID_RESPONSE', /not JSON.*AZURE_AUTHORITY_HOST.*proxy/),
    todo: 'check `AZURE_AUTHORITY_HOST`, and what answers in its place',
  },
  {
    family: 22,
    faults: [['sign-in-hang', 1]],
    tenant: { patienceMs: 300 },
    expected: published(2, SIGN_IN_TIMEOUT_MS + 500),
    todo: NOTHING,
  },
  { family: 22, faults: [['sign-in-reset', 1]], expected: published(2, 500), todo: NOTHING },
  {
    family: 22,
    name: 'tokens that live for less than five minutes',
    faults: [],
    tenant: { tokenLifetimeSeconds: 200 },
    expected: published(1, 0),
    todo: 'nothing: each call gets one of its own',
  },
];
