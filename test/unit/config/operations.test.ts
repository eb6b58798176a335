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
const MANIFEST = { OPERATIONS_MANIFEST: '/etc/gateway/persisted-documents.json' };

const parse = (environment: Environment): Config => parseConfig({ ...MINIMAL, ...environment });

function faultsOf(environment: Environment): readonly [variable: string, expected: string][] {
  try {
    parse(environment);
  } catch (error) {
    assert.ok(error instanceof ConfigurationError, String(error));
    return error.faults.map(({ variable, expected }) => [variable, expected]);
  }
  return [];
}

describe('OPERATIONS', () => {
  it('is open, with a manifest or without one', () => {
    assert.deepEqual(parse({}).operations, { mode: 'open', manifestPath: undefined });
    assert.deepEqual(parse(MANIFEST).operations, {
      mode: 'open',
      manifestPath: '/etc/gateway/persisted-documents.json',
    });
  });

  it('needs a manifest to log or to enforce', () => {
    for (const OPERATIONS of ['log', 'enforce']) {
      assert.equal(parse({ ...MANIFEST, OPERATIONS }).operations.mode, OPERATIONS);
      assert.deepEqual(faultsOf({ OPERATIONS }), [
        ['OPERATIONS and OPERATIONS_MANIFEST', 'set together: the manifest says which documents are trusted'],
      ]);
    }
  });

  it('is no other word', () => {
    assert.deepEqual(faultsOf({ ...MANIFEST, OPERATIONS: 'strict' }), [
      ['OPERATIONS', 'one of "open", "log", "enforce"'],
    ]);
  });

  it('turns the playground off when it enforces, and is a fault beside one that is asked for', () => {
    const enforce = { ...MANIFEST, OPERATIONS: 'enforce' };
    assert.equal(parse({ ...MANIFEST, OPERATIONS: 'log' }).http.playground, true);
    assert.equal(parse(enforce).http.playground, false);
    assert.equal(parse({ ...enforce, PLAYGROUND: 'off' }).http.playground, false);
    assert.deepEqual(
      faultsOf({ ...enforce, PLAYGROUND: 'on' }).map(([variable]) => variable),
      ['PLAYGROUND and OPERATIONS'],
    );
  });
});
