/** Faults of the export endpoint that are not about what it lists: refusals, errors of the service, broken bodies. */

import { alterText, apiError, html, json } from './fault-replies.ts';
import { asState, type FaultFamily, type FaultTarget, type NamedFault, onCalls } from './named-fault.ts';

const REFUSED = 'Unauthorized request - reason of failure:';

export const API_FAULTS = {
  'export-throttled': throttled('a 429 that names 30 s', () => ({ 'retry-after': '30' })),
  'export-throttled-silent': throttled('a 429 that names no time', () => ({})),
  'export-throttled-zero': throttled('a 429 that names 0 s', () => ({ 'retry-after': '0' })),
  'export-throttled-date': throttled('a 429 that names a date in 45 s', (target) => ({
    'retry-after': new Date(target.now() + 45_000).toUTCString(),
  })),
  'export-slow': onExport(18, 'a listing whose first byte takes 90 s', { kind: 'delay', delayMs: 90_000 }),
  'export-hang': onExport(18, 'a listing that is never answered', { kind: 'hang' }),
  'export-reset': onExport(18, 'a connection that is reset before the listing is through', {
    kind: 'reset',
    afterBytes: 40,
  }),
  'export-truncated': onExport(
    18,
    'a listing that is cut in the middle of its JSON',
    alterText((text) => text.slice(0, Math.floor(text.length / 2))),
  ),
  'export-html': onExport(18, 'a listing of HTML under 200', html(200)),
  'export-error-object': onExport(
    18,
    'an error object under 200 in place of a listing',
    json(200, '{"error":{"code":"InternalServerError","message":"","target":null}}'),
  ),
  'token-expired': onExport(19, 'a 401 that a new token cures', unauthorized('Token is expired')),
  'token-refused': onExport(19, 'a 401 that no new token cures', unauthorized('Invalid token')),
  'licence-missing': asState(19, 'no licence for vulnerability management (401)', { licensed: false }),
  'account-inactive': onExport(19, 'an inactive account (401)', unauthorized('Account mode is inactive')),
  'role-missing': asState(20, 'a token without the role (403)', { roles: ['Machine.Read.All'] }),
  'role-missing-all': asState(20, 'a token without any role (403)', { roles: [] }),
  'feature-disabled': onExport(
    20,
    'a feature that is switched off (403)',
    apiError(403, 'DisabledFeature', 'The feature is disabled.'),
  ),
  'audience-wrong': onExport(
    20,
    'a token for another audience (403)',
    apiError(403, 'Forbidden', 'The audience of the token is not valid.'),
  ),
  'export-404': onExport(
    21,
    'an endpoint that is not there (404)',
    apiError(404, 'ResourceNotFound', 'No such resource.'),
  ),
  'export-500': onExport(21, 'a 500 with an empty message', apiError(500, 'InternalServerError', '')),
  'export-502': onExport(21, 'a 502 with HTML', html(502)),
  'export-503': onExport(21, 'a 503 with HTML that names 20 s', html(503, { 'retry-after': '20' })),
  'export-504': onExport(21, 'a 504 with HTML', html(504)),
  'export-without-target': onExport(
    21,
    'an error without a correlation id',
    json(403, '{"error":{"code":"Forbidden","message":"Access is denied."}}'),
  ),
  'export-unknown-code': onExport(
    21,
    'a status and a code that nobody knows',
    json(418, '{"error":{"code":"Teapot","message":"Short and stout.","target":""}}'),
  ),
} as const satisfies Record<string, NamedFault>;

function onExport(family: FaultFamily, about: string, fault: Parameters<typeof onCalls>[3]): NamedFault {
  return onCalls(family, about, 'export', fault);
}

function throttled(
  about: string,
  toHeaders: (target: FaultTarget) => Readonly<Record<string, string>>,
): NamedFault {
  return onExport(17, `${about}, below the quota`, (target) =>
    apiError(429, 'TooManyRequests', 'CPU quota exceeded.', toHeaders(target)),
  );
}

function unauthorized(reason: string) {
  return apiError(401, 'Unauthorized', `${REFUSED} ${reason}`);
}
