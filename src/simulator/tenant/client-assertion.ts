/**
 * Client assertions (RFC 7523): a certificate's, signed by the application itself, or a federated one, signed
 * by another issuer that the application trusts.
 */

import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import {
  decodeJwt,
  decodeProtectedHeader,
  type JWTPayload,
  jwtVerify,
  type ProtectedHeaderParameters,
} from 'jose';
import type { OAuthErrorNumber } from './oauth-errors.ts';

export interface FederatedCredential {
  readonly issuer: string;
  readonly subject: string;
  /** PEM of the issuer's public key; without one the signature is not checked. */
  readonly publicKeyPem?: string;
}

export interface AssertionRules {
  /** PEM certificates registered on the application; with none, signatures are not checked. */
  readonly certificates: readonly string[];
  readonly federatedCredentials: readonly FederatedCredential[];
}

export interface AssertionContext {
  readonly rules: AssertionRules;
  readonly clientId: string;
  /** Addresses of the token endpoint, one of which a certificate's assertion must name. */
  readonly audiences: readonly string[];
  readonly nowMs: number;
}

const ALGORITHMS = ['RS256', 'PS256'];
const FEDERATED_AUDIENCE = 'api://AzureADTokenExchange';

/** `true`, or the number of the error to answer. */
export async function isAssertionAccepted(
  assertion: string,
  context: AssertionContext,
): Promise<true | OAuthErrorNumber> {
  let header: ProtectedHeaderParameters;
  let claims: JWTPayload;
  try {
    header = decodeProtectedHeader(assertion);
    claims = decodeJwt(assertion);
  } catch {
    return 50013;
  }
  if (!ALGORITHMS.includes(header.alg ?? '')) return 700027;
  const nowSeconds = context.nowMs / 1000;
  if (typeof claims.exp !== 'number' || claims.exp <= nowSeconds) return 700024;
  if (typeof claims.nbf === 'number' && claims.nbf > nowSeconds + CLOCK_SKEW_SECONDS) return 700024;
  return claims.iss === context.clientId
    ? judgeCertificate(assertion, header, claims, context)
    : judgeFederated(assertion, claims, context.rules);
}

/** What Entra tolerates between two machines' clocks. */
const CLOCK_SKEW_SECONDS = 300;

async function judgeCertificate(
  assertion: string,
  header: ProtectedHeaderParameters,
  claims: JWTPayload,
  { rules, clientId, audiences }: AssertionContext,
): Promise<true | OAuthErrorNumber> {
  if (claims.sub !== clientId || !audiences.includes(String(claims.aud))) return 700027;
  if (rules.certificates.length === 0) return true;
  for (const pem of rules.certificates) {
    const certificate = new X509Certificate(pem);
    if (!isNamedBy(header, certificate)) continue;
    return isSignedBy(assertion, certificate.publicKey);
  }
  return 700027;
}

function isNamedBy(header: ProtectedHeaderParameters, certificate: X509Certificate): boolean {
  const digest = (algorithm: string): string =>
    createHash(algorithm).update(certificate.raw).digest('base64url');
  return header['x5t#S256'] === digest('sha256') || header.x5t === digest('sha1');
}

async function isSignedBy(assertion: string, key: KeyObject): Promise<true | OAuthErrorNumber> {
  try {
    await jwtVerify(assertion, key, { currentDate: new Date(decodeJwt(assertion).exp! * 1000 - 1000) });
    return true;
  } catch {
    return 700027;
  }
}

async function judgeFederated(
  assertion: string,
  claims: JWTPayload,
  rules: AssertionRules,
): Promise<true | OAuthErrorNumber> {
  const match = rules.federatedCredentials.find(
    ({ issuer, subject }) => issuer === claims.iss && subject === claims.sub,
  );
  if (match === undefined || claims.aud !== FEDERATED_AUDIENCE) return 700213;
  if (match.publicKeyPem === undefined) return true;
  return (await isSignedBy(assertion, createPublicKey(match.publicKeyPem))) === true ? true : 50013;
}
