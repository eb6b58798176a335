/** The simulated Defender endpoints over real HTTP: pages, listings, quotas, and every refusal. */

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, it } from 'node:test';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { readWireRecord } from '../unit/simulator/wire-reader.ts';

const START = Date.UTC(2026, 10, 23, 9, 30);
const SMALL: SimulatorOptions = { devices: 20, recordsPerDevice: 12, startAt: START };
const PAGED = '/api/machines/certificateAssessmentByMachine';
const EXPORT = '/api/machines/certificateAssessmentExport';
const SCOPE = 'https://api.securitycenter.microsoft.com/.default';

interface Page {
  readonly '@odata.context': string;
  readonly value: readonly Record<string, unknown>[];
  readonly '@odata.nextLink'?: string;
}

interface ApiError {
  readonly error: { readonly code: string; readonly message: string; readonly target: string };
}

async function signIn(simulator: Simulator, scope = SCOPE): Promise<Record<string, string>> {
  const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET } = simulator.environment;
  const response = await fetch(`${simulator.url}/${AZURE_TENANT_ID}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: AZURE_CLIENT_ID!,
      client_secret: AZURE_CLIENT_SECRET!,
      scope,
    }),
  });
  const { access_token } = (await response.json()) as { access_token: string };
  return { authorization: `Bearer ${access_token}` };
}

async function getJson<Body>(url: string, headers: Record<string, string>): Promise<Body> {
  const response = await fetch(url, { headers });
  assert.equal(response.status, 200, `${url} answers ${response.status}`);
  return (await response.json()) as Body;
}

async function walk(url: string, headers: Record<string, string>): Promise<Page[]> {
  const pages: Page[] = [];
  for (let next: string | undefined = url; next !== undefined; next = pages.at(-1)!['@odata.nextLink']) {
    pages.push(await getJson<Page>(next, headers));
  }
  return pages;
}

function toWire(pages: readonly Page[]): unknown[] {
  return pages.flatMap(({ value }) => value.map((record) => readWireRecord(JSON.stringify(record))));
}

describe('simulated record pages', () => {
  it('hand out every record once, in pages of the size asked for', async () => {
    await using simulator = await createSimulator({ ...SMALL, quirks: 'all' });
    const pages = await walk(`${simulator.url}${PAGED}?pageSize=17`, await signIn(simulator));
    const truth = [...simulator.records()];
    assert.ok(pages.slice(0, -1).every(({ value }) => value.length === 17));
    assert.equal(pages.length, Math.ceil(truth.length / 17));
    assert.deepEqual(toWire(pages), truth);
    assert.match(pages[0]!['@odata.context'], /^http:\/\/127\.0\.0\.1:\d+\/api\/\$metadata#Collection\(/);
  });

  it('have no next link when one page holds all', async () => {
    await using simulator = await createSimulator(SMALL);
    const headers = await signIn(simulator);
    const { length } = [...simulator.records()];
    for (const query of ['', `?pageSize=${length}`, `?pagesize=${length + 1}`]) {
      const page = await getJson<Page>(simulator.url + PAGED + query, headers);
      assert.deepEqual([page.value.length, '@odata.nextLink' in page], [length, false]);
    }
  });

  it('have no next link under $top', async () => {
    await using simulator = await createSimulator(SMALL);
    const page = await getJson<Page>(`${simulator.url}${PAGED}?$top=3&pageSize=2`, await signIn(simulator));
    assert.deepEqual([page.value.length, '@odata.nextLink' in page], [3, false]);
  });

  it('stay with the export on which a walk began', async () => {
    await using simulator = await createSimulator({ ...SMALL, devices: 60 });
    const headers = await signIn(simulator);
    const truth = [...simulator.records()];
    const first = await getJson<Page>(`${simulator.url}${PAGED}?pageSize=100`, headers);
    simulator.advance(60 * 86_400_000);
    const rest = await walk(first['@odata.nextLink']!, await signIn(simulator));
    assert.deepEqual(toWire([first, ...rest]), truth);
    const fresh = await walk(simulator.url + PAGED, await signIn(simulator));
    assert.notDeepEqual(toWire(fresh), truth);
    assert.deepEqual(toWire(fresh), [...simulator.records()]);
  });

  for (const spelling of ['legacy', 'current', 'pascal'] as const) {
    it(`speak the ${spelling} spelling when told to`, async () => {
      await using simulator = await createSimulator({ ...SMALL, spelling: { paged: spelling } });
      const [record] = (await getJson<Page>(`${simulator.url}${PAGED}?$top=1`, await signIn(simulator)))
        .value;
      const column = { legacy: 'keyLength', current: 'keySize', pascal: 'KeySize' }[spelling];
      assert.ok(column in record!, Object.keys(record!).join());
      assert.equal('isSelfSigned' in record!, spelling === 'legacy');
    });
  }

  it('are compressed for a client that accepts it', async () => {
    await using simulator = await createSimulator(SMALL);
    const headers = await signIn(simulator);
    const getEncoding = (acceptEncoding: string): Promise<string | undefined> =>
      new Promise((resolve, reject) => {
        request(
          simulator.url + PAGED,
          { headers: { ...headers, 'accept-encoding': acceptEncoding } },
          (response) => {
            response.resume();
            resolve(response.headers['content-encoding']);
          },
        )
          .on('error', reject)
          .end();
      });
    assert.equal(await getEncoding('gzip, deflate'), 'gzip');
    assert.equal(await getEncoding('identity'), undefined);
  });

  it('refuse parameters out of range, and an altered or extended next link', async () => {
    await using simulator = await createSimulator(SMALL);
    const headers = await signIn(simulator);
    const next = (await getJson<Page>(`${simulator.url}${PAGED}?pageSize=5`, headers))['@odata.nextLink']!;
    for (const [url, code] of [
      [`${simulator.url}${PAGED}?pageSize=0`, 'InvalidInput'],
      [`${simulator.url}${PAGED}?pageSize=200001`, 'InvalidInput'],
      [`${simulator.url}${PAGED}?pageSize=ten`, 'InvalidInput'],
      [`${simulator.url}${PAGED}?$top=-1`, 'ODataError'],
      [`${next}x`, 'InvalidInput'],
      [`${next}&$top=1`, 'ODataError'],
      [`${next}&$skip=1`, 'ODataError'],
    ] as const) {
      const response = await fetch(url, { headers });
      const { error } = (await response.json()) as ApiError;
      assert.deepEqual([response.status, error.code], [400, code], url);
      assert.match(error.target, /^[0-9a-f-]{36}$/);
    }
  });
});

describe('simulated file listing', () => {
  interface Listing {
    readonly exportFiles: readonly string[];
    readonly generatedTime: string;
  }

  it('names the files by group and part, with the time of the export', async () => {
    await using simulator = await createSimulator({ ...SMALL, recordsPerFile: 30 });
    const listing = await getJson<Listing>(simulator.url + EXPORT, await signIn(simulator));
    assert.equal(listing.generatedTime, '2026-11-23T09:30:00Z');
    for (const file of listing.exportFiles) {
      assert.match(
        new URL(file).pathname,
        /^\/temp-[0-9a-f-]{36}\/2026-11-23\/0930\/CertificateAssessmentExport\/json\/OrgId=[0-9a-f-]{36}\/_RbacGroupId=\d+\/part-0000\d-[0-9a-f-]{36}\.c000\.json\.gz$/,
      );
    }
    assert.ok(listing.exportFiles.some((file) => file.includes('/part-00001-')));
  });

  it('serves the newest export under a new container at each call', async () => {
    await using simulator = await createSimulator(SMALL);
    const first = await getJson<Listing>(simulator.url + EXPORT, await signIn(simulator));
    const second = await getJson<Listing>(simulator.url + EXPORT, await signIn(simulator));
    assert.equal(second.generatedTime, first.generatedTime);
    assert.notEqual(new URL(second.exportFiles[0]!).pathname, new URL(first.exportFiles[0]!).pathname);
    simulator.advance(6 * 3_600_000 + 60_000);
    const third = await getJson<Listing>(simulator.url + EXPORT, await signIn(simulator));
    assert.equal(third.generatedTime, '2026-11-23T15:30:00Z');
  });

  it('is empty for a tenant without devices', async () => {
    await using simulator = await createSimulator({ ...SMALL, devices: 0 });
    const headers = await signIn(simulator);
    assert.deepEqual((await getJson<Listing>(simulator.url + EXPORT, headers)).exportFiles, []);
    assert.deepEqual((await getJson<Page>(simulator.url + PAGED, headers)).value, []);
  });

  it('takes 1 to 24 hours of validity, with or without a dollar sign', async () => {
    await using simulator = await createSimulator({ ...SMALL, now: () => 0 });
    const headers = await signIn(simulator);
    for (const [query, hours] of [
      ['', 3],
      ['?sasValidHours=24', 24],
      ['?$sasValidHours=1', 1],
    ] as const) {
      const [file] = (await getJson<Listing>(simulator.url + EXPORT + query, headers)).exportFiles;
      assert.equal(Date.parse(new URL(file!).searchParams.get('se')!), START + hours * 3_600_000);
    }
    for (const hours of ['0', '25', '1.5', 'x']) {
      const response = await fetch(`${simulator.url}${EXPORT}?sasValidHours=${hours}`, { headers });
      if (response.status !== 429) assert.equal(response.status, 400);
    }
  });
});

describe('simulated user', () => {
  it('sees the devices of some groups only, in pages and in files', async () => {
    await using simulator = await createSimulator({
      ...SMALL,
      devices: 60,
      userGroups: [0, 20],
      deviceCodePolls: 0,
    });
    const base = `${simulator.url}/${simulator.environment.AZURE_TENANT_ID}/oauth2/v2.0`;
    const client_id = simulator.environment.AZURE_CLIENT_ID!;
    const ask = async (path: string, form: Record<string, string>): Promise<Record<string, string>> =>
      (await (
        await fetch(base + path, { method: 'POST', body: new URLSearchParams(form) })
      ).json()) as Record<string, string>;
    const { device_code } = await ask('/devicecode', { client_id, scope: SCOPE });
    const grant_type = 'urn:ietf:params:oauth:grant-type:device_code';
    const { access_token } = await ask('/token', { grant_type, client_id, device_code: device_code! });
    const headers = { authorization: `Bearer ${access_token}` };
    const seen = [...simulator.records()].filter(({ rbacGroupId }) => ['0', '20'].includes(rbacGroupId));
    assert.ok(seen.length > 0 && seen.length < [...simulator.records()].length);
    assert.deepEqual(toWire(await walk(`${simulator.url}${PAGED}?pageSize=9`, headers)), seen);
    const { exportFiles } = await getJson<{ exportFiles: string[] }>(simulator.url + EXPORT, headers);
    assert.deepEqual(
      exportFiles.map((file) => /_RbacGroupId=(\d+)/.exec(file)![1]),
      ['0', '20'],
    );
  });
});

describe('simulated refusals', () => {
  const get = async (simulator: Simulator, path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(simulator.url + path, { headers });
    return { status: response.status, headers: response.headers, body: (await response.json()) as ApiError };
  };

  it('401: no token, a broken one, an expired one', async () => {
    let machine = START;
    await using simulator = await createSimulator({ ...SMALL, now: () => machine });
    const headers = await signIn(simulator);
    const expect = async (sent: Record<string, string>, reason: string): Promise<void> => {
      const { status, body, headers: received } = await get(simulator, PAGED, sent);
      assert.equal(status, 401);
      assert.equal(body.error.code, 'Unauthorized');
      assert.equal(body.error.message, `Unauthorized request - reason of failure: ${reason}`);
      assert.match(received.get('www-authenticate')!, /^Bearer /);
    };
    await expect({}, 'No bearer token');
    await expect({ authorization: 'Basic abc' }, 'Invalid token');
    await expect({ authorization: `${headers.authorization!.slice(0, -4)}AAAA` }, 'Invalid token');
    machine += 3_598_000;
    assert.equal((await get(simulator, `${PAGED}?$top=1`, headers)).status, 200);
    machine += 2_000;
    await expect(headers, 'Token is expired');
    assert.equal((await get(simulator, `${PAGED}?$top=1`, await signIn(simulator))).status, 200);
  });

  it('401: no licence, which a new token does not cure', async () => {
    await using simulator = await createSimulator({ ...SMALL, licensed: false });
    for (const path of [PAGED, EXPORT]) {
      const { status, body } = await get(simulator, path, await signIn(simulator));
      assert.equal(status, 401);
      assert.equal(body.error.message, 'Unauthorized request - reason of failure: No Tvm license');
    }
    simulator.change({ licensed: true });
    assert.equal((await get(simulator, PAGED, await signIn(simulator))).status, 200);
  });

  it('403: a role is missing, until it is granted and the token renewed', async () => {
    await using simulator = await createSimulator({
      ...SMALL,
      roles: ['Machine.Read.All', 'Alert.Read.All'],
    });
    const old = await signIn(simulator);
    const { status, body } = await get(simulator, EXPORT, old);
    assert.deepEqual([status, body.error.code], [403, 'Forbidden']);
    assert.equal(
      body.error.message,
      'Missing application roles. API required roles: Vulnerability.Read.All, application roles: Machine.Read.All,Alert.Read.All.',
    );
    simulator.change({ roles: ['Vulnerability.Read.All'] });
    assert.equal((await get(simulator, EXPORT, old)).status, 403);
    assert.equal((await get(simulator, EXPORT, await signIn(simulator))).status, 200);
  });

  it('403: the token is for another API', async () => {
    await using simulator = await createSimulator(SMALL);
    const headers = await signIn(simulator, 'https://graph.microsoft.com/.default');
    const { status, body } = await get(simulator, PAGED, headers);
    assert.deepEqual([status, body.error.code], [403, 'Forbidden']);
    assert.match(body.error.message, /audience .* https:\/\/graph\.microsoft\.com/);
    assert.equal(
      (await get(simulator, PAGED, await signIn(simulator, 'https://api.security.microsoft.com/.default')))
        .status,
      200,
    );
  });

  it('404 for what is not there, 405 for what is not GET', async () => {
    await using simulator = await createSimulator(SMALL);
    assert.equal((await get(simulator, '/api/CertificateInventories')).body.error.code, 'ResourceNotFound');
    const response = await fetch(simulator.url + PAGED, { method: 'POST', body: '{}' });
    assert.equal(response.status, 405);
  });

  for (const [path, perMinute, perHour] of [
    [PAGED, 30, 1000],
    [EXPORT, 5, 20],
  ] as const) {
    it(`429: more than ${perMinute} calls of ${path} a minute, more than ${perHour} an hour`, async () => {
      let machine = START;
      await using simulator = await createSimulator({
        ...SMALL,
        devices: 1,
        now: () => machine,
        tokenLifetimeSeconds: 86_400,
      });
      const headers = await signIn(simulator);
      const drain = async (): Promise<number> => {
        for (let granted = 0; ; granted++) {
          const { status, headers: received, body } = await get(simulator, `${path}?$top=1`, headers);
          if (status === 200) continue;
          assert.deepEqual([status, body.error.code], [429, 'TooManyRequests']);
          assert.ok(Number(received.get('retry-after')) >= 1);
          return granted;
        }
      };
      assert.equal(await drain(), perMinute);
      let total = perMinute;
      while (total < perHour) {
        machine += 60_000;
        total += await drain();
      }
      assert.equal(total, perHour);
      machine += 60_000;
      const { headers: received } = await get(simulator, path, headers);
      const waitSeconds = Number(received.get('retry-after'));
      machine += (waitSeconds - 1) * 1000;
      assert.equal((await get(simulator, path, headers)).status, 429);
      machine += 1000;
      assert.equal((await get(simulator, path, headers)).status, 200);
    });
  }

  it('takes other quotas', async () => {
    await using simulator = await createSimulator({
      ...SMALL,
      limits: { export: { perMinute: 1, perHour: 9 } },
    });
    const headers = await signIn(simulator);
    assert.equal((await get(simulator, EXPORT, headers)).status, 200);
    assert.equal((await get(simulator, EXPORT, headers)).status, 429);
    simulator.advance(60_000);
    assert.equal((await get(simulator, EXPORT, headers)).status, 200);
  });

  it('writes every call down, without secrets', async () => {
    await using simulator = await createSimulator(SMALL);
    const headers = await signIn(simulator);
    const { exportFiles } = await getJson<{ exportFiles: string[] }>(simulator.url + EXPORT, headers);
    await (await fetch(exportFiles[0]!)).arrayBuffer();
    await get(simulator, '/nowhere');
    assert.deepEqual(
      simulator.calls.map(({ endpoint, method, status }) => `${method} ${endpoint} ${status}`),
      ['POST token 200', 'GET export 200', 'GET blob 200', 'GET unknown 404'],
    );
    const signature = new URL(exportFiles[0]!).searchParams.get('sig')!;
    assert.ok(!JSON.stringify(simulator.calls).includes(encodeURIComponent(signature)));
  });
});
