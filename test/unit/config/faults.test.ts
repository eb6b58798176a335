import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../../src/config/config.ts';
import { ConfigurationError, formatFaults } from '../../../src/config/faults.ts';

function errorOf(environment: Record<string, string>): ConfigurationError {
  try {
    parseConfig(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError);
    return error;
  }
  assert.fail('the settings were accepted');
}

const IDENTITY = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 'top-secret-value' };

describe('formatFaults', () => {
  it('lists each fault with name, expected form and value, then what to do', () => {
    const text = formatFaults(errorOf({ ...IDENTITY, PORT: 'eighty', PLAYGROUND: 'maybe' }));
    assert.equal(
      text,
      [
        'The gateway cannot start: 2 faults in the settings.',
        '',
        '  - PORT must be a whole number from 0 to 65535, but got: "eighty".',
        '  - PLAYGROUND must be one of "on", "off", but got: "maybe".',
        '',
        'What to do: correct these environment variables and start again.',
        'docs/configuration.md describes each of them; `npm run demo` needs none.',
      ].join('\n'),
    );
  });

  it('says of a missing setting that it is absent', () => {
    const text = formatFaults(errorOf({ AZURE_TENANT_ID: 't', AZURE_CLIENT_SECRET: 's' }));
    assert.match(text, /1 fault in the settings/);
    assert.match(text, /AZURE_CLIENT_ID must be the application's \(client\) id, but is absent\./);
  });
});

describe('ConfigurationError', () => {
  it('carries the code that stands for bad settings and is not worth a retry', () => {
    const error = errorOf({});
    assert.equal(error.code, 'CONFIGURATION_INVALID');
    assert.equal(error.retryable, false);
    assert.ok(Object.isFrozen(error.faults));
  });

  for (const [variable, value, shown] of [
    ['CACHE_URL', 'http://user:p@ss/w0rd-hidden@cache.example.com:1', 'http://***@cache.example.com:1'],
    ['CACHE_URL', 'user:w0rd-hidden@cache.example.com', '***@cache.example.com'],
    ['HTTPS_PROXY', 'socks5://user:w0rd-hidden@proxy.example.com', 'socks5://***@proxy.example.com'],
    ['DEFENDER_API_URL', 'https://user:w0rd-hidden@api.example.com', 'https://***@api.example.com'],
    ['DEFENDER_API_URL', 'https://api.example.com/?sig=w0rd-hidden', 'https://api.example.com/?[redacted]'],
  ] as const) {
    it(`masks the password in ${variable}=${shown}`, () => {
      const error = errorOf({ ...IDENTITY, [variable]: value });
      assert.equal(error.faults[0]?.value, JSON.stringify(shown));
      assert.doesNotMatch(`${error.message}${formatFaults(error)}`, /hidden/);
    });
  }

  it('never shows a client secret', () => {
    const error = errorOf({ ...IDENTITY, AZURE_USE_DEVICE_CODE: 'true' });
    assert.doesNotMatch(`${error.message}${JSON.stringify(error.faults)}`, /top-secret/);
  });

  it('bounds a value of any length', () => {
    const error = errorOf({ ...IDENTITY, PORT: '9'.repeat(10_000) });
    assert.ok(error.message.length < 500);
  });
});
