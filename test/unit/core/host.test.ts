import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopbackAuthority, isLoopbackHost } from '../../../src/core/host.ts';

test('this machine is known by name and address, in any case, with and without brackets', () => {
  for (const host of ['localhost', 'LocalHost', '127.0.0.1', '127.9.9.9', '::1', '[::1]'])
    assert.equal(isLoopbackHost(host), true, host);
});

test('a host that only looks like this machine is another one', () => {
  for (const host of [
    '128.0.0.1',
    '127.0.0.1.evil.example',
    'localhost.evil.example',
    'evil-localhost',
    'evil.example',
    '0.0.0.0',
    '::',
    '[::2]',
    '',
  ])
    assert.equal(isLoopbackHost(host), false, host);
});

test('the Host of a request means this machine by name and address, with any port or none', () => {
  for (const host of [
    'localhost',
    'LOCALHOST',
    'gateway.localhost',
    'a.b.localhost',
    '127.0.0.1',
    '127.9.9.9',
    '[::1]',
  ])
    for (const port of ['', ':', ':80', ':4000', ':65535'])
      assert.equal(isLoopbackAuthority(host + port), true, host + port);
});

test('the Host of a request that a name service has a say in means another one', () => {
  for (const authority of [
    undefined,
    '',
    ':4000',
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    'evil-localhost',
    '.localhost',
    'a..localhost',
    'localhost.',
    '127.0.0.1.evil.example:4000',
    '127.0.0.1:4000.evil.example',
    'evil.example@127.0.0.1',
    'localhost, evil.example',
    ' localhost',
    'localhost:port',
    '10.0.0.1',
    '0.0.0.0:4000',
    '::1',
    '[::2]:4000',
    '[::1].evil.example',
    '[localhost]',
    '[127.0.0.1]',
  ])
    assert.equal(isLoopbackAuthority(authority), false, authority);
});
