/** No secret reaches the log, the graph or the metrics: at the most talkative level, and with an upstream that echoes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HOUR_MS } from '../../src/core/units.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { BufferedReply } from '../../src/simulator/tenant/faults.ts';
import { createGraphqlClient } from '../support/gateway.ts';
import { startProcess } from '../support/gateway-process.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const CLIENT_SECRET = 'kT8~client+secret/of-this-test';
const PROXY_PASSWORD = 'proxy-password-of-this-test';
const CALLER_TOKEN = 'caller-token-of-this-test';

/** Listens in on what the tenant hands out, and may alter the answers of the export endpoint. */
function eavesdrop(tenant: Simulator) {
  const tokens: string[] = [];
  const signatures: string[] = [];
  let alter: ((listing: string) => Partial<BufferedReply> | undefined) | undefined;
  const listen = (
    endpoint: 'token' | 'export',
    hear: (reply: BufferedReply, text: string) => BufferedReply,
  ) =>
    tenant.fail({
      endpoint,
      times: Number.POSITIVE_INFINITY,
      fault: { kind: 'change', change: (reply) => hear(reply, Buffer.from(reply.body).toString()) },
    });
  listen('token', (reply, text) => {
    const { access_token: token } = JSON.parse(text) as { access_token: string };
    tokens.push(token);
    return reply;
  });
  listen('export', (reply, text) => {
    const { exportFiles } = JSON.parse(text) as { exportFiles: string[] };
    for (const file of exportFiles) signatures.push(/[?&]sig=([^&]+)/.exec(file)![1]!);
    const altered = alter?.(text);
    alter = undefined;
    return { ...reply, ...altered };
  });
  return {
    tokens,
    signatures,
    alterNext: (change: typeof alter) => {
      alter = change;
    },
  };
}

test('a run with every kind of fault leaves no secret anywhere', async (t) => {
  await using tenant = await createSimulator({
    devices: 6,
    recordsPerDevice: 10,
    recordsPerFile: 20,
    seed: 91,
    clientSecret: CLIENT_SECRET,
    tokenLifetimeSeconds: 86_400,
  });
  // Something between the gateway and Entra ID that sends back what it was sent.
  tenant.fail({
    endpoint: 'token',
    fault: {
      kind: 'reply',
      status: 401,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        error: 'invalid_client',
        error_description: `Refused: grant_type=client_credentials&client_secret=${encodeURIComponent(CLIENT_SECRET)}`,
        error_codes: [7000215],
      }),
    },
  });
  const heard = eavesdrop(tenant);
  await using gateway = startProcess([], {
    ...tenant.environment,
    DATA_DIR: createTemporaryFolder(t),
    PORT: '0',
    LOG_LEVEL: 'trace',
    REFRESH_SOURCE: 'export',
    REFRESH_INTERVAL: '0',
    REFRESH_COOLDOWN: '0',
    HTTPS_PROXY: `http://somebody:${PROXY_PASSWORD}@127.0.0.1:9`,
    NO_PROXY: '127.0.0.1',
  });
  const url = await gateway.waitForUrl();
  const client = createGraphqlClient(url);
  const seen: string[] = [];
  let runs = 0;
  const waitForRun = async (outcome: string): Promise<void> => {
    runs += 1;
    await gateway.waitFor(new RegExp(`(?:"event":"refresh_finished".*\\n[^]*?){${runs}}`));
    const { refresh } = await client.ask<{ refresh: { lastRun: { outcome: string } } }>(
      '{ refresh { lastRun { outcome failure { code message } } lastFailure { code message } } snapshot { id } }',
    );
    seen.push(JSON.stringify(refresh));
    assert.equal(refresh.lastRun.outcome, outcome, seen.at(-1));
  };
  const refresh = async (outcome: string): Promise<void> => {
    await client.ask('mutation { refreshSnapshot { __typename } }');
    await waitForRun(outcome);
  };
  await waitForRun('FAILED');
  await refresh('PUBLISHED');

  // A refusal that quotes the address and the token that it was shown.
  heard.alterNext(() => ({
    status: 403,
    body: Buffer.from(
      JSON.stringify({
        error: {
          code: 'Forbidden',
          message: `No: sig=${heard.signatures.at(-1)}, Bearer ${heard.tokens.at(-1)}`,
          target: 'x',
        },
      }),
    ),
  }));
  await refresh('FAILED');

  // Files on a host that is not allowed, under addresses that are signed all the same.
  tenant.advance(7 * HOUR_MS);
  heard.alterNext((listing) => ({
    body: Buffer.from(listing.replaceAll(tenant.url, 'https://files.example.test')),
  }));
  await refresh('FAILED');

  // A download that breaks off and is taken up again.
  tenant.fail({ endpoint: 'blob', fault: { kind: 'reset', afterBytes: 40 } });
  await refresh('PUBLISHED');

  // A blob store that quotes the signature in its refusal.
  tenant.advance(7 * HOUR_MS);
  tenant.fail({
    endpoint: 'blob',
    fault: {
      kind: 'change',
      change: (reply) => ({
        ...reply,
        status: 403,
        headers: { 'content-type': 'application/xml' },
        body: Buffer.from(
          `<?xml version="1.0"?><Error><Code>AuthenticationFailed</Code><Message>?sig=${heard.signatures.at(-1)}</Message></Error>`,
        ),
      }),
    },
  });
  await refresh('FAILED');

  // What callers send.
  await fetch(`${url}/graphql?query=%7Bsnapshot%7Bid%7D%7D&access_token=${CALLER_TOKEN}`, {
    headers: { authorization: `Bearer ${CALLER_TOKEN}`, cookie: `session=${CALLER_TOKEN}` },
  });
  seen.push(await (await fetch(`${url}/metrics`)).text());
  gateway.kill('SIGTERM');
  assert.equal(await gateway.exit, 0);

  const log = gateway.stdout() + gateway.stderr();
  seen.push(log);
  for (const code of [
    'UPSTREAM_FORBIDDEN',
    'UPSTREAM_HOST_REFUSED',
    'UPSTREAM_CONNECTION_LOST',
    'UPSTREAM_FILE_FORBIDDEN',
  ])
    assert.ok(log.includes(code), `${code} was met`);
  assert.ok(log.includes('"level":20'), 'the log is at its most talkative');
  assert.ok(heard.tokens.length > 0 && heard.signatures.length > 10);
  const secrets = [
    CLIENT_SECRET,
    encodeURIComponent(CLIENT_SECRET),
    PROXY_PASSWORD,
    CALLER_TOKEN,
    // Messages are cut: a part of a token is one too many.
    ...heard.tokens.flatMap((token) => [
      token.slice(0, 60),
      token.split('.')[1]!.slice(0, 60),
      token.split('.')[2]!,
    ]),
    ...heard.signatures.flatMap((signature) => [signature, decodeURIComponent(signature)]),
  ];
  for (const text of seen) {
    for (const secret of secrets) {
      assert.ok(!text.includes(secret), `${secret} in: ${findLine(text, secret)}`);
    }
  }
});

function findLine(text: string, part: string): string | undefined {
  return text.split('\n').find((line) => line.includes(part));
}
