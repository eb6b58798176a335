import assert from 'node:assert/strict';
import { createHash, createVerify, X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Credential } from '../../../src/defender/credential.ts';
import { rejectionOf } from '../../support/defender-fixtures.ts';
import {
  CLIENT_ID,
  createEntraFixture,
  createMemoryStore,
  issueTokens,
  refuseToken,
  serialOf,
  TENANT_ID,
  TOKEN_PATH,
  toJwt,
} from '../../support/entra-fixture.ts';
import { mintCertificate } from '../../support/minted-certificate.ts';
import { type Answer, inTurn, reply, replyJson } from '../../support/upstream-server.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'token-source-'));
});
after(() => rm(folder, { recursive: true }));

const form = (body: string | undefined) => Object.fromEntries(new URLSearchParams(body));

describe('token source', () => {
  it('proves itself with a secret, at the composed endpoint, without discovery', async () => {
    await using entra = await createEntraFixture();
    const { token, expiresAtMs, claims } = await entra.createTokens().getToken();
    assert.equal(serialOf({ token }), 1);
    assert.deepEqual([claims.applicationId, claims.roles], [CLIENT_ID, ['Vulnerability.Read.All']]);
    assert.ok(Math.abs(expiresAtMs - Date.now() - 3_600_000) < 60_000);
    assert.deepEqual(
      entra.server.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`),
      [`POST ${TOKEN_PATH}`],
    );
    const { grant_type, client_id, client_secret, scope } = form(entra.server.requests[0]?.body);
    assert.deepEqual(
      [grant_type, client_id, client_secret, scope],
      ['client_credentials', CLIENT_ID, 'S3CRET', 'https://api.securitycenter.microsoft.com/.default'],
    );
    assert.equal(entra.server.requests[0]?.headers['user-agent'], 'test/1');
  });

  it('proves itself with a certificate, by an assertion that its key has signed', async () => {
    const { certificate, privateKey } = mintCertificate('gateway');
    const pemPath = join(folder, 'client.pem');
    await writeFile(pemPath, privateKey + certificate);
    await using entra = await createEntraFixture();
    await entra.createTokens({ credential: { kind: 'certificate', pemPath } }).getToken();
    const { client_assertion, client_assertion_type } = form(entra.server.requests[0]?.body);
    assert.equal(client_assertion_type, 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    const [head = '', payload = '', signature = ''] = (client_assertion ?? '').split('.');
    const header = JSON.parse(Buffer.from(head, 'base64url').toString());
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    const x509 = new X509Certificate(certificate);
    assert.deepEqual(
      [header.alg, header['x5t#S256']],
      ['PS256', createHash('sha256').update(x509.raw).digest('base64url')],
    );
    assert.deepEqual(
      [claims.iss, claims.sub, claims.aud],
      [CLIENT_ID, CLIENT_ID, `${entra.server.url}${TOKEN_PATH}`],
    );
    const verify = createVerify('sha256').update(`${head}.${payload}`);
    assert.ok(verify.verify({ key: x509.publicKey, padding: 6 }, signature, 'base64url'));
  });

  it('uses a certificate that was renewed on disk without a restart', async () => {
    const pemPath = join(folder, 'renewed.pem');
    const thumbprints: unknown[] = [];
    await using entra = await createEntraFixture();
    const tokens = entra.createTokens({ credential: { kind: 'certificate', pemPath } });
    for (const name of ['old', 'new']) {
      const minted = mintCertificate(name);
      await writeFile(pemPath, minted.certificate + minted.privateKey);
      await tokens.getToken({ forceRenewal: true });
      const head = form(entra.server.requests.at(-1)?.body).client_assertion?.split('.')[0] ?? '';
      thumbprints.push(JSON.parse(Buffer.from(head, 'base64url').toString())['x5t#S256']);
    }
    assert.notEqual(thumbprints[0], thumbprints[1]);
  });

  it('reads the federated token anew for each request', async () => {
    const tokenFile = join(folder, 'federated');
    await using entra = await createEntraFixture();
    const tokens = entra.createTokens({ credential: { kind: 'federated', tokenFile } });
    for (const assertion of ['first.token', 'second.token']) {
      await writeFile(tokenFile, ` ${assertion}\n`);
      await tokens.getToken({ forceRenewal: true });
      assert.equal(form(entra.server.requests.at(-1)?.body).client_assertion, assertion);
    }
  });

  it('merges callers into one request, and reuses its token', async () => {
    await using entra = await createEntraFixture();
    const tokens = entra.createTokens();
    const all = await Promise.all([tokens.getToken(), tokens.getToken(), tokens.getToken()]);
    assert.deepEqual([...all, await tokens.getToken()].map(serialOf), [1, 1, 1, 1]);
    assert.equal(entra.server.requests.length, 1);
  });

  it('renews when told to, once for all who ask, and never beside another request', async () => {
    let open = 0;
    let most = 0;
    const issue = issueTokens();
    await using entra = await createEntraFixture(async (request, response) => {
      open += 1;
      most = Math.max(most, open);
      await new Promise((resolve) => setImmediate(resolve));
      open -= 1;
      return issue(request, response);
    });
    const tokens = entra.createTokens();
    const [first, second, third] = await Promise.all([
      tokens.getToken(),
      tokens.getToken({ forceRenewal: true }),
      tokens.getToken({ forceRenewal: true }),
    ]);
    assert.deepEqual(
      [first, second, third].map((token) => token && serialOf(token)),
      [1, 2, 2],
    );
    assert.deepEqual([entra.server.requests.length, most], [2, 1]);
  });

  it('shares its cache with a later token source, and writes only what changed', async () => {
    await using entra = await createEntraFixture();
    const cache = createMemoryStore();
    const first = entra.createTokens({ cache });
    await first.getToken();
    await first.getToken();
    assert.equal(cache.saves, 1);
    assert.equal(serialOf(await entra.createTokens({ cache }).getToken()), 1);
    assert.equal(entra.server.requests.length, 1);
  });

  it('takes a store that fails for a miss, and says so without quoting it', async () => {
    await using entra = await createEntraFixture();
    const failing = {
      load: () => Promise.reject(new Error('TOP SECRET')),
      save: () => Promise.reject(new Error('TOP SECRET')),
    };
    assert.equal(serialOf(await entra.createTokens({ cache: failing }).getToken()), 1);
    const garbage = { load: async () => '{TOP SECRET', save: async () => {} };
    assert.equal(serialOf(await entra.createTokens({ cache: garbage }).getToken()), 2);
    const warnings = entra.log.lines.filter(({ level }) => level === 'warn').map(({ message }) => message);
    assert.ok(warnings.includes('token cache could not be read, asking for a new token'));
    assert.ok(warnings.includes('token cache could not be written, the token is kept in memory'));
    assert.doesNotMatch(JSON.stringify(entra.log.lines), /TOP SECRET/);
  });

  it('never logs a token or a secret', async () => {
    await using entra = await createEntraFixture();
    const { token } = await entra.createTokens().getToken();
    const logged = JSON.stringify(entra.log.lines);
    assert.ok(logged.includes('Vulnerability.Read.All'));
    assert.ok(!logged.includes(token) && !logged.includes('S3CRET'));
  });

  it('tries again after a 503 and a broken connection', async () => {
    const cut: Answer = (_request, response) => void response.destroy();
    await using entra = await createEntraFixture(inTurn(reply(503, '<html>'), cut, issueTokens()));
    assert.equal(serialOf(await entra.createTokens().getToken()), 1);
    assert.equal(entra.server.requests.length, 3);
  });

  it('keeps away after a 429 for as long as it was told, then asks again', async () => {
    await using entra = await createEntraFixture(
      inTurn(reply(429, '{}', { 'retry-after': '90' }), issueTokens()),
    );
    const tokens = entra.createTokens();
    const first = await rejectionOf(tokens.getToken());
    assert.deepEqual(
      [first.code, first.retryAtMs, first.message],
      [
        'UPSTREAM_SIGN_IN_THROTTLED',
        Date.UTC(2026, 0, 1, 0, 1, 30),
        'Entra ID is throttling this application; it may be asked again at 2026-01-01T00:01:30.000Z.',
      ],
    );
    assert.equal((await rejectionOf(tokens.getToken())).code, 'UPSTREAM_SIGN_IN_THROTTLED');
    assert.equal(entra.server.requests.length, 1);
    await entra.clock.advance(90_000);
    assert.equal(serialOf(await tokens.getToken()), 1);
  });

  const missing: Credential = { kind: 'federated', tokenFile: '/nowhere/token' };
  for (const { name, answer, credential, code, retryable = false, calls = 1, message } of [
    {
      name: 'a wrong secret',
      answer: refuseToken(401, 'invalid_client', 7000215),
      code: 'UPSTREAM_CREDENTIAL_REJECTED',
      message:
        'Entra ID rejected the credential (invalid_client, AADSTS7000215). Check AZURE_CLIENT_SECRET: it must be the value of a secret of this application, not its id.',
    },
    {
      name: 'an expired secret',
      answer: refuseToken(401, 'invalid_client', 7000222),
      code: 'UPSTREAM_CREDENTIAL_REJECTED',
      message:
        'Entra ID says that the client secret has expired (invalid_client, AADSTS7000222). Create a new one and put its value into AZURE_CLIENT_SECRET.',
    },
    {
      name: 'an unknown application',
      answer: refuseToken(400, 'unauthorized_client', 700016),
      code: 'UPSTREAM_CREDENTIAL_REJECTED',
      message:
        'Entra ID does not know the application in this tenant (unauthorized_client, AADSTS700016). Check AZURE_CLIENT_ID and AZURE_TENANT_ID.',
    },
    {
      name: 'a disabled application',
      answer: refuseToken(400, 'unauthorized_client', 7000112),
      code: 'UPSTREAM_CREDENTIAL_REJECTED',
      message:
        'Entra ID says that the application is disabled (unauthorized_client, AADSTS7000112). Enable its service principal in the tenant.',
    },
    {
      name: 'an application that may not sign in',
      answer: refuseToken(400, 'unauthorized_client', 1),
      code: 'UPSTREAM_CREDENTIAL_REJECTED',
      message:
        'Entra ID does not let this application sign in (unauthorized_client, AADSTS1). Check AZURE_CLIENT_ID and AZURE_TENANT_ID, and that the application is enabled.',
    },
    {
      name: 'an unknown tenant',
      answer: refuseToken(400, 'invalid_request', 90002),
      code: 'UPSTREAM_TENANT_NOT_FOUND',
      message:
        'Entra ID does not know the tenant (invalid_request, AADSTS90002). Check AZURE_TENANT_ID, and AZURE_AUTHORITY_HOST for a sovereign cloud.',
    },
    {
      name: 'a bad scope',
      answer: refuseToken(400, 'invalid_scope', 70011),
      code: 'UPSTREAM_SCOPE_REJECTED',
      message:
        'Entra ID rejected the scope (invalid_scope, AADSTS70011). Check DEFENDER_SCOPE: it must name an API that exists in this tenant and cloud, and end in /.default.',
    },
    {
      name: 'an unknown resource',
      answer: refuseToken(400, 'invalid_resource', 500011),
      code: 'UPSTREAM_SCOPE_REJECTED',
      message:
        'Entra ID rejected the scope (invalid_resource, AADSTS500011). Check DEFENDER_SCOPE: it must name an API that exists in this tenant and cloud, and end in /.default.',
    },
    {
      name: 'a passing failure',
      answer: refuseToken(400, 'temporarily_unavailable', 90033),
      code: 'UPSTREAM_SIGN_IN_UNAVAILABLE',
      retryable: true,
      calls: 4,
      message:
        'Entra ID failed with status 400 (temporarily_unavailable). Nothing to do here; it is tried again later.',
    },
    {
      name: 'a passing failure that only its number names',
      answer: refuseToken(400, 'invalid_request', 90033),
      code: 'UPSTREAM_SIGN_IN_UNAVAILABLE',
      retryable: true,
      calls: 4,
      message: 'Entra ID failed with status 400 (AADSTS90033). Nothing to do here; it is tried again later.',
    },
    {
      name: 'a malformed tenant',
      answer: refuseToken(400, 'invalid_request', 900023),
      code: 'UPSTREAM_TENANT_NOT_FOUND',
      message:
        'Entra ID does not know the tenant (invalid_request, AADSTS900023). Check AZURE_TENANT_ID, and AZURE_AUTHORITY_HOST for a sovereign cloud.',
    },
    {
      name: 'a scope without /.default',
      answer: refuseToken(400, 'invalid_scope', 1002012),
      code: 'UPSTREAM_SCOPE_REJECTED',
      message:
        'Entra ID rejected the scope (invalid_scope, AADSTS1002012). Check DEFENDER_SCOPE: it must name an API that exists in this tenant and cloud, and end in /.default.',
    },
    {
      name: 'a clock that is wrong',
      answer: refuseToken(401, 'invalid_client', 700024),
      code: 'UPSTREAM_CREDENTIAL_REJECTED',
      message:
        'Entra ID says that the assertion is not valid at this time (invalid_client, AADSTS700024). Check the clock of this machine; of a federated token also whether AZURE_FEDERATED_TOKEN_FILE is renewed.',
    },
    {
      name: 'an assertion that is not valid',
      answer: refuseToken(400, 'invalid_grant', 50013),
      code: 'UPSTREAM_TOKEN_FAILED',
      message:
        'Entra ID asks for an interaction or consent (invalid_grant, AADSTS50013). Have an administrator consent to the permission, then sign in again.',
    },
    {
      name: 'a second factor',
      answer: refuseToken(400, 'interaction_required', 50076),
      code: 'UPSTREAM_TOKEN_FAILED',
      message:
        'Entra ID asks for an interaction or consent (interaction_required, AADSTS50076). Have an administrator consent to the permission, then sign in again.',
    },
    {
      name: 'an answer of more than a token can have',
      answer: reply(200, `{"access_token":"${'x'.repeat(3_000_000)}"}`),
      code: 'UPSTREAM_INVALID_RESPONSE',
      message:
        'Entra ID answered 200 with more than 1048576 bytes. Check AZURE_AUTHORITY_HOST, and whether a proxy answers in its place.',
    },
    {
      name: 'missing consent',
      answer: refuseToken(400, 'invalid_grant', 65001),
      code: 'UPSTREAM_TOKEN_FAILED',
      message:
        'Entra ID asks for an interaction or consent (invalid_grant, AADSTS65001). Have an administrator consent to the permission, then sign in again.',
    },
    {
      name: 'an error that nobody knows',
      answer: refuseToken(400, 'strange', 4),
      code: 'UPSTREAM_TOKEN_FAILED',
      message:
        'Entra ID gave no token (strange, AADSTS4). Check AZURE_CLIENT_SECRET, AZURE_CLIENT_ID and AZURE_TENANT_ID.',
    },
    {
      name: 'an HTML page',
      answer: reply(200, '<html>'),
      code: 'UPSTREAM_INVALID_RESPONSE',
      message:
        'Entra ID answered 200 with something that is not JSON. Check AZURE_AUTHORITY_HOST, and whether a proxy answers in its place.',
    },
    {
      name: 'a 502 that stays',
      answer: reply(502, '<html>'),
      code: 'UPSTREAM_SIGN_IN_UNAVAILABLE',
      retryable: true,
      calls: 4,
      message: 'Entra ID failed with status 502. Nothing to do here; it is tried again later.',
    },
    {
      name: 'a token file that is missing',
      answer: issueTokens(),
      credential: missing,
      code: 'CONFIGURATION_INVALID',
      calls: 0,
      message:
        'AZURE_FEDERATED_TOKEN_FILE must name a file that can be read, but reading /nowhere/token failed: ENOENT.',
    },
    {
      name: 'a certificate file that is missing',
      answer: issueTokens(),
      credential: { kind: 'certificate', pemPath: '/nowhere/pem' } as const,
      code: 'CONFIGURATION_INVALID',
      calls: 0,
      message:
        'AZURE_CLIENT_CERTIFICATE_PATH must name a file that can be read, but reading /nowhere/pem failed: ENOENT.',
    },
  ] as const satisfies readonly {
    name: string;
    answer: Answer;
    credential?: Credential;
    code: string;
    retryable?: boolean;
    calls?: number;
    message: string;
  }[]) {
    it(`says what to do about ${name}`, async () => {
      await using entra = await createEntraFixture(answer);
      const error = await rejectionOf(
        entra.createTokens(credential === undefined ? {} : { credential }).getToken(),
      );
      assert.deepEqual([error.code, error.retryable, error.message], [code, retryable, message]);
      assert.equal(entra.server.requests.length, calls);
    });
  }

  it('asks anew for each token that lives for five minutes or less, and once for each', async () => {
    let serial = 0;
    await using entra = await createEntraFixture((request, response) => {
      serial += 1;
      const token = { token_type: 'Bearer', expires_in: 299, access_token: toJwt({ serial }) };
      return replyJson(200, token)(request, response);
    });
    const tokens = entra.createTokens();
    assert.deepEqual([serialOf(await tokens.getToken()), serialOf(await tokens.getToken())], [1, 2]);
    assert.equal(entra.server.requests.length, 2);
  });

  it('takes a token however wrong the clock of Entra ID or of this machine is', async () => {
    const skewed = issueTokens({ iat: 4_000_000_000, nbf: 4_000_000_000, exp: 4_000_003_600 });
    await using entra = await createEntraFixture(skewed);
    const tokens = entra.createTokens();
    assert.deepEqual([serialOf(await tokens.getToken()), serialOf(await tokens.getToken())], [1, 1]);
  });

  it('gives up on an Entra ID that does not answer, as often as one policy allows', async () => {
    await using entra = await createEntraFixture(() => {});
    const error = await rejectionOf(entra.createTokens({ headersTimeoutMs: 50 }).getToken());
    assert.deepEqual(
      [error.code, error.retryable, error.message, entra.server.requests.length],
      ['UPSTREAM_TIMEOUT', true, 'Entra ID did not answer in time (UND_ERR_HEADERS_TIMEOUT).', 4],
    );
  });

  it('lets no Retry-After beside a refusal make the library answer in place of Entra ID', async () => {
    const headers = { 'content-type': 'application/json', 'retry-after': '3600' };
    const refusal = JSON.stringify({ error: 'unauthorized_client', error_codes: [700016] });
    await using entra = await createEntraFixture(inTurn(reply(400, refusal, headers), issueTokens()));
    const tokens = entra.createTokens();
    assert.equal((await rejectionOf(tokens.getToken())).code, 'UPSTREAM_CREDENTIAL_REJECTED');
    assert.equal(serialOf(await tokens.getToken()), 1);
    assert.equal(entra.server.requests.length, 2);
  });

  it('says what to do about a rejected certificate and federated token', async () => {
    const { certificate, privateKey } = mintCertificate('rejected');
    const pemPath = join(folder, 'rejected.pem');
    const tokenFile = join(folder, 'rejected.jwt');
    await writeFile(pemPath, certificate + privateKey);
    await writeFile(tokenFile, 'x.y.z');
    await using entra = await createEntraFixture(refuseToken(401, 'invalid_client', 700027));
    assert.equal(
      (await rejectionOf(entra.createTokens({ credential: { kind: 'certificate', pemPath } }).getToken()))
        .message,
      'Entra ID rejected the credential (invalid_client, AADSTS700027). Upload the certificate in AZURE_CLIENT_CERTIFICATE_PATH to this application, and check that it has not expired.',
    );
    assert.equal(
      (await rejectionOf(entra.createTokens({ credential: { kind: 'federated', tokenFile } }).getToken()))
        .message,
      'Entra ID rejected the credential (invalid_client, AADSTS700027). Add a federated credential to this application whose issuer, subject and audience are those of the token in AZURE_FEDERATED_TOKEN_FILE.',
    );
  });

  it('lets one caller leave without taking the token from the others', async () => {
    const stop = new AbortController();
    const issue = issueTokens();
    await using entra = await createEntraFixture((request, response) => {
      stop.abort(new Error('stopped'));
      setImmediate(() => issue(request, response));
    });
    const tokens = entra.createTokens();
    const [left, stayed] = await Promise.allSettled([
      tokens.getToken({ signal: stop.signal }),
      tokens.getToken(),
    ]);
    assert.deepEqual(
      [left.status, left.status === 'rejected' && left.reason.message],
      ['rejected', 'stopped'],
    );
    assert.equal(stayed.status === 'fulfilled' && serialOf(stayed.value), 1);
  });

  it('gives a request up once nobody waits for it, and serves the next caller', {
    timeout: 10_000,
  }, async () => {
    const stop = new AbortController();
    const hang: Answer = () => stop.abort(new Error('stopped'));
    await using entra = await createEntraFixture(inTurn(hang, issueTokens()));
    const tokens = entra.createTokens();
    assert.equal((await rejectionOf(tokens.getToken({ signal: stop.signal }))).message, 'stopped');
    assert.equal(serialOf(await tokens.getToken()), 1);
    assert.equal(entra.server.requests.length, 2);
  });
});

describe('sign-in by device code', () => {
  const user = { uid: 'u', utid: TENANT_ID };
  const delegated = (scopes: string) =>
    replyJson(200, {
      token_type: 'Bearer',
      scope: 'https://api.securitycenter.microsoft.com/Vulnerability.Read',
      expires_in: 3_600,
      access_token: toJwt({ upn: 'ada@contoso.com', scp: scopes, serial: 1 }),
      refresh_token: 'R',
      id_token: toJwt({ sub: 's', oid: 'u', tid: TENANT_ID, aud: CLIENT_ID, iss: 'x' }),
      client_info: Buffer.from(JSON.stringify(user)).toString('base64url'),
    });
  const code = replyJson(200, {
    user_code: 'ABCD',
    device_code: 'D',
    verification_uri: 'https://microsoft.com/devicelogin',
    expires_in: 900,
    interval: 0,
    message: 'Go there and enter ABCD.',
  });

  it('prompts, polls until the user is done, and says what the snapshot will hold', async () => {
    const token = inTurn(refuseToken(400, 'authorization_pending', 70016), delegated('Vulnerability.Read'));
    await using entra = await createEntraFixture((request, response) =>
      (request.path.endsWith('/devicecode') ? code : token)(request, response),
    );
    const tokens = entra.createTokens({ credential: { kind: 'deviceCode' } });
    const { claims } = await tokens.getToken();
    assert.deepEqual([claims.userName, claims.roles], ['ada@contoso.com', ['Vulnerability.Read']]);
    assert.deepEqual(entra.prompts, [
      {
        verificationUrl: 'https://microsoft.com/devicelogin',
        userCode: 'ABCD',
        message: 'Go there and enter ABCD.',
        expiresInSeconds: 900,
      },
    ]);
    assert.match(
      form(entra.server.requests[0]?.body).scope ?? '',
      /^https:\/\/api\.securitycenter\.microsoft\.com\/Vulnerability\.Read( |$)/,
    );
    assert.ok(
      entra.log.messages.includes(
        'signed in as a user: the snapshot holds only the devices that this user may see',
      ),
    );
    await tokens.getToken();
    assert.deepEqual([entra.prompts.length, entra.server.requests.length], [1, 3]);
  });

  it('stops polling with its signal', async () => {
    const stop = new AbortController();
    await using entra = await createEntraFixture((request, response) => {
      if (request.path.endsWith('/devicecode')) return code(request, response);
      stop.abort(new Error('stopped'));
      return refuseToken(400, 'authorization_pending', 70016)(request, response);
    });
    const tokens = entra.createTokens({ credential: { kind: 'deviceCode' } });
    assert.equal((await rejectionOf(tokens.getToken({ signal: stop.signal }))).message, 'stopped');
  });
});
