/** TLS_CERT_PATH and TLS_KEY_PATH of a whole gateway, and what it says at start of files that are not what they must be. */

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { join } from 'node:path';
import { test } from 'node:test';
import { createSimulator } from '../../src/simulator/simulator.ts';
import { startGateway } from '../support/gateway.ts';
import { startProcess } from '../support/gateway-process.ts';
import { mintCertificate } from '../support/minted-certificate.ts';
import { createTemporaryFolder } from '../support/temporary-folder.ts';

const own = mintCertificate('localhost', ['127.0.0.1']);

function probe(url: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    get(`${url}/health/live`, { ca: own.certificate, agent: false }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    }).on('error', reject);
  });
}

test('every serving thread speaks HTTPS, and stops in order', async (t) => {
  const folder = createTemporaryFolder(t);
  const files = { TLS_CERT_PATH: join(folder, 'tls.crt'), TLS_KEY_PATH: join(folder, 'tls.key') };
  await writeFile(files.TLS_CERT_PATH, own.certificate);
  await writeFile(files.TLS_KEY_PATH, own.privateKey);
  await using tenant = await createSimulator({ devices: 2, recordsPerDevice: 2 });
  await using gateway = await startGateway({ tenant, settings: { ...files, WORKERS: '2' } });
  assert.match(gateway.url, /^https:/);
  await gateway.firstRun;
  // Connections are dealt out by a hash of their addresses: among so many, both threads have some.
  const answers = await Promise.all(Array.from({ length: 40 }, () => probe(gateway.url)));
  assert.deepEqual(new Set(answers), new Set([200]));
  await gateway.app.stop({ graceMs: 60_000 });
  await assert.rejects(probe(gateway.url), { code: 'ECONNREFUSED' });
});

test('a certificate or a key that cannot be used ends the start: its file is named, and nothing that stands in it', async (t) => {
  const folder = createTemporaryFolder(t);
  const write = async (name: string, text: string) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  const certificate = await write('tls.crt', own.certificate);
  const key = await write('tls.key', own.privateKey);
  const other = await write('other.key', mintCertificate('other').privateKey);
  const { privateKey: encrypted } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'hunter2' },
  });
  const locked = await write('locked.key', encrypted);
  const missing = join(folder, 'missing.key');
  for (const [certPath, keyPath, sentence] of [
    [certificate, missing, `TLS_KEY_PATH must be a file that can be read, but got: "${missing}" (ENOENT).`],
    [key, key, 'TLS_CERT_PATH must be a PEM file with a certificate, but got: '],
    [
      certificate,
      certificate,
      'TLS_KEY_PATH must be a PEM file with a private key without a password, but got: ',
    ],
    [certificate, locked, 'TLS_KEY_PATH must be a PEM file with a private key without a password, but got: '],
    [
      certificate,
      other,
      'TLS_KEY_PATH must be the file of the key of the first certificate in TLS_CERT_PATH, but got: ',
    ],
  ] as const) {
    await using process = startProcess([], {
      AZURE_TENANT_ID: '11111111-2222-3333-4444-555555555555',
      AZURE_CLIENT_ID: '66666666-7777-8888-9999-aaaaaaaaaaaa',
      AZURE_CLIENT_SECRET: 'hunter2',
      DATA_DIR: folder,
      PORT: '0',
      TLS_CERT_PATH: certPath,
      TLS_KEY_PATH: keyPath,
    });
    assert.equal(await process.exit, 78);
    const said = process.stdout() + process.stderr();
    assert.ok(said.includes(sentence), said);
    for (const text of [own.privateKey, own.certificate, encrypted]) {
      assert.equal(said.includes(text.split('\n')[2]!), false);
    }
  }
});
