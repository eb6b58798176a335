import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { GatewayError } from '../../../src/core/errors.ts';
import { type CheckStep, checkConnection } from '../../../src/defender/connection-check.ts';
import { createEndpointFixture } from '../../support/defender-endpoints.ts';
import { createFakeTokens, neverAborted } from '../../support/defender-fixtures.ts';
import { type Answer, reply, replyJson } from '../../support/upstream-server.ts';

const FILE = gzipSync('{}');
const GENERATED = '2026-11-23T06:00:00Z';

async function check(
  options: {
    page?: Answer;
    listing?: Answer;
    file?: Answer;
    roles?: readonly string[];
    tokenFailure?: GatewayError;
  } = {},
): Promise<CheckStep[]> {
  await using fixture = await createEndpointFixture(
    (received, response) => {
      const path = new URL(received.path, 'http://x').pathname;
      if (path.endsWith('ByMachine'))
        return (options.page ?? replyJson(200, { value: [{}] }))(received, response);
      if (path.endsWith('Export')) {
        const listed = {
          exportFiles: [`http://${received.headers.host}/part-0.json.gz?sig=x`],
          generatedTime: GENERATED,
        };
        return (options.listing ?? replyJson(200, listed))(received, response);
      }
      return (options.file ?? reply(206, FILE, { 'content-range': `bytes 0-1023/4096` }))(received, response);
    },
    { maximumRetries: 0 },
  );
  const tokens = createFakeTokens(options.roles);
  const failing = { getToken: () => Promise.reject(options.tokenFailure) };
  const steps: CheckStep[] = [];
  for await (const step of checkConnection({
    ...fixture,
    tokens: options.tokenFailure === undefined ? tokens : failing,
    countCalls: () => ({ ...fixture.budget.calls }),
    requiredRole: 'Vulnerability.Read.All',
    signal: neverAborted(),
  })) {
    steps.push({ ...step, message: step.message.replaceAll(fixture.server.host, 'HOST') });
  }
  return steps;
}

const none = { EXPORT: 0, PAGED: 0 };
const token = {
  name: 'TOKEN',
  ok: true,
  code: null,
  message: 'Entra ID gave a token for gateway, with Vulnerability.Read.All.',
  callsUsed: none,
};
const paged = {
  name: 'PAGED',
  ok: true,
  code: null,
  message: 'The paged endpoint answered with one record.',
  callsUsed: { EXPORT: 0, PAGED: 1 },
};
const listing = {
  name: 'EXPORT',
  ok: true,
  code: null,
  message: 'The export lists 1 file, generated at 2026-11-23T06:00:00.000Z.',
  callsUsed: { EXPORT: 1, PAGED: 0 },
};
const file = {
  name: 'FILE',
  ok: true,
  code: null,
  message: 'The blob host HOST answers; the first file is gzip of 4096 bytes.',
  callsUsed: none,
};

describe('connection check', () => {
  it('passes all four steps and counts the calls of each', async () => {
    assert.deepEqual(await check(), [token, paged, listing, file]);
  });

  it('stops when there is no token', async () => {
    const tokenFailure = new GatewayError('UPSTREAM_CREDENTIAL_REJECTED', 'Check AZURE_CLIENT_SECRET.');
    assert.deepEqual(await check({ tokenFailure }), [
      {
        name: 'TOKEN',
        ok: false,
        code: 'UPSTREAM_CREDENTIAL_REJECTED',
        message: 'Check AZURE_CLIENT_SECRET.',
        callsUsed: none,
      },
    ]);
  });

  it('says which role the token lacks, and still tries the rest', async () => {
    const steps = await check({ roles: ['Machine.Read.All'] });
    assert.deepEqual(steps[0], {
      name: 'TOKEN',
      ok: false,
      code: 'UPSTREAM_ROLE_MISSING',
      message:
        'Entra ID gave a token for gateway, with Machine.Read.All, but without Vulnerability.Read.All. Grant the permission Vulnerability.Read.All of the API WindowsDefenderATP and give admin consent; a managed identity needs an app role assignment instead.',
      callsUsed: none,
    });
    assert.equal(steps.length, 4);
    assert.match((await check({ roles: [] }))[0]?.message ?? '', /, with no role, but without /);
  });

  it('goes on to the export when the paged endpoint fails', async () => {
    const steps = await check({ page: reply(500) });
    assert.deepEqual(
      steps.map(({ name, ok, code }) => [name, ok, code]),
      [
        ['TOKEN', true, null],
        ['PAGED', false, 'UPSTREAM_UNAVAILABLE'],
        ['EXPORT', true, null],
        ['FILE', true, null],
      ],
    );
    assert.deepEqual(steps[1]?.callsUsed, { EXPORT: 0, PAGED: 1 });
  });

  it('has no file to read when the listing fails', async () => {
    const steps = await check({ listing: reply(404) });
    assert.deepEqual(
      steps.map(({ name, ok }) => [name, ok]),
      [
        ['TOKEN', true],
        ['PAGED', true],
        ['EXPORT', false],
      ],
    );
  });

  it('takes an empty tenant for one without a licence', async () => {
    const steps = await check({
      page: replyJson(200, { value: [] }),
      listing: replyJson(200, { exportFiles: [] }),
    });
    const advice =
      'If the tenant has Windows devices, check that they are licensed for Microsoft Defender Vulnerability Management.';
    assert.deepEqual(
      steps.slice(1).map(({ ok, code, message }) => [ok, code, message]),
      [
        [false, 'UPSTREAM_LICENSE_MISSING', `The paged endpoint answered without any record. ${advice}`],
        [false, 'UPSTREAM_LICENSE_MISSING', `The export lists no file. ${advice}`],
      ],
    );
  });

  it('tells a file that is still being copied, one that is refused and one that is plain', async () => {
    const pending = await check({ file: reply(200, '', { 'x-ms-copy-status': 'pending' }) });
    assert.deepEqual(
      [pending[3]?.ok, pending[3]?.message],
      [true, 'The blob host HOST answers; the first file is still being copied to its place.'],
    );
    assert.equal((await check({ file: reply(403) }))[3]?.code, 'UPSTREAM_FILE_FORBIDDEN');
    const plain = await check({ file: (_request, response) => void response.end('{}') });
    assert.equal(plain[3]?.message, 'The blob host HOST answers; the first file is plain text of 2 bytes.');
  });
});
