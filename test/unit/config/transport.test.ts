import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Config, parseConfig } from '../../../src/config/config.ts';
import { ConfigurationError } from '../../../src/config/faults.ts';

type Environment = Readonly<Record<string, string>>;

const MINIMAL = {
  AZURE_TENANT_ID: '11111111-2222-3333-4444-555555555555',
  AZURE_CLIENT_ID: '66666666-7777-8888-9999-aaaaaaaaaaaa',
  AZURE_CLIENT_SECRET: 'hunter2',
};

const parse = (environment: Environment): Config['http'] => parseConfig({ ...MINIMAL, ...environment }).http;

function faultyVariables(environment: Environment): readonly string[] {
  try {
    parse(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.faults.map(({ variable }) => variable);
  }
  return [];
}

describe('TLS_CERT_PATH and TLS_KEY_PATH', () => {
  it('are both set, or neither', () => {
    assert.equal(parse({}).tls, undefined);
    assert.deepEqual(parse({ TLS_CERT_PATH: '/tls/tls.crt', TLS_KEY_PATH: '/tls/tls.key' }).tls, {
      certPath: '/tls/tls.crt',
      keyPath: '/tls/tls.key',
    });
    for (const half of [{ TLS_CERT_PATH: '/tls/tls.crt' }, { TLS_KEY_PATH: '/tls/tls.key' }]) {
      assert.deepEqual(faultyVariables(half), ['TLS_CERT_PATH and TLS_KEY_PATH']);
    }
  });
});

describe('TRUST_PROXY', () => {
  it('is nobody unless addresses or subnets are named', () => {
    assert.deepEqual(parse({}).trustedProxies, []);
    assert.deepEqual(parse({ TRUST_PROXY: 'none' }).trustedProxies, []);
    assert.deepEqual(parse({ TRUST_PROXY: '10.0.0.7, 10.1.0.0/16,::1,fd00::/8' }).trustedProxies, [
      '10.0.0.7',
      '10.1.0.0/16',
      '::1',
      'fd00::/8',
    ]);
  });

  it('may be addresses and subnets of IPv4 in the form of IPv6', () => {
    for (const TRUST_PROXY of [
      '::ffff:10.0.0.7',
      '::ffff:10.0.0.0/104',
      '::ffff:0:0/97',
      '64:ff9b::/96',
      '::/81',
    ]) {
      assert.deepEqual(parse({ TRUST_PROXY }).trustedProxies, [TRUST_PROXY]);
    }
  });

  it('is never everybody, and no name', () => {
    for (const TRUST_PROXY of [
      'true',
      '0.0.0.0/0',
      '::/0',
      '0.0.0.0/00',
      '10.0.0.7/0',
      '10.0.0.7,::/0',
      '::ffff:0.0.0.0/96',
      '::ffff:0:0/96',
      '::FFFF:10.0.0.7/96',
      '0:0:0:0:0:ffff::/96',
      '::ffff:10.0.0.7/0',
      '::ffff:0:0/95',
      '::ffff:0:0/81',
      '::/80',
      '::/1',
      '0.0.0.0/-0',
      'proxy.example.com',
      '10.0.0.0/33',
      '10.0.0.0/08',
      '::1/129',
      '10.0.0.0/8/8',
      'fe80::1%eth0',
      '10.0.0.7,,none',
      ',',
    ]) {
      assert.deepEqual(faultyVariables({ TRUST_PROXY }), ['TRUST_PROXY'], TRUST_PROXY);
    }
  });
});
