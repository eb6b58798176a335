/** Forged, stolen and bent access tokens, each by the name of the attack: over HTTP, and nothing of them is executed. */

import assert from 'node:assert/strict';
import { createHmac, createPublicKey, sign } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import type { RefusalReason } from '../../src/core/caller-refused.ts';
import { type AuthenticatorFixture, createAuthenticatorFixture } from '../support/authenticator.ts';
import { createHttpFixture, type HttpFixture } from '../support/http-fixture.ts';
import { sendRaw } from '../support/raw-http.ts';
import { createSigningKey, type SigningKey, toGuid } from '../support/token-issuer.ts';

const MESSAGE =
  'The request must carry a valid access token for this API, as "Authorization: Bearer <token>": sign in and send a new one.';
const READER_POLICY = {
  grants: [
    { scope: 'access', rights: ['Inventory.Read'], rbacGroups: '*' },
    { role: 'Everything', rights: ['Inventory.Read', 'Inventory.Operate'], rbacGroups: '*' },
    { group: toGuid('operators'), rights: ['Inventory.Operate'] },
  ],
};

let identity: AuthenticatorFixture;
let http: HttpFixture;
let stranger: SigningKey;

before(async () => {
  identity = await createAuthenticatorFixture({ policy: READER_POLICY });
  http = await createHttpFixture({ http: { identify: identity.authenticator.identify } });
  stranger = createSigningKey('a key of nobody here');
});

after(async () => {
  await http[Symbol.asyncDispose]();
  await identity[Symbol.asyncDispose]();
});

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part: string) =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

/** The claims of a good token under another header, signed in whatever way. */
async function forge(header: Record<string, unknown>, signature: (input: string) => string): Promise<string> {
  const [good = '', payload = ''] = (await identity.issuer.mint()).split('.');
  const input = `${encode({ ...decode(good), ...header })}.${payload}`;
  return `${input}.${signature(input)}`;
}

/** A token with another payload under the signature of a good one. */
async function tamper(claims: Record<string, unknown>): Promise<string> {
  const [header = '', payload = '', signature = ''] = (await identity.issuer.mint()).split('.');
  return `${header}.${encode({ ...decode(payload), ...claims })}.${signature}`;
}

const now = () => Math.floor(identity.clock.now() / 1000);

type Attack = readonly [name: string, reason: RefusalReason, mint: () => Promise<string>];

