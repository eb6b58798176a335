import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readTokenClaims } from '../../../src/defender/access-token.ts';
import { toJwt } from '../../support/entra-fixture.ts';

const NOTHING = {
  applicationName: null,
  applicationId: null,
  objectId: null,
  userName: null,
  tenantId: null,
  audience: null,
  roles: [],
};

describe('claims of an access token', () => {
  it('name the application and its roles', () => {
    assert.deepEqual(
      readTokenClaims(
        toJwt({ appid: 'a', app_displayname: 'Gateway', oid: 'o', tid: 't', aud: 'x', roles: ['A', 'B', 5] }),
      ),
      {
        applicationName: 'Gateway',
        applicationId: 'a',
        objectId: 'o',
        userName: null,
        tenantId: 't',
        audience: 'x',
        roles: ['A', 'B'],
      },
    );
  });

  it('name the user and the scopes', () => {
    assert.deepEqual(
      readTokenClaims(toJwt({ azp: 'a', upn: 'ada@contoso.com', scp: 'Vulnerability.Read openid' })),
      {
        ...NOTHING,
        applicationId: 'a',
        userName: 'ada@contoso.com',
        roles: ['Vulnerability.Read', 'openid'],
      },
    );
  });

  it('are unknown in a token of another form', () => {
    for (const token of ['', 'opaque', 'a.b.c', `x.${Buffer.from('5').toString('base64url')}.y`]) {
      assert.deepEqual(readTokenClaims(token), NOTHING);
    }
  });
});
