/**
 * Access tokens of the simulated tenant: signed JWTs of Entra's version 1 form, in simulated time.
 */

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { errors, exportJWK, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { mixGuid } from '../inventory/random.ts';
import { TOKEN_SIGNER_KEY } from '../inventory/test-keys.ts';
import type { SimulatedClock } from './simulated-clock.ts';

export interface TokenGrant {
  /** Resource that the token is for. */
  readonly audience: string;
  readonly clientId: string;
  /** Application permissions; with `scopes` absent. */
  readonly roles?: readonly string[];
  /** Delegated permissions of a signed-in user. */
  readonly scopes?: readonly string[];
}

export type TokenVerdict =
  | { readonly outcome: 'valid'; readonly claims: JWTPayload }
  | { readonly outcome: 'missing' | 'malformed' | 'expired' };

export interface TokenService {
  /** Signs an access token that lives for `lifetimeSeconds` of simulated time. */
  issue(grant: TokenGrant): Promise<string>;
  /** Signs an identity token of version 2.0 for the simulated user. */
  issueIdToken(request: { issuer: string; clientId: string; userId: string }): Promise<string>;
  /** Judges an `Authorization` header by signature, issuer and simulated time; not by audience. */
  verify(authorization: string | undefined): Promise<TokenVerdict>;
  /** The JSON Web Key Set (RFC 7517) with the public half of the signing key. */
  getKeySet(): Promise<{ keys: object[] }>;
}

export interface TokenServiceOptions {
  readonly tenantId: string;
  readonly lifetimeSeconds: number;
  readonly clock: SimulatedClock;
  /** Told of every access token. */
  readonly onSecret: (secret: string) => void;
}

const KEY_ID = 'simulated-tenant-signing-key';
const USER_NAME = 'engineer@northwind.example';

/** A token service with the fixed test key. */
export function createTokenService({
  tenantId,
  lifetimeSeconds,
  clock,
  onSecret,
}: TokenServiceOptions): TokenService {
  const privateKey = createPrivateKey({
    key: Buffer.from(TOKEN_SIGNER_KEY, 'base64'),
    format: 'der',
    type: 'pkcs8',
  });
  const publicKey: KeyObject = createPublicKey(privateKey);
  const issuer = `https://sts.windows.net/${tenantId}/`;
  let issued = 0;
  return {
    issue: async ({ audience, clientId, roles, scopes }) => {
      const now = Math.floor(clock.now() / 1000);
      const claims =
        scopes === undefined
          ? { roles, idtyp: 'app', sub: mixGuid(1, 0x5b) }
          : { scp: scopes.join(' '), idtyp: 'user', sub: mixGuid(1, 0x5c), upn: USER_NAME };
      const token = await new SignJWT({
        ...claims,
        tid: tenantId,
        appid: clientId,
        ver: '1.0',
        uti: mixGuid(1, issued++, 0x71),
      })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })
        .setIssuer(issuer)
        .setAudience(audience)
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(privateKey);
      onSecret(token);
      return token;
    },
    issueIdToken: ({ issuer: authority, clientId, userId }) => {
      const now = Math.floor(clock.now() / 1000);
      return new SignJWT({
        tid: tenantId,
        oid: userId,
        sub: userId,
        preferred_username: USER_NAME,
        name: 'Simulated Engineer',
        ver: '2.0',
      })
        .setProtectedHeader({ alg: 'RS256', typ: 'JWT', kid: KEY_ID })
        .setIssuer(authority)
        .setAudience(clientId)
        .setIssuedAt(now)
        .setNotBefore(now)
        .setExpirationTime(now + lifetimeSeconds)
        .sign(privateKey);
    },
    verify: async (authorization) => {
      if (authorization === undefined) return { outcome: 'missing' };
      const token = /^Bearer ([\w.-]+)$/i.exec(authorization)?.[1];
      if (token === undefined) return { outcome: 'malformed' };
      try {
        const { payload } = await jwtVerify(token, publicKey, { issuer, currentDate: new Date(clock.now()) });
        return { outcome: 'valid', claims: payload };
      } catch (error) {
        return { outcome: error instanceof errors.JWTExpired ? 'expired' : 'malformed' };
      }
    },
    getKeySet: async () => ({
      keys: [{ ...(await exportJWK(publicKey)), kid: KEY_ID, use: 'sig', alg: 'RS256' }],
    }),
  };
}
