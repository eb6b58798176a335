import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../../../src/config/env.ts';
import { createFaultCollector } from '../../../src/config/faults.ts';
import { parseLimits } from '../../../src/config/limits.ts';
import { createSettingReader } from '../../../src/config/reader.ts';

function parse(environment: Record<string, string>) {
  const faults = createFaultCollector();
  const limits = parseLimits(createSettingReader(readSettings(environment), faults));
  return { limits, variables: faults.faults.map(({ variable }) => variable) };
}

test('reads every limit', () => {
  const { limits, variables } = parse({
    MAXIMUM_COST: '1000000000',
    MAXIMUM_DEPTH: '1',
    MAXIMUM_ALIASES: '0',
    MAXIMUM_DIRECTIVES: '0',
    MAXIMUM_ROOT_FIELDS: '1000',
    MAXIMUM_TOKENS: '20000',
    MAXIMUM_BODY_BYTES: '67108864',
    REQUEST_DEADLINE: '2.5s',
    INTROSPECTION: 'off',
  });
  assert.deepEqual(variables, []);
  assert.deepEqual(limits, {
    maximumCost: 1_000_000_000,
    maximumDepth: 1,
    maximumAliases: 0,
    maximumDirectives: 0,
    maximumRootFields: 1_000,
    maximumTokens: 20_000,
    maximumBodyBytes: 67_108_864,
    requestDeadlineMs: 2_500,
    introspection: false,
  });
});

test('takes 0 for a request without a deadline', () => {
  assert.equal(parse({ REQUEST_DEADLINE: '0' }).limits.requestDeadlineMs, 0);
});

test('names every limit that it cannot keep', () => {
  const environment = {
    MAXIMUM_COST: '0',
    MAXIMUM_DEPTH: '101',
    MAXIMUM_ALIASES: '-1',
    MAXIMUM_DIRECTIVES: '10001',
    MAXIMUM_ROOT_FIELDS: '0',
    MAXIMUM_TOKENS: '20001',
    MAXIMUM_BODY_BYTES: '1023',
    REQUEST_DEADLINE: 'soon',
    INTROSPECTION: 'maybe',
  };
  assert.deepEqual(parse(environment).variables.sort(), Object.keys(environment).sort());
});
