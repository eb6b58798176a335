/**
 * What Defender's refusals mean and what an operator can do about each. The status decides first, then the
 * error code, then the two message texts that are known to carry a cause of their own.
 *
 * Source: Microsoft's page "Common REST API error codes"; the licence, account and role texts are as seen
 * on tenants.
 */

import { type ErrorCode, GatewayError } from '../core/errors.ts';
import { redact } from '../core/redaction.ts';
import { DEFAULT_RETRY_AFTER_MS, findRetryAt } from './retry-after.ts';
import { capitalize } from './sentence.ts';

/** A response that is not 200, with its body read as far as it is needed. */
export interface ApiRefusal {
  readonly status: number;
  /** What was asked: "the export endpoint". */
  readonly subject: string;
  /** What to check when the request itself is refused, as a sentence. */
  readonly advice: string;
  readonly retryAfter: string | undefined;
  /** The first kilobytes of the body. */
  readonly body: string;
  /** Roles or scopes of the token that was sent. */
  readonly presentRoles: readonly string[];
  readonly requiredRole: string;
  readonly nowMs: number;
}

const NO_LICENSE = /no tvm license/i;
const INACTIVE_ACCOUNT = /account mode is inactive/i;
const MISSING_ROLES =
  /missing application roles?\.\s*api required roles?:\s*(.*?),\s*application roles?:\s*(.*?)\.?\s*$/i;
const MAXIMUM_QUOTE = 300;

/** The refusal as a {@link GatewayError} whose message says what to do. */
export function toApiError(refusal: ApiRefusal): GatewayError {
  const { status, subject, advice } = refusal;
  const said = readErrorBody(refusal.body);
  const quote = describe(said);
  const text = said.message;
  const retryAtMs = findRetryAt(refusal.retryAfter, refusal.nowMs);
  switch (status) {
    case 400:
      return refuse(
        'UPSTREAM_BAD_REQUEST',
        `${capitalize(subject)} refused the request as malformed${quote}. ${advice}`,
      );
    case 401:
      return unauthorized(subject, text, quote);
    case 403:
      return forbidden(refusal, said, quote);
    case 404:
    case 410:
      return refuse(
        'UPSTREAM_NOT_FOUND',
        `${capitalize(subject)} was not found (${status}${quote}). ${advice}`,
      );
    case 429: {
      const atMs = retryAtMs ?? refusal.nowMs + DEFAULT_RETRY_AFTER_MS;
      return new GatewayError(
        'UPSTREAM_RATE_LIMITED',
        `${capitalize(subject)} is throttling this application${quote}; it may be called again at ${new Date(atMs).toISOString()}.`,
        { retryable: true, retryAtMs: atMs },
      );
    }
    case 408:
      return new GatewayError(
        'UPSTREAM_TIMEOUT',
        `${capitalize(subject)} did not get the request in time (408${quote}). Nothing to do here; it is tried again later.`,
        { retryable: true },
      );
    default:
      if (status >= 500) {
        return new GatewayError(
          'UPSTREAM_UNAVAILABLE',
          `${capitalize(subject)} failed with status ${status}${quote}. Nothing to do here; it is tried again later.`,
          {
            retryable: true,
            ...(retryAtMs === undefined ? {} : { retryAtMs }),
          },
        );
      }
      if (status >= 300 && status < 400) {
        return refuse(
          'UPSTREAM_INVALID_RESPONSE',
          `${capitalize(subject)} answered with a redirect (${status}), which is not followed because a bearer token would go with it. Check DEFENDER_API_URL.`,
        );
      }
      return refuse(
        'UPSTREAM_INVALID_RESPONSE',
        `${capitalize(subject)} answered with the unexpected status ${status}${quote}. Check DEFENDER_API_URL.`,
      );
  }
}

/** An OData error object that came with status 200. */
export function toErrorInPage(body: unknown, subject: string): GatewayError {
  const quote = describe(readError(body));
  return new GatewayError(
    'UPSTREAM_INVALID_RESPONSE',
    `${capitalize(subject)} answered 200 with an error inside${quote}.`,
    {
      retryable: true,
    },
  );
}

