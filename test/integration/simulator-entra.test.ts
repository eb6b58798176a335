/** The simulated sign-in endpoints over real HTTP: by hand for each error, and through MSAL for each credential. */

import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, type X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { ConfidentialClientApplication, PublicClientApplication } from '@azure/msal-node';
import { createLocalJWKSet, decodeJwt, jwtVerify, SignJWT } from 'jose';
import { createMintingKey, type MintingKey, mintCertificate } from '../../src/simulator/inventory/minting.ts';
import { createName } from '../../src/simulator/inventory/truth.ts';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';

const RESOURCE = 'https://api.securitycenter.microsoft.com';
const SCOPE = `${RESOURCE}/.default`;
const SMALL: SimulatorOptions = { devices: 2, recordsPerDevice: 2 };
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

function getTokenUrl(simulator: Simulator): string {
  return `${simulator.url}/${simulator.environment.AZURE_TENANT_ID}/oauth2/v2.0/token`;
}

async function post(url: string, form: Record<string, string>): Promise<Answer> {
  const response = await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

function createForm(simulator: Simulator): Record<string, string> {
  return {
    grant_type: 'client_credentials',
    client_id: simulator.environment.AZURE_CLIENT_ID!,
    client_secret: simulator.environment.AZURE_CLIENT_SECRET!,
    scope: SCOPE,
  };
}

async function createAssertion(simulator: Simulator, changes: Record<string, unknown> = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const clientId = simulator.environment.AZURE_CLIENT_ID!;
  const claims = {
    iss: clientId,
    sub: clientId,
    aud: getTokenUrl(simulator),
    nbf: now,
    exp: now + 600,
    ...changes,
  };
  return new SignJWT(claims).setProtectedHeader({ alg: 'PS256' }).sign(privateKey);
}

/** The authority that lets MSAL work without a network: an invented https host, its endpoints on loopback. */
function createAuthority(simulator: Simulator) {
  const tenant = simulator.environment.AZURE_TENANT_ID!;
  const base = `${simulator.url}/${tenant}`;
  return {
    clientId: simulator.environment.AZURE_CLIENT_ID!,
    authority: `https://login.simulated.test/${tenant}`,
    knownAuthorities: ['login.simulated.test'],
    authorityMetadata: JSON.stringify({
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    }),
  };
}

describe('simulated token endpoint', () => {
  it('gives a signed application token for the resource and the roles of the application', async () => {
    await using simulator = await createSimulator({
      ...SMALL,
      roles: ['Vulnerability.Read.All', 'Machine.Read.All'],
    });
    const { status, body } = await post(getTokenUrl(simulator), createForm(simulator));
    assert.equal(status, 200);
    assert.deepEqual([body.token_type, body.expires_in], ['Bearer', 3599]);
    const keysUrl = `${simulator.url}/${simulator.environment.AZURE_TENANT_ID}/discovery/v2.0/keys`;
    const keys = createLocalJWKSet(await (await fetch(keysUrl)).json());
    const { payload } = await jwtVerify(String(body.access_token), keys, { audience: RESOURCE });
    assert.deepEqual(payload.roles, ['Vulnerability.Read.All', 'Machine.Read.All']);
    assert.equal(payload.tid, simulator.environment.AZURE_TENANT_ID);
    assert.equal(payload.appid, simulator.environment.AZURE_CLIENT_ID);
    assert.equal(payload.idtyp, 'app');
    assert.equal(payload.exp! - payload.iat!, 3599);
  });

  const errors: readonly (readonly [
    what: string,
    change: Record<string, string | undefined>,
    status: number,
    error: string,
    code: number,
  ])[] = [
    ['a wrong secret', { client_secret: 'wrong' }, 401, 'invalid_client', 7000215],
    ['no secret', { client_secret: undefined }, 401, 'invalid_client', 7000218],
    [
      'an unknown application',
      { client_id: '00000000-0000-0000-0000-000000000000' },
      400,
      'unauthorized_client',
      700016,
    ],
    ['no application', { client_id: undefined }, 400, 'invalid_request', 900144],
    ['no grant', { grant_type: undefined }, 400, 'invalid_request', 900144],
    ['an unknown grant', { grant_type: 'password' }, 400, 'unsupported_grant_type', 70003],
    ['no scope', { scope: undefined }, 400, 'invalid_request', 900144],
    ['a scope that is none', { scope: 'everything' }, 400, 'invalid_scope', 70011],
    ['a scope without /.default', { scope: `${RESOURCE}/Vulnerability.Read` }, 400, 'invalid_scope', 1002012],
    [
      'an unknown resource',
      { scope: 'https://api.trafficmanager.test/.default' },
      400,
      'invalid_resource',
      500011,
    ],
  ];

  it('refuses each fault with its OAuth error and number', async () => {
    await using simulator = await createSimulator(SMALL);
    for (const [what, change, status, error, code] of errors) {
      const form = Object.fromEntries(
        Object.entries({ ...createForm(simulator), ...change }).filter(
          (entry): entry is [string, string] => entry[1] !== undefined,
        ),
      );
      const answer = await post(getTokenUrl(simulator), form);
      assert.deepEqual(
        [answer.status, answer.body.error, answer.body.error_codes],
        [status, error, [code]],
        what,
      );
      assert.match(
        String(answer.body.error_description),
        new RegExp(`^AADSTS${code}: .*Trace ID: .*Timestamp: `),
      );
    }
  });

  it('tells an unknown tenant from a malformed one', async () => {
    await using simulator = await createSimulator(SMALL);
    for (const [tenant, code] of [
      ['11111111-2222-3333-4444-555555555555', 90002],
      ['contoso.onmicrosoft.com', 90002],
      ['nonsense', 900023],
    ] as const) {
      const { status, body } = await post(
        `${simulator.url}/${tenant}/oauth2/v2.0/token`,
        createForm(simulator),
      );
      assert.deepEqual([status, body.error, body.error_codes], [400, 'invalid_request', [code]]);
    }
  });

  it('takes a new secret from the moment that it is set', async () => {
    await using simulator = await createSimulator(SMALL);
    simulator.change({ clientSecret: 'next' });
    assert.equal((await post(getTokenUrl(simulator), createForm(simulator))).status, 401);
    assert.equal(
      (await post(getTokenUrl(simulator), { ...createForm(simulator), client_secret: 'next' })).status,
      200,
    );
  });

  it('takes a client assertion of the application and refuses a wrong one', async () => {
    await using simulator = await createSimulator(SMALL);
    const { client_secret: _, ...form } = createForm(simulator);
    const ask = async (assertion: string): Promise<Answer> =>
      post(getTokenUrl(simulator), {
        ...form,
        client_assertion: assertion,
        client_assertion_type: ASSERTION_TYPE,
      });
    assert.equal((await ask(await createAssertion(simulator))).status, 200);
    const now = Math.floor(Date.now() / 1000);
    for (const [changes, code] of [
      [{ aud: 'https://elsewhere.test/token' }, 700027],
      [{ sub: 'someone' }, 700027],
      [{ exp: now - 1 }, 700024],
      [{ nbf: now + 3600 }, 700024],
      [{ iss: 'https://issuer.test' }, 700213],
    ] as const) {
      const { status, body } = await ask(await createAssertion(simulator, changes));
      assert.deepEqual([status, body.error_codes], [401, [code]]);
    }
    assert.deepEqual((await ask('not.a.token')).body.error_codes, [50013]);
    const claims = decodeJwt(await createAssertion(simulator));
    const symmetric = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32));
    assert.deepEqual((await ask(symmetric)).body.error_codes, [700027]);
  });

  it('takes a federated assertion of a registered issuer and checks its key', async () => {
    const publicKeyPem = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    const credential = { issuer: 'https://cluster.test', subject: 'system:serviceaccount:a:b', publicKeyPem };
    await using simulator = await createSimulator({ ...SMALL, federatedCredentials: [credential] });
    const { client_secret: _, ...form } = createForm(simulator);
    const claims = { iss: credential.issuer, sub: credential.subject, aud: 'api://AzureADTokenExchange' };
    const ask = async (assertion: string): Promise<Answer> =>
      post(getTokenUrl(simulator), {
        ...form,
        client_assertion: assertion,
        client_assertion_type: ASSERTION_TYPE,
      });
    assert.equal((await ask(await createAssertion(simulator, claims))).status, 200);
    assert.deepEqual(
      (await ask(await createAssertion(simulator, { ...claims, sub: 'other' }))).body.error_codes,
      [700213],
    );
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    const forged = await new SignJWT(decodeJwt(await createAssertion(simulator, claims)))
      .setProtectedHeader({ alg: 'RS256' })
      .sign(other);
    assert.deepEqual((await ask(forged)).body.error_codes, [50013]);
  });

  it('publishes its endpoints for discovery', async () => {
    await using simulator = await createSimulator(SMALL);
    const tenant = simulator.environment.AZURE_TENANT_ID;
    const response = await fetch(`${simulator.url}/${tenant}/v2.0/.well-known/openid-configuration`);
    const metadata = (await response.json()) as Record<string, string>;
    assert.equal(metadata.issuer, `${simulator.url}/${tenant}/v2.0`);
    assert.equal(metadata.token_endpoint, getTokenUrl(simulator));
    assert.ok(metadata.device_authorization_endpoint!.endsWith('/oauth2/v2.0/devicecode'));
    assert.equal((await fetch(metadata.jwks_uri!)).status, 200);
    const instance = await fetch(`${simulator.url}/common/discovery/instance?api-version=1.1`);
    const { tenant_discovery_endpoint } = (await instance.json()) as Record<string, string>;
    assert.equal(tenant_discovery_endpoint, `${metadata.issuer}/.well-known/openid-configuration`);
  });
});

