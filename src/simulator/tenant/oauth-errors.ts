/**
 * Error answers of the token endpoint: the OAuth error (RFC 6749 section 5.2) with Entra's numbers.
 * Source of the numbers: learn.microsoft.com/entra/identity-platform/reference-error-codes.
 */

import { createJsonReply, type TextReply } from './reply.ts';

const OAUTH_ERRORS = {
  7000215: [
    401,
    'invalid_client',
    'Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID.',
  ],
  7000222: [401, 'invalid_client', 'The provided client secret keys are expired.'],
  7000218: [
    401,
    'invalid_client',
    "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
  ],
  700016: [400, 'unauthorized_client', 'Application was not found in the directory.'],
  7000112: [400, 'unauthorized_client', 'Application is disabled.'],
  90002: [
    400,
    'invalid_request',
    'Tenant not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.',
  ],
  900023: [
    400,
    'invalid_request',
    'Specified tenant identifier is neither a valid DNS name, nor a valid external domain.',
  ],
  900144: [400, 'invalid_request', 'The request body must contain a required parameter.'],
  70003: [400, 'unsupported_grant_type', 'The app requested an unsupported grant type.'],
  70011: [400, 'invalid_scope', 'The provided value for the input parameter scope is not valid.'],
  1002012: [
    400,
    'invalid_scope',
    'The provided value for scope is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).',
  ],
  500011: [400, 'invalid_resource', 'The resource principal was not found in the tenant.'],
  700027: [
    401,
    'invalid_client',
    'The certificate with identifier used to sign the client assertion is not registered on application, or the assertion is not valid.',
  ],
  700024: [401, 'invalid_client', 'Client assertion is not within its valid time range.'],
  700213: [401, 'invalid_client', 'No matching federated identity record found for presented assertion.'],
  65001: [400, 'invalid_grant', 'The user or administrator has not consented to use the application.'],
  50013: [400, 'invalid_grant', 'Assertion failed signature validation.'],
  50076: [
    400,
    'interaction_required',
    'Due to a configuration change made by your administrator, you must use multi-factor authentication.',
  ],
  70016: [
    400,
    'authorization_pending',
    'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
  ],
  70020: [
    400,
    'expired_token',
    'The provided value for the input parameter device_code is not valid. This device code has expired.',
  ],
  700082: [400, 'invalid_grant', 'The refresh token has expired due to inactivity.'],
  90033: [503, 'temporarily_unavailable', 'A transient error has occurred. Please try again.'],
} as const satisfies Record<number, readonly [status: number, error: string, text: string]>;

/** An AADSTS number that the simulator can answer. */
export type OAuthErrorNumber = keyof typeof OAUTH_ERRORS;

/** The answer of the token endpoint for an AADSTS number, stamped with the simulated time; also fit for a fault. */
export function createOAuthErrorReply(errorNumber: OAuthErrorNumber, nowMs: number): TextReply {
  const [status, error, text] = OAUTH_ERRORS[errorNumber];
  const traceId = '6d1f4a5e-0000-4000-a000-7ace00000001';
  const correlationId = '6d1f4a5e-0000-4000-a000-c0ffee000001';
  const timestamp = `${new Date(nowMs).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  return createJsonReply(status, {
    error,
    error_description: `AADSTS${errorNumber}: ${text} Trace ID: ${traceId} Correlation ID: ${correlationId} Timestamp: ${timestamp}`,
    error_codes: [errorNumber],
    timestamp,
    trace_id: traceId,
    correlation_id: correlationId,
    error_uri: `https://login.microsoftonline.com/error?code=${errorNumber}`,
  });
}
