/**
 * The one error type of the gateway and its codes.
 *
 * A code is a promise: callers, tests and `docs/errors.md` match on it, never on a message. Messages
 * name the subject, the rule, the value and what to do next, and hold no secret, no bearer token and
 * no SAS signature.
 */

/** The caller's fault, the state of the service, or a limit: codes that reach GraphQL clients. */
export const CLIENT_ERROR_CODES = [
  'UNAUTHENTICATED',
  'IDENTITY_UNAVAILABLE',
  'FORBIDDEN',
  'MISDIRECTED_REQUEST',
  'BAD_USER_INPUT',
  'SNAPSHOT_UNAVAILABLE',
  'COST_EXCEEDED',
  'RATE_LIMITED',
  'DEADLINE_EXCEEDED',
  'INTERNAL_SERVER_ERROR',
] as const;

/** What can go wrong between us and Entra ID, Defender or the blob store; shown in `refresh.lastFailure`. */
export const UPSTREAM_ERROR_CODES = [
  'UPSTREAM_CREDENTIAL_REJECTED',
  'UPSTREAM_TENANT_NOT_FOUND',
  'UPSTREAM_SCOPE_REJECTED',
  'UPSTREAM_TOKEN_FAILED',
  'UPSTREAM_SIGN_IN_THROTTLED',
  'UPSTREAM_SIGN_IN_UNAVAILABLE',
  'UPSTREAM_UNAUTHORIZED',
  'UPSTREAM_LICENSE_MISSING',
  'UPSTREAM_ACCOUNT_INACTIVE',
  'UPSTREAM_ROLE_MISSING',
  'UPSTREAM_FORBIDDEN',
  'UPSTREAM_FEATURE_DISABLED',
  'UPSTREAM_NOT_FOUND',
  'UPSTREAM_BAD_REQUEST',
  'UPSTREAM_RATE_LIMITED',
  'UPSTREAM_BUDGET_SPENT',
  'UPSTREAM_UNAVAILABLE',
  'UPSTREAM_TIMEOUT',
  'UPSTREAM_UNREACHABLE',
  'UPSTREAM_CONNECTION_LOST',
  'UPSTREAM_INVALID_RESPONSE',
  'UPSTREAM_PAGE_EXPIRED',
  'UPSTREAM_HOST_REFUSED',
  'UPSTREAM_FILE_FORBIDDEN',
  'UPSTREAM_FILE_NOT_READY',
  'UPSTREAM_FILE_CORRUPT',
  'UPSTREAM_FILE_TOO_LARGE',
] as const;

/** What can go wrong inside: settings, the store, a refresh that was refused or stopped. */
export const SERVICE_ERROR_CODES = [
  'CONFIGURATION_INVALID',
  'STORE_UNAVAILABLE',
  'STORE_CORRUPT',
  'SNAPSHOT_EMPTY',
  'SNAPSHOT_SHRUNK',
  'SNAPSHOT_REJECTED_RECORDS',
  'SNAPSHOT_INCOMPLETE',
  'SNAPSHOT_TOO_LARGE',
  'REFRESH_TIMED_OUT',
  'REFRESH_CANCELLED',
  'INVARIANT_VIOLATED',
] as const;

export type ClientErrorCode = (typeof CLIENT_ERROR_CODES)[number];
export type UpstreamErrorCode = (typeof UPSTREAM_ERROR_CODES)[number];
export type ServiceErrorCode = (typeof SERVICE_ERROR_CODES)[number];
export type ErrorCode = ClientErrorCode | UpstreamErrorCode | ServiceErrorCode;

/** Facts beside the message, for the code that handles the error. */
export interface GatewayErrorOptions {
  /** What caused it, for the log; never shown to a caller. */
  readonly cause?: unknown;
  /** Whether the same attempt may succeed later without anybody changing anything. Default false. */
  readonly retryable?: boolean;
  /** Epoch milliseconds before which a retry is pointless, when somebody said so. */
  readonly retryAtMs?: number;
  /** The GraphQL argument at fault, as a dotted path: `filter.notAfter.gt`. */
  readonly argument?: string;
  /** The rule it broke, in a few words. */
  readonly rule?: string;
  /** The value as given, bounded in length by whoever throws. */
  readonly value?: unknown;
}

export class GatewayError extends Error {
  override readonly name = 'GatewayError';
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly retryAtMs: number | undefined;
  readonly argument: string | undefined;
  readonly rule: string | undefined;
  readonly value: unknown;

  constructor(code: ErrorCode, message: string, options: GatewayErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.retryAtMs = options.retryAtMs;
    this.argument = options.argument;
    this.rule = options.rule;
    this.value = options.value;
  }
}

/**
 * A fault of the caller: `BAD_USER_INPUT` with argument, rule and value.
 *
 * @param argument dotted path of the argument, as the caller wrote it
 * @param rule what it must be, completing "<argument> must …"
 * @param value what was given; printed and carried in at most 100 characters
 */
export function badUserInput(argument: string, rule: string, value: unknown): GatewayError {
  const printed = printValue(value);
  return new GatewayError('BAD_USER_INPUT', `${argument} must ${rule}, but got: ${printed}.`, {
    argument,
    rule,
    value: printed,
  });
}

/** Throws `INVARIANT_VIOLATED` unless the condition holds: a mistake of ours, never of a caller. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new GatewayError('INVARIANT_VIOLATED', message);
}

/** A value as text for a message: JSON where it has one, at most `maximumLength` characters. */
export function printValue(value: unknown, maximumLength = 100): string {
  const text = value === undefined ? 'undefined' : (JSON.stringify(value) ?? String(value));
  return text.length <= maximumLength ? text : `${text.slice(0, maximumLength - 1)}…`;
}

/** The error itself when it is ours, otherwise `undefined`; survives a thrown non-error. */
export function findGatewayError(error: unknown): GatewayError | undefined {
  return error instanceof GatewayError ? error : undefined;
}
