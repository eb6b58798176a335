import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHostAllowList } from '../../../src/defender/host-allow-list.ts';

describe('host allow-list', () => {
  const list = createHostAllowList([
    'api.contoso.com',
    '*.blob.core.windows.net',
    '127.0.0.1:4321',
    'Proxy.Contoso.com:8443',
    'localhost',
    '',
  ]);
  for (const [url, isAllowed] of [
    ['https://api.contoso.com/x?y', true],
    ['https://API.contoso.com:443/', true],
    ['https://api.contoso.com:8443/', false],
    ['https://evil-api.contoso.com/', false],
    ['https://api.contoso.com.evil.net/', false],
    ['https://api.contoso.com./', false],
    ['https://a.blob.core.windows.net/c/f', true],
    ['https://a.b.blob.core.windows.net/', true],
    ['https://blob.core.windows.net/', false],
    ['https://evilblob.core.windows.net/', false],
    ['https://a.blob.core.windows.net:8080/', false],
    ['https://proxy.contoso.com:8443/', true],
    ['http://127.0.0.1:4321/', true],
    ['http://127.0.0.1:4322/', false],
    ['http://localhost/', true],
    ['http://api.contoso.com/', false],
    ['ftp://api.contoso.com/', false],
    ['file:///etc/passwd', false],
    ['https://user:secret@api.contoso.com/', false],
    ['https://user@api.contoso.com/', false],
  ] as const) {
    it(`${isAllowed ? 'allows' : 'refuses'} ${url}`, () =>
      assert.equal(list.allows(new URL(url)), isAllowed));
  }
});
