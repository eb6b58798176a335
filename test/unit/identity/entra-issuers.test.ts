import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isEntraHost, toEntraIssuers, toEntraKeysUrl } from '../../../src/identity/entra-issuers.ts';

const TENANT = '5e1f7a3c-2b4d-4c6e-8f90-a1b2c3d4e5f6';

describe('the issuers of a tenant', () => {
  const clouds: readonly [authorityHost: string, issuers: readonly string[]][] = [
    [
      'https://login.microsoftonline.com',
      [`https://login.microsoftonline.com/${TENANT}/v2.0`, `https://sts.windows.net/${TENANT}/`],
    ],
    [
      'https://login.microsoftonline.us',
      [`https://login.microsoftonline.us/${TENANT}/v2.0`, `https://sts.windows.net/${TENANT}/`],
    ],
    [
      'https://login.partner.microsoftonline.cn',
      [`https://login.partner.microsoftonline.cn/${TENANT}/v2.0`, `https://sts.chinacloudapi.cn/${TENANT}/`],
    ],
    [
      'http://127.0.0.1:4100',
      [
        `https://login.microsoftonline.com/${TENANT}/v2.0`,
        `https://sts.windows.net/${TENANT}/`,
        `http://127.0.0.1:4100/${TENANT}/v2.0`,
      ],
    ],
  ];
  for (const [authorityHost, issuers] of clouds) {
    it(`by ${authorityHost} are those of its cloud, in both versions`, () => {
      assert.deepEqual(toEntraIssuers(authorityHost, TENANT), issuers);
    });
  }

  it('publish their keys under the authority', () => {
    assert.equal(
      toEntraKeysUrl('http://127.0.0.1:4100', TENANT),
      `http://127.0.0.1:4100/${TENANT}/discovery/v2.0/keys`,
    );
  });

  it('are known by their host, and by no name that looks like it', () => {
    assert.equal(isEntraHost('https://sts.windows.net/x/'), true);
    assert.equal(isEntraHost('https://login.microsoftonline.com.example.com/x/v2.0'), false);
    assert.equal(isEntraHost('no URL'), false);
  });
});