const ATTACKS: readonly Attack[] = [
  ['alg none, with an empty signature', 'ALGORITHM_REFUSED', () => forge({ alg: 'none' }, () => '')],
  ['alg nOnE', 'ALGORITHM_REFUSED', () => forge({ alg: 'nOnE' }, () => '')],
  ['alg none, with the signature left on', 'ALGORITHM_REFUSED', () => forge({ alg: 'none' }, () => 'AAAA')],
  ...Object.entries({
    PEM: () => createPublicKey(identity.issuer.key.privateKey).export({ type: 'spki', format: 'pem' }),
    modulus: () => Buffer.from(identity.issuer.key.publicJwk.n ?? '', 'base64url'),
    JWK: () => JSON.stringify(identity.issuer.key.publicJwk),
  }).map(
    ([form, secret]): Attack => [
      `HS256 with the public key as the secret, as its ${form}`,
      'ALGORITHM_REFUSED',
      () =>
        forge({ alg: 'HS256' }, (input) => createHmac('sha256', secret()).update(input).digest('base64url')),
    ],
  ),
  ['the signature stripped', 'SIGNATURE_INVALID', () => forge({}, () => '')],
  [
    'the signature part left out',
    'TOKEN_MALFORMED',
    async () => (await identity.issuer.mint()).replace(/\.[^.]*$/, ''),
  ],
  ['a claim changed under a good signature', 'SIGNATURE_INVALID', () => tamper({ oid: toGuid('the boss') })],
  ['an expiry put off under a good signature', 'SIGNATURE_INVALID', () => tamper({ exp: now() + 10 ** 9 })],
  [
    'a stranger’s key under the id of a good one',
    'SIGNATURE_INVALID',
    () => mintBy({ ...stranger, keyId: identity.issuer.key.keyId }),
  ],
  ['an unknown kid', 'KEY_UNKNOWN', () => mintBy(stranger)],
  ['no kid', 'KEY_UNKNOWN', () => identity.issuer.mint({}, { header: { kid: undefined } })],
  ...[
    '../../../../dev/null',
    "' OR 1=1 --",
    'http://127.0.0.1/keys',
    '__proto__',
    'x\r\nset-cookie: a=b',
  ].map(
    (kid): Attack => [
      `kid injection: ${JSON.stringify(kid)}`,
      'KEY_UNKNOWN',
      () => identity.issuer.mint({}, { key: stranger, header: { kid } }),
    ],
  ),
  ['jwk: a key in the header', 'KEY_UNKNOWN', () => mintBy(stranger, { jwk: stranger.publicJwk })],
  [
    'jwk: a key in the header under the id of a good one',
    'SIGNATURE_INVALID',
    () => mintBy({ ...stranger, keyId: identity.issuer.key.keyId }, { jwk: stranger.publicJwk }),
  ],
  [
    'jku: an address of keys in the header',
    'KEY_UNKNOWN',
    () => mintBy(stranger, { jku: `${http.url}/keys` }),
  ],
  [
    'x5u and x5c in the header',
    'KEY_UNKNOWN',
    () => mintBy(stranger, { x5u: `${http.url}/x`, x5c: ['AAAA'] }),
  ],
  [
    'crit: an extension that must be understood',
    'TOKEN_MALFORMED',
    () => forge({ crit: ['exp'], exp: 1 }, signWell),
  ],
  ['crit: an unencoded payload', 'TOKEN_MALFORMED', () => forge({ crit: ['b64'], b64: false }, signWell)],
  ['another audience', 'AUDIENCE_WRONG', () => identity.issuer.mint({ aud: 'https://graph.microsoft.com' })],
  [
    'an audience that begins like ours',
    'AUDIENCE_WRONG',
    () => identity.issuer.mint({ aud: `${identity.issuer.audience}/x` }),
  ],
  ['no audience', 'CLAIMS_INVALID', () => identity.issuer.mint({ aud: undefined })],
  ['another issuer', 'ISSUER_UNKNOWN', () => identity.issuer.mint({ iss: 'https://idp.example/' })],
  ['no issuer', 'ISSUER_UNKNOWN', () => identity.issuer.mint({ iss: undefined })],
  [
    'an issuer that ends like ours',
    'ISSUER_UNKNOWN',
    () => identity.issuer.mint({ iss: `https://evil.example/?${identity.issuer.issuer}` }),
  ],
  [
    'the issuer of all tenants',
    'ISSUER_UNKNOWN',
    () => identity.issuer.mint({ iss: 'https://login.microsoftonline.com/common/v2.0' }),
  ],
  [
    'the issuer of another tenant',
    'ISSUER_UNKNOWN',
    () => identity.issuer.mint({ iss: `https://login.microsoftonline.com/${toGuid('other')}/v2.0` }),
  ],
  ['another tid than the issuer’s', 'TENANT_WRONG', () => identity.issuer.mint({ tid: toGuid('other') })],
  ['no tid', 'TENANT_WRONG', () => identity.issuer.mint({ tid: undefined })],
  ['expired', 'EXPIRED', () => identity.issuer.mint({ exp: now() - 60 })],
  ['no expiry', 'CLAIMS_INVALID', () => identity.issuer.mint({ exp: undefined })],
  ['an expiry that is no number', 'CLAIMS_INVALID', () => identity.issuer.mint({ exp: 'never' })],
  ['not yet valid', 'NOT_YET_VALID', () => identity.issuer.mint({ nbf: now() + 61 })],
  [
    'an ID token: no scope, and no application',
    'NOT_AN_ACCESS_TOKEN',
    () => identity.issuer.mint({ scp: undefined, roles: ['Everything'], groups: [toGuid('operators')] }),
  ],
  [
    'a token for something else, by its typ',
    'NOT_AN_ACCESS_TOKEN',
    () => identity.issuer.mint({}, { header: { typ: 'logout+jwt' } }),
  ],
  [
    'an application by idtyp beside a user’s empty scope',
    'NOT_AN_ACCESS_TOKEN',
    () => identity.issuer.mint({ scp: '', idtyp: 'app', roles: ['Everything'] }),
  ],
  ['nobody at all', 'CLAIMS_INVALID', () => identity.issuer.mint({ oid: undefined, sub: undefined })],
  ['an encrypted token', 'TOKEN_MALFORMED', async () => `${await identity.issuer.mint()}.x.y`],
  [
    'a space in a good signature',
    'TOKEN_MALFORMED',
    async () => (await identity.issuer.mint()).replace(/.{9}$/, ' $&'),
  ],
  ['no token but a word', 'TOKEN_MALFORMED', async () => 'undefined'],
  [
    'two tokens',
    'TOKEN_MALFORMED',
    async () => `${await identity.issuer.mint()} ${await identity.issuer.mint()}`,
  ],
];