describe('simulated tenant through MSAL', () => {
  it('signs an application in with a secret', async () => {
    await using simulator = await createSimulator(SMALL);
    const clientSecret = simulator.environment.AZURE_CLIENT_SECRET!;
    const application = new ConfidentialClientApplication({
      auth: { ...createAuthority(simulator), clientSecret },
    });
    const result = await application.acquireTokenByClientCredential({ scopes: [SCOPE] });
    assert.equal(decodeJwt(result!.accessToken).aud, RESOURCE);
    assert.deepEqual(
      simulator.calls.map(({ endpoint, status }) => [endpoint, status]),
      [['token', 200]],
    );
  });

  it('reports a wrong secret by its number', async () => {
    await using simulator = await createSimulator(SMALL);
    const auth = { ...createAuthority(simulator), clientSecret: 'wrong' };
    const application = new ConfidentialClientApplication({ auth });
    await assert.rejects(application.acquireTokenByClientCredential({ scopes: [SCOPE] }), {
      errorCode: 'invalid_client',
      errorMessage: /AADSTS7000215/,
    });
  });

  it('signs an application in with an assertion', async () => {
    await using simulator = await createSimulator(SMALL);
    const auth = { ...createAuthority(simulator), clientAssertion: () => createAssertion(simulator) };
    const application = new ConfidentialClientApplication({ auth });
    const result = await application.acquireTokenByClientCredential({ scopes: [SCOPE] });
    assert.deepEqual(decodeJwt(result!.accessToken).roles, ['Vulnerability.Read.All']);
  });

  it('signs an application in with a registered certificate, and with no other', async () => {
    const mint = (subjectKey: MintingKey): X509Certificate => {
      const name = createName({ commonName: 'gateway' });
      const now = Math.floor(Date.now() / 1000);
      return mintCertificate({
        subject: name,
        subjectKey,
        issuer: name,
        issuerKey: subjectKey,
        serialNumber: '42',
        notBefore: now,
        notAfter: now + 86_400,
        isAuthority: false,
        keyUsages: ['digitalSignature'],
        extendedKeyUsages: [],
      });
    };
    const certificate = mint(
      createMintingKey(privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64')),
    );
    await using simulator = await createSimulator({ ...SMALL, clientCertificates: [certificate.toString()] });
    const signIn = (thumbprintSha256: string, key: KeyObject) =>
      new ConfidentialClientApplication({
        auth: {
          ...createAuthority(simulator),
          clientCertificate: {
            thumbprintSha256,
            privateKey: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
          },
        },
      }).acquireTokenByClientCredential({ scopes: [SCOPE] });
    const thumbprint = certificate.fingerprint256.replaceAll(':', '');
    assert.ok((await signIn(thumbprint, privateKey))!.accessToken);
    const refused = { errorCode: 'invalid_client', errorMessage: /AADSTS700027/ };
    await assert.rejects(signIn('00'.repeat(32), privateKey), refused, 'an unknown certificate');
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    await assert.rejects(signIn(thumbprint, other), refused, 'another key');
  });

  it('signs a user in with a device code, after the polls that it was told to wait', async () => {
    await using simulator = await createSimulator({ ...SMALL, deviceCodePolls: 1 });
    const application = new PublicClientApplication({ auth: createAuthority(simulator) });
    const messages: string[] = [];
    const result = await application.acquireTokenByDeviceCode({
      scopes: [SCOPE],
      deviceCodeCallback: ({ message }) => messages.push(message),
    });
    assert.match(messages.join(), /enter the code NRTHWND42/);
    const claims = decodeJwt(result!.accessToken);
    assert.deepEqual([claims.scp, claims.idtyp, claims.roles], ['Vulnerability.Read', 'user', undefined]);
    assert.deepEqual(
      simulator.calls.map(({ endpoint, status }) => `${endpoint} ${status}`),
      ['deviceCode 200', 'token 400', 'token 200'],
    );
    const silent = await application.acquireTokenSilent({
      scopes: [SCOPE],
      account: result!.account!,
      forceRefresh: true,
    });
    assert.notEqual(silent.accessToken, result!.accessToken);
  });
});

describe('simulated managed identity', () => {
  const ask = async (simulator: Simulator, query: string, header?: string): Promise<Answer> => {
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = simulator.managedIdentityEnvironment;
    const headers = { 'X-IDENTITY-HEADER': header ?? IDENTITY_HEADER! };
    const response = await fetch(`${IDENTITY_ENDPOINT}?${query}`, { headers });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };

  it('gives a token to whoever knows its secret, and echoes the resource', async () => {
    await using simulator = await createSimulator(SMALL);
    const { status, body } = await ask(simulator, `api-version=2019-08-01&resource=${RESOURCE}`);
    assert.equal(status, 200);
    assert.equal(body.resource, RESOURCE);
    assert.ok(Math.abs(Number(body.expires_on) - Date.now() / 1000 - 3599) < 60);
    assert.deepEqual(decodeJwt(String(body.access_token)).roles, ['Vulnerability.Read.All']);
  });

  it('refuses a wrong secret, version, resource and identity', async () => {
    await using simulator = await createSimulator(SMALL);
    assert.equal((await ask(simulator, `api-version=2019-08-01&resource=${RESOURCE}`, 'wrong')).status, 401);
    assert.equal((await ask(simulator, `resource=${RESOURCE}`)).status, 400);
    assert.equal((await ask(simulator, 'api-version=2019-08-01')).status, 400);
    assert.equal((await ask(simulator, 'api-version=2019-08-01&resource=https://other.test')).status, 400);
    assert.equal(
      (await ask(simulator, `api-version=2019-08-01&resource=${RESOURCE}&client_id=other`)).status,
      400,
    );
  });
});
