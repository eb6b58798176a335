/**
 * Entra ID as far as a gateway with `AUTH_MODE=entra` sees it: a key endpoint on loopback, and access tokens with
 * whatever claims a test chooses. The tokens are valid unless a test makes them otherwise; the policy is a file that a
 * test can rewrite.
 */

import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type JWK, SignJWT } from 'jose';
import { replyJson, startUpstream } from './upstream-server.ts';

export type Claims = Readonly<Record<string, unknown>>;

/** A pair of keys and the id that both the key endpoint and the tokens' headers call it by. */
export interface SigningKey {
  readonly keyId: string;
  readonly privateKey: KeyObject;
  /** The public half as the endpoint publishes it. */
  readonly publicJwk: JWK;
}

export interface MintOptions {
  /** Header parameters beside `alg`, `typ` and `kid`, or in their place; `undefined` leaves one out. */
  readonly header?: Claims;
  /** Default: the newest key of the issuer. */
  readonly key?: SigningKey;
}

export interface TokenIssuer extends AsyncDisposable {
  /** `AUTH_AUTHORITY_HOST`, without a slash at the end. */
  readonly authorityHost: string;
  readonly tenantId: string;
  /** The one audience that {@link environment} sets. */
  readonly audience: string;
  /** The issuer of version 2 tokens, as {@link mint} writes it. */
  readonly issuer: string;
  /** What signs now. */
  readonly key: SigningKey;
  /** Paths that were asked for, one for each request. */
  readonly requests: readonly { readonly path: string }[];
  /**
   * The settings of a gateway that trusts this issuer.
   *
   * @param policy written to the file of `AUTH_POLICY_FILE`; text is written as it is. Default {@link OPEN_POLICY}
   */
  environment(policy?: unknown): Promise<Readonly<Record<string, string>>>;
  /** Writes another policy to the same file. */
  writePolicy(policy: unknown): Promise<void>;
  /**
   * An access token of version 2, valid for an hour: of a user with the scope `access` unless the claims say otherwise.
   * A claim that is `undefined` is left out.
   */
  mint(claims?: Claims, options?: MintOptions): Promise<string>;
  /** The same for an application in its own name. */
  mintForApplication(roles: readonly string[], claims?: Claims, options?: MintOptions): Promise<string>;
  /** `Bearer <token>` of {@link mint}. */
  authorization(claims?: Claims, options?: MintOptions): Promise<string>;
  /** Signs with another key from now on, and publishes it; the old one only if it is to stay. */
  rotate(options?: { readonly keepOld?: boolean }): void;
  /** What the key endpoint answers with: its keys, or this status, until it is told `200` again. */
  answerWith(status: number): void;
  /** Publishes exactly these keys, whatever signs; default: for the issuer's own tenant. */
  publish(keys: readonly object[], ofTenant?: string): void;
}

/** Whoever has the scope `access`, or the application role `Access`, may do and see all. */
export const OPEN_POLICY = {
  grants: [
    {
      scope: 'access',
      rights: ['Inventory.Read', 'Inventory.Refresh', 'Inventory.Operate'],
      rbacGroups: '*',
    },
    {
      role: 'Access',
      rights: ['Inventory.Read', 'Inventory.Refresh', 'Inventory.Operate'],
      rbacGroups: '*',
    },
  ],
};

export const ISSUER_TENANT_ID = '5e1f7a3c-2b4d-4c6e-8f90-a1b2c3d4e5f6';
export const API_AUDIENCE = '0c9b8a76-5d4e-4f3a-b2c1-d0e9f8a7b6c5';

const LIFETIME_SECONDS = 3_600;

/** A fresh RSA key; about a tenth of a second. */
export function createSigningKey(keyId: string = randomUUID()): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    keyId,
    privateKey,
    publicJwk: { ...(publicKey.export({ format: 'jwk' }) as JWK), kid: keyId, use: 'sig' },
  };
}

export interface TokenIssuerOptions {
  readonly tenantId?: string;
  /** Epoch milliseconds; default: this machine's clock. */
  readonly now?: () => number;
}

/** Starts the key endpoint on a free port. */
export async function startTokenIssuer(options: TokenIssuerOptions = {}): Promise<TokenIssuer> {
  const { tenantId = ISSUER_TENANT_ID, now = Date.now } = options;
  const issuer = `https://login.microsoftonline.com/${tenantId}/v2.0`;
  let key = createSigningKey();
  const published = new Map<string, readonly object[]>([[tenantId, [key.publicJwk]]]);
  let status = 200;
  const server = await startUpstream((request, response) => {
    const keys = published.get(/^\/([^/]+)\/discovery\/v2\.0\/keys$/.exec(request.path)?.[1] ?? '');
    const answer =
      keys === undefined ? replyJson(404, {}) : replyJson(status, status === 200 ? { keys } : {});
    return answer(request, response);
  });
  const folder = await mkdtemp(join(tmpdir(), 'token-issuer-'));
  const policyFile = join(folder, 'policy.json');

  const writePolicy = async (policy: unknown) =>
    writeFile(policyFile, typeof policy === 'string' ? policy : JSON.stringify(policy));

  async function mint(claims: Claims = {}, { header = {}, key: signer = key }: MintOptions = {}) {
    const nowSeconds = Math.floor(now() / 1000);
    const payload = withoutAbsent({
      iss: issuer,
      aud: API_AUDIENCE,
      tid: tenantId,
      ver: '2.0',
      oid: toGuid('user'),
      sub: 'pairwise-subject-of-a-user',
      azp: toGuid('client'),
      scp: 'access',
      iat: nowSeconds,
      nbf: nowSeconds,
      exp: nowSeconds + LIFETIME_SECONDS,
      ...claims,
    });
    const protectedHeader = withoutAbsent({ alg: 'RS256', typ: 'JWT', kid: signer.keyId, ...header });
    return new SignJWT(payload)
      .setProtectedHeader(protectedHeader as { readonly alg: string })
      .sign(signer.privateKey);
  }

  return {
    authorityHost: server.url,
    tenantId,
    audience: API_AUDIENCE,
    issuer,
    get key() {
      return key;
    },
    requests: server.requests,
    writePolicy,
    async environment(policy = OPEN_POLICY) {
      await writePolicy(policy);
      return {
        AUTH_MODE: 'entra',
        AUTH_TENANT_ID: tenantId,
        AUTH_AUDIENCE: API_AUDIENCE,
        AUTH_AUTHORITY_HOST: server.url,
        AUTH_POLICY_FILE: policyFile,
      };
    },
    mint,
    mintForApplication: (roles, claims, mintOptions) =>
      mint(
        {
          oid: toGuid('application'),
          sub: toGuid('application'),
          scp: undefined,
          idtyp: 'app',
          roles,
          ...claims,
        },
        mintOptions,
      ),
    authorization: async (claims, mintOptions) => `Bearer ${await mint(claims, mintOptions)}`,
    rotate({ keepOld = true } = {}) {
      key = createSigningKey();
      published.set(tenantId, [...(keepOld ? (published.get(tenantId) ?? []) : []), key.publicJwk]);
    },
    answerWith(answer) {
      status = answer;
    },
    publish(keys, ofTenant = tenantId) {
      published.set(ofTenant, keys);
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A GUID that is the same for the same name. */
export function toGuid(name: string): string {
  const hex = createHash('sha256').update(name).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function withoutAbsent(claims: Claims): Record<string, unknown> {
  return Object.fromEntries(Object.entries(claims).filter(([, value]) => value !== undefined));
}