function unauthorized(subject: string, text: string, quote: string): GatewayError {
  if (NO_LICENSE.test(text)) {
    return refuse(
      'UPSTREAM_LICENSE_MISSING',
      `The tenant has no licence for the certificate inventory (401${quote}). Assign Microsoft Defender Vulnerability Management (add-on or standalone) to the tenant.`,
    );
  }
  if (INACTIVE_ACCOUNT.test(text)) {
    return refuse(
      'UPSTREAM_ACCOUNT_INACTIVE',
      `The tenant's Defender account is inactive (401${quote}). Activate Microsoft Defender for Endpoint in the tenant.`,
    );
  }
  return refuse(
    'UPSTREAM_UNAUTHORIZED',
    `${capitalize(subject)} refused a freshly issued token (401${quote}). Check DEFENDER_SCOPE (the token's audience), AZURE_TENANT_ID, and the clock of this machine.`,
  );
}

function forbidden(refusal: ApiRefusal, said: ErrorBody, quote: string): GatewayError {
  const missing = MISSING_ROLES.exec(said.message);
  if (missing !== null) {
    const required = missing[1]?.trim() || refusal.requiredRole;
    const present = missing[2]?.trim() || listRoles(refusal.presentRoles) || 'none';
    return refuse(
      'UPSTREAM_ROLE_MISSING',
      `The application lacks a role: Defender requires one of ${redact(required).slice(0, MAXIMUM_QUOTE)}, the token carries ${redact(present).slice(0, MAXIMUM_QUOTE)}. Grant the permission ${refusal.requiredRole} of the API WindowsDefenderATP to the application and give admin consent; the next attempt asks for a new token.`,
    );
  }
  if (/^DisabledFeature$/i.test(said.code)) {
    return refuse(
      'UPSTREAM_FEATURE_DISABLED',
      `The certificate inventory is switched off for this tenant (403${quote}). Turn it on in the Defender portal's settings.`,
    );
  }
  return refuse(
    'UPSTREAM_FORBIDDEN',
    `${capitalize(refusal.subject)} refused access (403${quote}). Check that DEFENDER_SCOPE names the audience of DEFENDER_API_URL's cloud and that the application has ${refusal.requiredRole}; the token carries ${listRoles(refusal.presentRoles) || 'no role'}.`,
  );
}

/** However many a token has. */
function listRoles(roles: readonly string[]): string {
  return roles.join(', ').slice(0, MAXIMUM_QUOTE);
}

function refuse(code: ErrorCode, message: string): GatewayError {
  return new GatewayError(code, message);
}

interface ErrorBody {
  readonly code: string;
  readonly message: string;
  /** A correlation id for Microsoft's support, not a field name. */
  readonly target: string;
}

/** `{ "error": { "code", "message", "target" } }`; every part may be missing, and the body may be HTML or text. */
function readErrorBody(body: string): ErrorBody {
  try {
    return readError(JSON.parse(body.replace(/^\ufeff/, '')));
  } catch {
    const isMarkup = body.trimStart().startsWith('<');
    return { code: '', message: isMarkup ? '' : body.trim(), target: '' };
  }
}

function readError(body: unknown): ErrorBody {
  const error = memberOf(body, 'error') ?? body;
  return {
    code: textOf(memberOf(error, 'code')),
    message: textOf(memberOf(error, 'message')),
    target: textOf(memberOf(error, 'target')),
  };
}

/** `: code "message", correlation id x`, or nothing when the body says nothing. */
function describe({ code, message, target }: ErrorBody): string {
  const parts = [code, message === '' ? '' : `"${redact(message).slice(0, MAXIMUM_QUOTE)}"`].filter(
    (part) => part !== '',
  );
  const said = parts.length === 0 ? '' : `: ${parts.join(' ')}`;
  return target === '' ? said : `${said}, correlation id ${redact(target).slice(0, 64)}`;
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  const entry = Object.entries(value).find(([key]) => key.toLowerCase() === name);
  return entry?.[1];
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
