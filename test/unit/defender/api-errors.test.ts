import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toApiError, toErrorInPage } from '../../../src/defender/api-errors.ts';

const NOW = Date.UTC(2026, 0, 1);

function refuse(status: number, error: unknown, retryAfter?: string) {
  return toApiError({
    status,
    subject: 'the export endpoint',
    advice: 'Check DEFENDER_API_URL.',
    retryAfter,
    body: typeof error === 'string' ? error : JSON.stringify({ error }),
    presentRoles: ['Machine.Read.All'],
    requiredRole: 'Vulnerability.Read.All',
    nowMs: NOW,
  });
}

const TARGET = 'd1b5b8a6-0000-4000-8000-000000000000';

describe('refusals of the API', () => {
  for (const { status, error, code, retryable, message } of [
    {
      status: 400,
      error: { code: 'ODataError', message: 'Filter parameter is invalid', target: TARGET },
      code: 'UPSTREAM_BAD_REQUEST',
      message: `The export endpoint refused the request as malformed: ODataError "Filter parameter is invalid", correlation id ${TARGET}. Check DEFENDER_API_URL.`,
    },
    {
      status: 401,
      error: {
        code: 'Unauthorized',
        message: 'Unauthorized request - reason of failure: No Tvm license',
        target: TARGET,
      },
      code: 'UPSTREAM_LICENSE_MISSING',
      message: `The tenant has no licence for the certificate inventory (401: Unauthorized "Unauthorized request - reason of failure: No Tvm license", correlation id ${TARGET}). Assign Microsoft Defender Vulnerability Management (add-on or standalone) to the tenant.`,
    },
    {
      status: 401,
      error: {
        code: 'Unauthorized',
        message: 'Unauthorized request - reason of failure: Account mode is inactive',
      },
      code: 'UPSTREAM_ACCOUNT_INACTIVE',
      message:
        'The tenant\'s Defender account is inactive (401: Unauthorized "Unauthorized request - reason of failure: Account mode is inactive"). Activate Microsoft Defender for Endpoint in the tenant.',
    },
    {
      status: 401,
      error: '',
      code: 'UPSTREAM_UNAUTHORIZED',
      message:
        "The export endpoint refused a freshly issued token (401). Check DEFENDER_SCOPE (the token's audience), AZURE_TENANT_ID, and the clock of this machine.",
    },
    {
      status: 403,
      error: {
        code: 'Forbidden',
        message:
          'Missing application roles. API required roles: Vulnerability.Read.All,Software.Read.All, application roles: Machine.Read.All.',
      },
      code: 'UPSTREAM_ROLE_MISSING',
      message:
        'The application lacks a role: Defender requires one of Vulnerability.Read.All,Software.Read.All, the token carries Machine.Read.All. Grant the permission Vulnerability.Read.All of the API WindowsDefenderATP to the application and give admin consent; the next attempt asks for a new token.',
    },
    {
      status: 403,
      error: { code: 'DisabledFeature', message: 'Feature is disabled' },
      code: 'UPSTREAM_FEATURE_DISABLED',
      message:
        'The certificate inventory is switched off for this tenant (403: DisabledFeature "Feature is disabled"). Turn it on in the Defender portal\'s settings.',
    },
    {
      status: 403,
      error: { code: 'Forbidden', message: '' },
      code: 'UPSTREAM_FORBIDDEN',
      message:
        "The export endpoint refused access (403: Forbidden). Check that DEFENDER_SCOPE names the audience of DEFENDER_API_URL's cloud and that the application has Vulnerability.Read.All; the token carries Machine.Read.All.",
    },
    {
      status: 404,
      error: { code: 'ResourceNotFound', message: 'x' },
      code: 'UPSTREAM_NOT_FOUND',
      message: 'The export endpoint was not found (404: ResourceNotFound "x"). Check DEFENDER_API_URL.',
    },
    {
      status: 410,
      error: '',
      code: 'UPSTREAM_NOT_FOUND',
      message: 'The export endpoint was not found (410). Check DEFENDER_API_URL.',
    },
    {
      status: 500,
      error: { code: 'InternalServerError', message: '', target: TARGET },
      code: 'UPSTREAM_UNAVAILABLE',
      retryable: true,
      message: `The export endpoint failed with status 500: InternalServerError, correlation id ${TARGET}. Nothing to do here; it is tried again later.`,
    },
    {
      status: 502,
      error: '<html><h1>Bad gateway</h1></html>',
      code: 'UPSTREAM_UNAVAILABLE',
      retryable: true,
      message: 'The export endpoint failed with status 502. Nothing to do here; it is tried again later.',
    },
    {
      status: 503,
      error: 'The service is unavailable.',
      code: 'UPSTREAM_UNAVAILABLE',
      retryable: true,
      message:
        'The export endpoint failed with status 503: "The service is unavailable.". Nothing to do here; it is tried again later.',
    },
    {
      status: 408,
      error: '',
      code: 'UPSTREAM_TIMEOUT',
      retryable: true,
      message:
        'The export endpoint did not get the request in time (408). Nothing to do here; it is tried again later.',
    },
    {
      status: 302,
      error: '',
      code: 'UPSTREAM_INVALID_RESPONSE',
      message:
        'The export endpoint answered with a redirect (302), which is not followed because a bearer token would go with it. Check DEFENDER_API_URL.',
    },
    {
      status: 418,
      error: { error: 'teapot' },
      code: 'UPSTREAM_INVALID_RESPONSE',
      message: 'The export endpoint answered with the unexpected status 418. Check DEFENDER_API_URL.',
    },
  ] as const) {
    it(`says what to do about ${code} (${status})`, () => {
      const refusal = refuse(status, error);
      assert.equal(refusal.message, message);
      assert.deepEqual([refusal.code, refusal.retryable], [code, retryable === true]);
    });
  }

  it('names no role when the token carries none', () => {
    const message =
      'Missing application roles. API required roles: Vulnerability.Read.All, application roles: .';
    assert.match(
      refuse(403, { code: 'Forbidden', message }).message,
      /requires one of Vulnerability\.Read\.All, the token carries Machine\.Read\.All\./,
    );
  });

  for (const [retryAfter, retryAtMs] of [
    ['30', NOW + 30_000],
    ['0', NOW],
    ['Thu, 01 Jan 2026 00:02:00 GMT', NOW + 120_000],
    ['9999999999999', NOW + 86_400_000],
    [undefined, NOW + 60_000],
  ] as const) {
    it(`obeys a 429 with Retry-After ${retryAfter}`, () => {
      const refusal = refuse(429, { code: 'TooManyRequests', message: 'Too many' }, retryAfter);
      assert.deepEqual(
        [refusal.code, refusal.retryAtMs, refusal.retryable],
        ['UPSTREAM_RATE_LIMITED', retryAtMs, true],
      );
      assert.equal(
        refusal.message,
        `The export endpoint is throttling this application: TooManyRequests "Too many"; it may be called again at ${new Date(retryAtMs).toISOString()}.`,
      );
    });
  }

  it('keeps Retry-After of a 503', () => assert.equal(refuse(503, '', '7').retryAtMs, NOW + 7_000));

  it('lets no secret and no endless text through', () => {
    const refusal = refuse(500, {
      code: 'X',
      message: `see https://host/x?sig=SECRET Bearer abc.def ${'y'.repeat(5_000)}`,
    });
    assert.doesNotMatch(refusal.message, /SECRET|abc\.def/);
    assert.ok(refusal.message.length < 500);
  });

  it('describes an error object that came with status 200', () => {
    const refusal = toErrorInPage(
      { error: { code: 'InternalServerError', message: 'oops' } },
      'the paged endpoint',
    );
    assert.deepEqual(
      [refusal.code, refusal.retryable, refusal.message],
      [
        'UPSTREAM_INVALID_RESPONSE',
        true,
        'The paged endpoint answered 200 with an error inside: InternalServerError "oops".',
      ],
    );
  });
});
