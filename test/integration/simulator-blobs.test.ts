/** The simulated blob store and its faults over real HTTP: files equal the truth, ranges, tags, expiry, breaks. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { SimulatorOptions } from '../../src/simulator/options.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import { createApiErrorReply } from '../../src/simulator/tenant/api-errors.ts';
import type { FaultRule } from '../../src/simulator/tenant/faults.ts';
import { createOAuthErrorReply } from '../../src/simulator/tenant/oauth-errors.ts';
import { readWireRecord } from '../unit/simulator/wire-reader.ts';

const START = Date.UTC(2026, 10, 23, 9, 30);
const SMALL: SimulatorOptions = { devices: 30, recordsPerDevice: 20, startAt: START };

async function list(
  simulator: Simulator,
  query = '',
): Promise<{ files: string[]; headers: Record<string, string> }> {
  const { AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET } = simulator.environment;
  const response = await fetch(`${simulator.url}/${AZURE_TENANT_ID}/oauth2/v2.0/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: AZURE_CLIENT_ID!,
      client_secret: AZURE_CLIENT_SECRET!,
      scope: 'https://api.securitycenter.microsoft.com/.default',
    }),
  });
  const { access_token } = (await response.json()) as { access_token: string };
  const headers = { authorization: `Bearer ${access_token}` };
  const listing = await fetch(`${simulator.url}/api/machines/certificateAssessmentExport${query}`, {
    headers,
  });
  const { exportFiles } = (await listing.json()) as { exportFiles: string[] };
  return { files: exportFiles, headers };
}

async function download(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  return {
    status: response.status,
    headers: response.headers,
    body: Buffer.from(await response.arrayBuffer()),
  };
}

async function readRecords(files: readonly string[]): Promise<unknown[]> {
  const records: unknown[] = [];
  for (const file of files) {
    const lines = gunzipSync((await download(file)).body)
      .toString()
      .split('\n');
    assert.equal(lines.pop(), '', 'the last line ends');
    records.push(...lines.map(readWireRecord));
  }
  return records;
}

describe('simulated export files', () => {
  for (const quirks of ['realistic', 'all'] as const) {
    it(`hold exactly the records that are true (quirks: ${quirks})`, async () => {
      await using simulator = await createSimulator({ ...SMALL, quirks, recordsPerFile: 100 });
      const { files } = await list(simulator);
      assert.deepEqual(await readRecords(files), [...simulator.records()]);
    });
  }

  it('hold the same records as those of another simulator with the same options', async () => {
    await using first = await createSimulator(SMALL);
    await using second = await createSimulator({ ...SMALL, recordsPerFile: 50, startAt: START + 3_600_000 });
    const records = await readRecords((await list(first)).files);
    assert.deepEqual(await readRecords((await list(second)).files), records);
  });

  it('stay as they were while time goes on', async () => {
    await using simulator = await createSimulator(SMALL);
    const truth = [...simulator.records()];
    const { files } = await list(simulator, '?sasValidHours=24');
    simulator.advance(20 * 3_600_000);
    assert.deepEqual(await readRecords(files), truth);
  });

  it('are raw gzip with a length, a tag and a checksum', async () => {
    await using simulator = await createSimulator(SMALL);
    const { files } = await list(simulator);
    const { status, headers, body } = await download(files[0]!);
    assert.equal(status, 200);
    assert.equal(headers.get('content-type'), 'application/octet-stream');
    assert.equal(headers.get('content-encoding'), null);
    assert.equal(headers.get('content-length'), String(body.byteLength));
    assert.equal(headers.get('accept-ranges'), 'bytes');
    assert.equal(headers.get('content-md5'), createHash('md5').update(body).digest('base64'));
    assert.match(headers.get('etag')!, /^"0x[0-9A-F]+"$/);
    const head = await fetch(files[0]!, { method: 'HEAD' });
    assert.deepEqual(
      [head.status, head.headers.get('content-length'), head.headers.get('etag')],
      [200, String(body.byteLength), headers.get('etag')],
    );
  });

  it('are served in ranges', async () => {
    await using simulator = await createSimulator(SMALL);
    const { files } = await list(simulator);
    const whole = (await download(files[0]!)).body;
    const size = whole.byteLength;
    for (const [range, start, end] of [
      ['bytes=0-9', 0, 9],
      ['bytes=100-', 100, size - 1],
      [`bytes=10-${size + 1000}`, 10, size - 1],
      [`bytes=${size - 1}-`, size - 1, size - 1],
    ] as const) {
      const { status, headers, body } = await download(files[0]!, { range });
      assert.equal(status, 206);
      assert.equal(headers.get('content-range'), `bytes ${start}-${end}/${size}`);
      assert.deepEqual(body, whole.subarray(start, end + 1));
    }
    const beyond = await download(files[0]!, { range: `bytes=${size}-` });
    assert.equal(beyond.status, 416);
    assert.match(beyond.body.toString(), /<Code>InvalidRange<\/Code>/);
    assert.equal(beyond.headers.get('content-range'), `bytes */${size}`);
    assert.equal((await download(files[0]!, { range: 'bytes=-5' })).status, 200, 'a suffix range is ignored');
  });

  it('are served only as long as their tag matches', async () => {
    await using simulator = await createSimulator(SMALL);
    const { files } = await list(simulator);
    const etag = (await download(files[0]!)).headers.get('etag')!;
    assert.equal((await download(files[0]!, { range: 'bytes=5-', 'if-match': etag })).status, 206);
    assert.equal((await download(files[0]!, { 'if-none-match': etag })).status, 304);
    const { status, body } = await download(files[0]!, { range: 'bytes=5-', 'if-match': '"0x0"' });
    assert.equal(status, 412);
    assert.match(body.toString(), /<Code>ConditionNotMet<\/Code>/);
    simulator.advance(7 * 3_600_000);
    const next = (await list(simulator)).files[0]!;
    assert.notEqual((await download(next)).headers.get('etag'), etag);
  });

  it('are closed to an expired, an altered and a missing signature', async () => {
    let machine = START;
    await using simulator = await createSimulator({ ...SMALL, now: () => machine });
    const { files } = await list(simulator, '?sasValidHours=1');
    const expectClosed = async (url: string, detail: RegExp): Promise<void> => {
      const { status, headers, body } = await download(url);
      assert.equal(status, 403);
      assert.equal(headers.get('content-type'), 'application/xml');
      assert.match(body.toString(), /<Code>AuthenticationFailed<\/Code>/);
      assert.match(body.toString(), detail);
    };
    machine += 3_599_000;
    assert.equal((await download(files[0]!)).status, 200);
    machine += 1_000;
    await expectClosed(
      files[0]!,
      /Signature not valid in the specified key time frame: Key start \[.*\] - Key expiry \[/,
    );
    machine -= 1_000;
    await expectClosed(files[0]!.replace('sig=', 'sig=A'), /Signature did not match/);
    await expectClosed(files[0]!.split('?')[0]!, /Signature did not match/);
    await expectClosed(files[0]!.replace('_RbacGroupId=', '_RbacGroupId=1'), /Signature did not match/);
  });

  it('take no bearer token', async () => {
    await using simulator = await createSimulator(SMALL);
    const { files, headers } = await list(simulator);
    const { status, body } = await download(files[0]!, headers);
    assert.equal(status, 400);
    assert.match(body.toString(), /<Code>InvalidAuthenticationInfo<\/Code>/);
  });

  it('leave nothing behind on disk', async () => {
    const getFolders = (): Set<string> =>
      new Set(readdirSync(tmpdir()).filter((name) => name.startsWith('defender-simulator-')));
    const before = getFolders();
    const simulator = await createSimulator(SMALL);
    const prepared = await simulator.prepare();
    assert.equal(prepared.records, [...simulator.records()].length);
    const [own] = [...getFolders().difference(before)].filter(
      (name) => readdirSync(`${tmpdir()}/${name}`).length === prepared.files,
    );
    assert.ok(own !== undefined);
    await simulator[Symbol.asyncDispose]();
    await simulator[Symbol.asyncDispose]();
    assert.ok(!existsSync(`${tmpdir()}/${own}`));
  });

  it('fail to start on a port that is taken', async () => {
    await using simulator = await createSimulator(SMALL);
    await assert.rejects(createSimulator({ ...SMALL, port: Number(new URL(simulator.url).port) }), {
      code: 'EADDRINUSE',
    });
  });
});

describe('simulated faults', () => {
  const withFault = async (rule: FaultRule) => {
    const simulator = await createSimulator(SMALL);
    const { files } = await list(simulator);
    const whole = (await download(files[0]!)).body;
    simulator.fail(rule);
    return { simulator, url: files[0]!, whole };
  };

  it('answer in place of the endpoint, so many times', async () => {
    const { simulator, url, whole } = await withFault({
      endpoint: 'blob',
      times: 2,
      fault: { kind: 'reply', status: 503, headers: { 'retry-after': '7' }, body: '<Error/>' },
    });
    await using _ = simulator;
    for (let call = 0; call < 2; call++) {
      const { status, headers, body } = await download(url);
      assert.deepEqual([status, headers.get('retry-after'), body.toString()], [503, '7', '<Error/>']);
    }
    assert.deepEqual((await download(url)).body, whole);
  });

  it('answer with the own error bodies of the tenant', async () => {
    const { simulator, url } = await withFault({
      endpoint: 'blob',
      fault: { kind: 'reply', ...createApiErrorReply(500, 'InternalServerError', '') },
    });
    await using _ = simulator;
    const { status, body } = await download(url);
    assert.equal(status, 500);
    assert.equal(JSON.parse(body.toString()).error.code, 'InternalServerError');
    simulator.fail({ endpoint: 'blob', fault: { kind: 'reply', ...createOAuthErrorReply(90033, START) } });
    assert.equal(JSON.parse((await download(url)).body.toString()).error, 'temporarily_unavailable');
  });

  it('reset the connection before or within the body', async () => {
    const { simulator, url, whole } = await withFault({ endpoint: 'blob', fault: { kind: 'reset' } });
    await using _ = simulator;
    await assert.rejects(download(url));
    assert.equal(simulator.calls.at(-1)!.status, 0);
    simulator.fail({ endpoint: 'blob', fault: { kind: 'reset', afterBytes: 50 } });
    const response = await fetch(url);
    assert.equal(response.status, 200);
    await assert.rejects(response.arrayBuffer());
    assert.deepEqual((await download(url)).body, whole);
  });

  it('cut a body short without a sign of it', async () => {
    const { simulator, url, whole } = await withFault({
      endpoint: 'blob',
      fault: { kind: 'truncate', afterBytes: 64 },
    });
    await using _ = simulator;
    const { status, headers, body } = await download(url);
    assert.deepEqual([status, headers.get('content-length')], [200, null]);
    assert.deepEqual(body, whole.subarray(0, 64));
  });

  it('leave a connection hanging until the simulator is stopped', async () => {
    const { simulator, url } = await withFault({ endpoint: 'blob', fault: { kind: 'hang', afterBytes: 10 } });
    const response = await fetch(url);
    const reading = assert.rejects(response.arrayBuffer());
    await simulator[Symbol.asyncDispose]();
    await reading;
  });

  it('let a blob be copied first', async () => {
    const { simulator, url, whole } = await withFault({ endpoint: 'blob', fault: { kind: 'copyPending' } });
    await using _ = simulator;
    const { status, headers, body } = await download(url);
    assert.deepEqual([status, body.byteLength, headers.get('x-ms-copy-status')], [200, 0, 'pending']);
    assert.deepEqual((await download(url)).body, whole);
  });

  it("change the endpoint's own answer", async () => {
    const { simulator, url, whole } = await withFault({
      endpoint: 'blob',
      fault: { kind: 'change', change: (reply) => ({ ...reply, body: gunzipSync(reply.body) }) },
    });
    await using _ = simulator;
    const { headers, body } = await download(url);
    assert.deepEqual(body, gunzipSync(whole));
    assert.equal(headers.get('content-length'), String(body.byteLength));
  });

  it('hit the calls that they are for', async () => {
    const { simulator, url } = await withFault({
      endpoint: 'any',
      after: 1,
      when: ({ method }) => method === 'HEAD',
      fault: { kind: 'reply', status: 500 },
    });
    await using _ = simulator;
    const statuses: number[] = [];
    for (const method of ['HEAD', 'GET', 'HEAD', 'HEAD']) {
      const response = await fetch(url, { method });
      await response.arrayBuffer();
      statuses.push(response.status);
    }
    assert.deepEqual(statuses, [200, 200, 500, 200]);
  });

  it('delay an answer, which stays what it is', async () => {
    const { simulator, url, whole } = await withFault({
      endpoint: 'blob',
      fault: { kind: 'delay', delayMs: 1 },
    });
    await using _ = simulator;
    assert.deepEqual((await download(url)).body, whole);
  });
});
