import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopbackHost } from '../../../src/core/host.ts';

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
