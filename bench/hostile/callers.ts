/** Who asks during the benchmark: tokens that the gateway accepts, and tokens that it must not. */

import { createSigningKey, type TokenIssuer, toGuid } from '../../test/support/token-issuer.ts';

/** So many callers, each known to the gateway as somebody else than the others. */
export function mintTokens(issuer: TokenIssuer, name: string, count: number): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, (_, index) => issuer.mint({ oid: toGuid(`${name} ${index}`) })),
  );
}

/** Name of what is wrong → a token. */
export async function mintBadTokens(issuer: TokenIssuer): Promise<Readonly<Record<string, string>>> {
  const good = await issuer.mint();
  const [header, payload, signature] = good.split('.') as [string, string, string];
  const unsigned = Buffer.from(JSON.stringify({ alg: 'none', typ: 'JWT' })).toString('base64url');
  const longAgo = Math.floor(Date.now() / 1_000) - 86_400;
  return {
    'no token at all': 'nonsense',
    unsigned: `${unsigned}.${payload}.`,
    'signature of another token': `${header}.${payload}.${signature.split('').reverse().join('')}`,
    'key of somebody else': await issuer.mint({}, { key: createSigningKey(issuer.key.keyId) }),
    'key that is not published': await issuer.mint({}, { key: createSigningKey('nobody') }),
    'other audience': await issuer.mint({ aud: toGuid('another service') }),
    expired: await issuer.mint({ iat: longAgo, nbf: longAgo, exp: longAgo + 3_600 }),
  };
}
