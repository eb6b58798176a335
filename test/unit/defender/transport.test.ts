import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { request } from 'undici';
import { createUpstreamDispatcher, toUserAgent } from '../../../src/defender/transport.ts';
import { rejectionOf } from '../../support/defender-fixtures.ts';
import { mintCertificate } from '../../support/minted-certificate.ts';
import { reply, startUpstream } from '../../support/upstream-server.ts';

const listen = (server: Server) =>
  new Promise<number>((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );

describe('dispatcher', () => {
  const { certificate, privateKey } = mintCertificate('127.0.0.1', ['127.0.0.1']);
  const target = createTlsServer({ key: privateKey, cert: certificate }, (_request, response) =>
    response.end('over tls'),
  );
  const connects: { readonly to: string; readonly authorization: string | undefined }[] = [];
  const proxy = createHttpServer().on('connect', (incoming, socket) => {
    connects.push({ to: incoming.url ?? '', authorization: incoming.headers['proxy-authorization'] });
    if (incoming.headers['proxy-authorization'] === undefined) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host = '', port = ''] = (incoming.url ?? '').split(':');
    const tunnel = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy());
    socket.on('error', () => tunnel.destroy());
  });
  let targetUrl = '';
  let proxyHost = '';
  let folder = '';

  before(async () => {
    targetUrl = `https://127.0.0.1:${await listen(target)}/`;
    proxyHost = `127.0.0.1:${await listen(proxy)}`;
    folder = await mkdtemp(join(tmpdir(), 'transport-'));
    await writeFile(join(folder, 'ca.pem'), certificate);
  });
  after(async () => {
    target.close();
    proxy.close();
    await rm(folder, { recursive: true });
  });

  /** Fetches the TLS target in a process of its own, since Node reads NODE_EXTRA_CA_CERTS once at its start. */
  async function fetchElsewhere(settings: object, environment: Record<string, string>): Promise<string> {
    const script = `
      import { request } from 'undici';
      import { createUpstreamDispatcher } from './src/defender/transport.ts';
      const dispatcher = createUpstreamDispatcher({ proxy: ${JSON.stringify(settings)} });
      const answer = await request(${JSON.stringify(targetUrl)}, { dispatcher }).then(
        async ({ body }) => body.text(),
        (error) => error.code ?? error.message,
      );
      console.log(answer);
      await dispatcher.destroy();
    `;
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--input-type=module', '--eval', script],
      {
        cwd: new URL('../../../', import.meta.url),
        env: environment,
      },
    );
    return stdout.trim();
  }

  it('trusts the authorities in NODE_EXTRA_CA_CERTS, and no others', async () => {
    assert.equal(await fetchElsewhere({}, {}), 'DEPTH_ZERO_SELF_SIGNED_CERT');
    assert.equal(await fetchElsewhere({}, { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') }), 'over tls');
  });

  it('tunnels https through the proxy with its password, private authorities included', async () => {
    connects.length = 0;
    const environment = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
    assert.equal(
      await fetchElsewhere({ httpsProxy: `http://ada:p%40ss@${proxyHost}` }, environment),
      'over tls',
    );
    assert.deepEqual(connects, [
      { to: new URL(targetUrl).host, authorization: `Basic ${Buffer.from('ada:p@ss').toString('base64')}` },
    ]);
  });

  it('goes past the proxy for hosts in NO_PROXY', async () => {
    connects.length = 0;
    const environment = { NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem') };
    assert.equal(
      await fetchElsewhere(
        { httpsProxy: `http://ada:x@${proxyHost}`, noProxy: 'contoso.com,127.0.0.1' },
        environment,
      ),
      'over tls',
    );
    assert.deepEqual(connects, []);
  });

  it('takes proxies from its settings alone, not from the environment', async () => {
    connects.length = 0;
    const environment = {
      NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
      HTTPS_PROXY: `http://ada:x@${proxyHost}`,
      https_proxy: `http://ada:x@${proxyHost}`,
    };
    assert.equal(await fetchElsewhere({}, environment), 'over tls');
    assert.deepEqual(connects, []);
  });

  it('fails when the proxy refuses', async () => {
    const dispatcher = createUpstreamDispatcher({ proxy: { httpsProxy: `http://${proxyHost}` } });
    assert.match((await rejectionOf(request(targetUrl, { dispatcher }))).message, /^Proxy response \(407\)/);
    await dispatcher.destroy();
  });

  it('never sends http to this machine through the proxy', async () => {
    await using server = await startUpstream(reply(200, 'direct'));
    const dispatcher = createUpstreamDispatcher({ proxy: { httpsProxy: `http://${proxyHost}` } });
    assert.equal(await (await request(server.url, { dispatcher })).body.text(), 'direct');
    await dispatcher.destroy();
  });

  it('gives up on a server that does not answer, and on one that stops in the middle', async () => {
    const dispatcher = createUpstreamDispatcher({ proxy: {}, timeouts: { headersMs: 50, bodyMs: 50 } });
    await using silent = await startUpstream(() => {});
    assert.equal((await rejectionOf(request(silent.url, { dispatcher }))).code, 'UND_ERR_HEADERS_TIMEOUT');
    await using halting = await startUpstream(
      (_request, response) => void response.writeHead(200).write('x'),
    );
    const { body } = await request(halting.url, { dispatcher });
    assert.equal((await rejectionOf(body.text())).code, 'UND_ERR_BODY_TIMEOUT');
    await dispatcher.destroy();
  });

  it('uses connections again', async () => {
    const ports = new Set<number | undefined>();
    await using server = await startUpstream((_request, response) => {
      ports.add(response.socket?.remotePort);
      response.end('x');
    });
    const dispatcher = createUpstreamDispatcher({ proxy: {} });
    for (let call = 0; call < 20; call += 1) await (await request(server.url, { dispatcher })).body.text();
    // A second one may open when a request comes before the first is seen to be free.
    assert.ok(ports.size < 20, String(ports.size));
    await dispatcher.destroy();
  });

  it('names itself with its version', () =>
    assert.equal(toUserAgent('1.2.3'), 'defender-certificate-gateway/1.2.3'));
});
