/**
 * What an access token says of itself. Read without verifying anything: the token is meant for Defender,
 * not for us, so its claims are only good for telling an operator what is being sent.
 */

/** A bearer token and the claims in it that explain a refusal. Never log the token. */
export interface AccessToken {
  readonly token: string;
  /** Epoch milliseconds. */
  readonly expiresAtMs: number;
  readonly claims: TokenClaims;
}

export interface TokenClaims {
  /** The application's name and client id, where the token has them. */
  readonly applicationName: string | null;
  readonly applicationId: string | null;
  /** Object id of the service principal or of the user. */
  readonly objectId: string | null;
  /** The user's sign-in name; `null` in a token of an application. */
  readonly userName: string | null;
  readonly tenantId: string | null;
  readonly audience: string | null;
  /** Application roles, or the scopes of a user's token. */
  readonly roles: readonly string[];
}

/** The claims of a JWT; all unknown for a token of another form. */
export function readTokenClaims(token: string): TokenClaims {
  const payload = decodePayload(token.split('.')[1] ?? '');
  const roles = payload.roles;
  const scopes = textOf(payload.scp);
  return {
    applicationName: textOf(payload.app_displayname),
    applicationId: textOf(payload.appid) ?? textOf(payload.azp),
    objectId: textOf(payload.oid),
    userName: textOf(payload.upn) ?? textOf(payload.preferred_username) ?? textOf(payload.unique_name),
    tenantId: textOf(payload.tid),
    audience: textOf(payload.aud),
    roles: [
      ...(Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : []),
      ...(scopes?.split(' ').filter((scope) => scope !== '') ?? []),
    ],
  };
}

function decodePayload(part: string): Readonly<Record<string, unknown>> {
  try {
    const payload: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof payload === 'object' && payload !== null ? (payload as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