function mintBy(key: SigningKey, header: Record<string, unknown> = {}): Promise<string> {
  return identity.issuer.mint({}, { key, header });
}

/** By the issuer's own key, of whatever it is given. */
function signWell(input: string): string {
  return sign('sha256', Buffer.from(input), identity.issuer.key.privateKey).toString('base64url');
}

describe('a forged or bent token is refused:', () => {
  for (const [name, reason, mint] of ATTACKS) {
    it(name, async () => {
      const executed = http.calls.length;
      const response = await http.post('mutation { count }', { authorization: `Bearer ${await mint()}` });
      const body = (await response.json()) as Record<string, unknown>;
      assert.equal(response.status, 401);
      assert.equal(
        response.headers.get('www-authenticate'),
        'Bearer realm="defender-certificate-gateway", error="invalid_token"',
      );
      assert.equal(response.headers.get('cache-control'), 'no-store');
      assert.deepEqual(body.errors, [{ message: MESSAGE, extensions: { code: 'UNAUTHENTICATED' } }]);
      assert.equal('data' in body, false);
      assert.equal(http.calls.length, executed, 'it came as far as a context');
      assert.equal(http.mutationCount(), 0);
      assert.equal(identity.refusals.at(-1), reason);
      const line = http.logLines().findLast(({ event }) => event === 'caller_refused');
      assert.equal(line?.reason, reason);
      assert.equal(typeof line?.requestId, 'string');
    });
  }

  it('two headers, whichever of them is good, with the same answer', async () => {
    const good = await identity.issuer.authorization();
    const ask = (authorization: string | string[]) =>
      sendRaw(`${http.url}/graphql?query={greeting}`, {
        authorization,
        'apollo-require-preflight': '1',
        accept: 'application/json',
      });
    const expired = await identity.issuer.authorization({ exp: now() - 60 });
    const refused = await ask(expired);
    const executed = http.calls.length;
    for (const [headers, reason] of [
      [[good, good], 'TOKEN_MALFORMED'],
      [[good, expired], 'TOKEN_MALFORMED'],
      [[good, ''], 'TOKEN_MALFORMED'],
      [[good, 'Basic dXNlcjpwYXNz'], 'TOKEN_MALFORMED'],
      [[expired, good, good], 'TOKEN_MALFORMED'],
      [['Basic dXNlcjpwYXNz', good], 'TOKEN_MISSING'],
    ] as const) {
      const { status, headers: answered, body } = await ask([...headers]);
      assert.deepEqual([status, body.toString()], [401, refused.body.toString()]);
      assert.equal(identity.refusals.at(-1), reason);
      if (reason === 'TOKEN_MALFORMED') {
        assert.equal(answered['www-authenticate'], refused.headers['www-authenticate']);
      }
    }
    assert.equal(http.calls.length, executed, 'it came as far as a context');
    assert.equal((await ask(good)).status, 200);
    assert.equal((await ask([good])).status, 200);
  });

  it('oversized, before anything of it is decoded', async () => {
    const token = await identity.issuer.mint({ padding: 'x'.repeat(16 * 1024) });
    assert.equal(await identity.judge(token), 'TOKEN_TOO_LARGE');
    assert.equal(await identity.judge('x'.repeat(16 * 1024 + 1)), 'TOKEN_TOO_LARGE');
    const largest = await identity.issuer.mint({ padding: 'x'.repeat(11_000) });
    assert.ok(largest.length > 14_000);
    assert.equal(await identity.judge(largest), null);
  });

  it('with the beginning of what it says of itself in the log, and no more', async () => {
    const iss = `https://idp.example/${'i'.repeat(2_000)}`;
    const kid = 'k'.repeat(2_000);
    const authorization = await identity.issuer.authorization({ iss }, { header: { kid } });
    assert.equal((await http.post('{ greeting }', { authorization })).status, 401);
    const line = http.logLines().findLast(({ event }) => event === 'caller_refused');
    assert.deepEqual([line?.issuer, line?.keyId], [iss.slice(0, 100), kid.slice(0, 100)]);
  });

  it('none at all: with a challenge that names no error, for nobody made one', async () => {
    for (const headers of [{}, { authorization: 'Basic dXNlcjpwYXNz' }]) {
      const response = await http.post('{ greeting }', headers);
      assert.equal(response.status, 401);
      assert.equal(response.headers.get('www-authenticate'), 'Bearer realm="defender-certificate-gateway"');
      assert.equal(identity.refusals.at(-1), 'TOKEN_MISSING');
    }
  });

  it('whatever bytes are sent, with the same answer', async () => {
    const good = await identity.issuer.mint();
    const bent = fc.tuple(fc.nat({ max: good.length - 1 }), fc.base64String()).map(([at, text]) => {
      return `${good.slice(0, at)}${text.replace(/=/g, '')}${good.slice(at + 1)}`;
    });
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string(),
          bent,
          fc.jsonValue().map((value) => `${encode(value)}.${encode(value)}.x`),
        ),
        async (token) => {
          if (token === good) return;
          const reason = await identity.judge(token);
          // The last letter of a signature has bits that mean nothing.
          assert.ok(reason !== null || token.slice(0, -1) === good.slice(0, -1), token);
          assert.notEqual(reason, 'KEY_UNUSABLE', token);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a genuine token gives no more than its policy:', () => {
  it('roles in a delegated token give nothing, though the user has them', async () => {
    const authorization = await identity.issuer.authorization({ roles: ['Everything'], scp: 'access' });
    const caller = await identity.authenticator.identify(authorization);
    assert.deepEqual([...caller.rights], ['Inventory.Read']);
    const other = await identity.issuer.authorization({ roles: ['Everything'], scp: 'openid' });
    assert.equal(await identity.judge(other.slice('Bearer '.length)), 'NO_GRANT');
  });

  it('roles in a delegated token that calls itself an application give nothing', async () => {
    const authorization = await identity.issuer.authorization({ roles: ['Everything'], idtyp: 'app' });
    const { kind, rights } = await identity.authenticator.identify(authorization);
    assert.deepEqual([kind, [...rights]], ['USER', ['Inventory.Read']]);
  });

  it('groups in an application’s token give nothing', async () => {
    const token = await identity.issuer.mintForApplication([], { groups: [toGuid('operators')] });
    assert.equal(await identity.judge(token), 'NO_GRANT');
  });

  it('nothing granted: 403, with what is lacking', async () => {
    const response = await http.post('{ greeting }', {
      authorization: await identity.issuer.authorization({ scp: 'profile' }),
    });
    const { errors } = (await response.json()) as { errors: readonly { extensions: object }[] };
    assert.deepEqual([response.status, response.headers.get('cache-control')], [403, 'no-store']);
    assert.deepEqual(errors[0]?.extensions, { code: 'FORBIDDEN' });
    assert.equal(
      response.headers.get('www-authenticate'),
      'Bearer realm="defender-certificate-gateway", error="insufficient_scope"',
    );
  });

  it('a right counts as it stands in the token of now, with each request anew', async () => {
    const read = await identity.issuer.authorization();
    assert.equal((await http.post('{ greeting }', { authorization: read })).status, 200);
    assert.equal(http.calls.at(-1)?.caller.id, `${identity.issuer.tenantId}:${toGuid('user')}`);
    assert.equal((await http.post('{ greeting }')).status, 401);
  });
});
