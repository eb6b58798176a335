import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseConfig } from '../../../src/config/config.ts';
import { ConfigurationError } from '../../../src/config/faults.ts';

const MINIMAL = {
  AZURE_TENANT_ID: '11111111-2222-3333-4444-555555555555',
  AZURE_CLIENT_ID: '66666666-7777-8888-9999-aaaaaaaaaaaa',
  AZURE_CLIENT_SECRET: 'value',
};

describe('the rates of callers', () => {
  it('let a burst of a hundred requests pass, unless somebody sets them lower', () => {
    assert.ok(parseConfig(MINIMAL).rates.requests >= 100);
  });

  it('are whole numbers, and 0 for no limit', () => {
    const set = { RATE_REQUESTS_PER_MINUTE: '0', RATE_COST_PER_MINUTE: '1000000000' };
    assert.deepEqual(parseConfig({ ...MINIMAL, ...set }).rates, { requests: 0, cost: 1_000_000_000 });
  });

  const COUNTED = {
    AUTH_MODE: 'entra',
    AUTH_TENANT_ID: '11111111-2222-3333-4444-555555555555',
    AUTH_AUDIENCE: 'api://inventory',
    AUTH_POLICY_FILE: '/etc/gateway/policy.json',
  };
  for (const [rate, maximum] of [
    ['199999', undefined],
    [undefined, '2000001'],
    ['1', '2'],
  ] as const) {
    it(`pay for each operation within the limit: RATE_COST_PER_MINUTE=${rate} with MAXIMUM_COST=${maximum} is refused`, () => {
      const set = { RATE_COST_PER_MINUTE: rate, MAXIMUM_COST: maximum };
      assert.throws(
        () => parseConfig({ ...MINIMAL, ...COUNTED, ...set }),
        (error) => {
          assert.ok(error instanceof ConfigurationError, String(error));
          const [fault, ...others] = error.faults;
          assert.deepEqual([fault?.variable, others], ['RATE_COST_PER_MINUTE and MAXIMUM_COST', []]);
          assert.match(fault?.expected ?? '', /at least MAXIMUM_COST, or 0/);
          return true;
        },
      );
      assert.ok(parseConfig({ ...MINIMAL, ...set }).rates, 'where nobody is counted nobody pays');
    });
  }

  it('pay for the dearest operation at once, or have no limit', () => {
    for (const [rate, maximum] of [
      ['50000', '50000'],
      ['0', '1000000000'],
      [undefined, undefined],
    ]) {
      const set = { RATE_COST_PER_MINUTE: rate, MAXIMUM_COST: maximum };
      const { rates, limits } = parseConfig({ ...MINIMAL, ...COUNTED, ...set });
      assert.ok(rates.cost === 0 || rates.cost >= limits.maximumCost);
    }
  });

  for (const [variable, text, expected] of [
    ['RATE_REQUESTS_PER_MINUTE', '-1', 'a whole number from 0 to 1000000'],
    ['RATE_REQUESTS_PER_MINUTE', '1000001', 'a whole number from 0 to 1000000'],
    ['RATE_REQUESTS_PER_MINUTE', '600/min', 'a whole number from 0 to 1000000'],
    ['RATE_COST_PER_MINUTE', '1000000001', 'a whole number from 0 to 1000000000'],
    ['RATE_COST_PER_MINUTE', '0.5', 'a whole number from 0 to 1000000000'],
  ] as const) {
    it(`refuse ${variable}=${text}`, () => {
      assert.throws(
        () => parseConfig({ ...MINIMAL, [variable]: text }),
        (error) =>
          error instanceof ConfigurationError &&
          error.faults.length === 1 &&
          error.faults[0]?.variable === variable &&
          error.faults[0].expected === expected,
      );
    });
  }
});
