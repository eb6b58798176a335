import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getIntrospectionQuery, parse } from 'graphql';
import { GatewayError } from '../../src/core/errors.ts';
import { DEFAULT_OPERATION_LIMITS } from '../../src/graphql/admission/limits.ts';
import { bareCertificate } from '../support/bare-certificate.ts';
import { createHarness } from '../support/graphql-harness.ts';
import { openRecords } from '../support/inventories.ts';
import { openSmallInventory } from '../support/small-inventory.ts';
import { through } from '../support/told-object.ts';

const LIMIT = DEFAULT_OPERATION_LIMITS.maximumCost;
describe('an operation within its limits', () => {
  it('is cheap when it is an ordinary page, with a relation or two', async () => {
    await using harness = await createHarness();
    for (const [query, most] of [
      ['{ certificates { totalCount nodes { id thumbprint subject { displayName } notAfter } } }', 150],
      ['{ installations { nodes { id path certificate { thumbprint notAfter } device { name } } } }', 300],
      [
        '{ devices { nodes { id name rbacGroup { name } installations(first: 3) { nodes { path } } } } }',
        1_000,
      ],
      [
        '{ certificates(filter: { validity: { expiresWithinDays: 30 }, subject: { commonName: { startsWith: "a" } } }, orderBy: { field: NOT_AFTER }) { totalCount nodes { id notAfter } } }',
        1_000,
      ],
      ['{ devices(filter: { name: { contains: "a" } }) { totalCount nodes { id name } } }', 1_000],
    ] as const) {
      const { extensions } = await harness.run(query);
      const { computed } = extensions!.cost as { computed: number };
      assert.ok(computed <= most, `${computed}: ${query}`);
    }
  });

  it('says what it costs, and is executed', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { errors, extensions, account } = await harness.run(
      '{ certificates(first: 10) { nodes { thumbprint } } }',
    );
    assert.deepEqual(errors, []);
    assert.deepEqual(extensions?.cost, { computed: 13, limit: LIMIT });
    assert.equal(account.cost, 13);
  });

  it('may be what honest clients send: a thousand rows with their relations', async () => {
    await using harness = await createHarness();
    for (const query of [
      '{ installations(first: 1000) { totalCount pageInfo { endCursor } nodes { id path certificate { id thumbprint subject { text } notAfter } device { id deviceId name } } } }',
      '{ certificates(first: 1000) { totalCount edges { cursor node { id thumbprint subject { displayName } notAfter installations { totalCount edges { cursor node { id path device { id deviceId name } } } } } } } }',
      'query ($first: Int = 1000) { devices(first: $first, filter: { installations: { none: { path: { contains: "x" } } } }) { totalCount nodes { name certificates { nodes { id } } } } }',
      '{ devices(first: 1000) { nodes { name installations(first: 5, filter: { storeName: { eq: "My" } }) { totalCount nodes { path } } } } }',
      '{ certificates(first: 1000) { nodes { thumbprint installations(first: 1, orderBy: { field: PATH }) { nodes { path } } } } }',
      getIntrospectionQuery(),
    ]) {
      const { errors, status } = await harness.run(query);
      assert.notEqual(errors[0]?.extensions?.code, 'COST_EXCEEDED', errors[0]?.message);
      assert.notEqual(status, 400);
    }
  });
});

describe('an operation over a limit', () => {
  it('is refused with its cost and the limit, by literals and by variables, and not executed', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    for (const [query, variables] of [
      ['{ certificates(first: 1000) { nodes { installations(first: 1000) { nodes { path } } } } }', {}],
      [
        'query ($n: Int!) { certificates(first: $n) { ...F } } fragment F on CertificateConnection { nodes { installations(last: $n) { nodes { path } } } }',
        { n: 1_000 },
      ],
    ] as const) {
      const { data, errors, status, extensions, account } = await harness.run(query, variables);
      const { computed } = extensions!.cost as { computed: number };
      assert.ok(computed > 1_000_000, `${computed}`);
      assert.deepEqual([data, status, account.rows], [undefined, 400, 0]);
      assert.deepEqual(errors[0]?.extensions, {
        code: 'COST_EXCEEDED',
        rule: `cost at most ${LIMIT}, which is about as many rows`,
        value: computed,
      });
      assert.match(
        errors[0]?.message ?? '',
        new RegExp(`${LIMIT}.*but got: ${computed}\\. Ask for smaller pages`),
      );
    }
  });

  it('is refused when arguments that cannot be read would make too many errors', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const query = `query ($first: Int!, $filter: InstallationFilter = {}) {
      certificates(first: $first) { nodes { installations(filter: { and: [$filter] }) { totalCount } } }
    }`;
    const { data, errors } = await harness.run(query, { first: 5, filter: null });
    assert.deepEqual([data.certificates, errors[0]?.extensions?.code], [null, 'BAD_USER_INPUT']);
    const many = await harness.run(query, { first: 1_000, filter: null });
    assert.deepEqual([many.errors[0]?.extensions?.code, many.status], ['COST_EXCEEDED', 400]);
  });

  it('is refused for its text before it is parsed, each time, whatever else is said', async () => {
    const charged: number[] = [];
    const takeCost = async (cost: number) => void charged.push(cost);
    await using harness = await createHarness({ snapshot: openSmallInventory(), takeCost, bodyBytes: 64 });
    for (const [query, rule, value] of [
      [`${' '.repeat(79_985)}{ __typename ! }`, 'have at most 80000 characters', 80_001],
      [`${'\n'.repeat(5_000)}{ __typename ! }`, 'have at most 5000 lines', 5_001],
      [`${'{ a '.repeat(65)}!`, 'have at most 64 brackets in each other', 65],
    ] as const) {
      for (const operationName of [undefined, 'B']) {
        const { data, errors, status } = await harness.run(query, { a: 1 }, operationName);
        assert.deepEqual([data, status, errors.length], [undefined, 400, 1]);
        assert.deepEqual(errors[0]?.extensions, { code: 'COST_EXCEEDED', rule, value });
      }
    }
    assert.deepEqual(charged, [2, 2, 2, 2, 2, 2]);
    for (const query of [
      `${' '.repeat(79_986)}{ __typename }`,
      `${'\r\n'.repeat(4_999)}{ __typename }`,
      `{ ${'... { '.repeat(63)} __typename ${'}'.repeat(63)} }`,
    ]) {
      assert.deepEqual((await harness.run(query)).data, { __typename: 'Query' });
    }
  });

  it('is admitted at the edge of its cost, and refused one below', async () => {
    const query = '{ certificates(first: 10) { nodes { thumbprint } } }';
    for (const [maximumCost, expected] of [
      [13, []],
      [12, ['COST_EXCEEDED']],
    ] as const) {
      const limits = { ...DEFAULT_OPERATION_LIMITS, maximumCost };
      await using harness = await createHarness({ snapshot: openSmallInventory(), limits });
      const { errors } = await harness.run(query);
      assert.deepEqual(
        errors.map(({ extensions }) => extensions?.code),
        expected,
      );
    }
  });

  it('is refused for its shape before it is validated, each time', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const aliases = Array.from({ length: 101 }, (_, index) => `a${index}: __typename`);
    for (const query of [
      `{ devices { ${aliases.join(' ')} } }`,
      `{ ${'__typename '.repeat(500)} }`,
      `{ ${'nothing '.repeat(500)} }`,
      `{ devices { ${'nodes { certificates { '.repeat(9)}x${' } }'.repeat(9)} } }`,
    ]) {
      for (let time = 0; time < 2; time += 1) {
        const { data, errors, status, extensions } = await harness.run(query);
        assert.deepEqual([data, status, errors.length], [undefined, 400, 1]);
        assert.equal(errors[0]?.extensions?.code, 'COST_EXCEEDED');
        assert.deepEqual(extensions?.cost, { computed: null, limit: LIMIT });
      }
    }
    assert.deepEqual(harness.log.lines, []);
  });
});

describe('extensions.cost', () => {
  it('holds what a long document takes', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const lists = ['"a" '.repeat(900), '"a" '.repeat(995), '"a" '.repeat(999)].map(
      (entries) => `{ nodes(ids: [${entries}]) @skip(if: true) { id } viewer { kind } }`,
    );
    const costs: number[] = [];
    for (const query of lists)
      costs.push(((await harness.run(query)).extensions!.cost as { computed: number }).computed);
    const tokens = lists.map((query) => parse(query).tokenCount!);
    assert.deepEqual(
      costs.map((cost) => cost - costs[0]!),
      tokens.map((count) => Math.ceil(Math.max(0, count - 1_000) / 2)),
    );
    assert.ok(costs[2]! > costs[0]!);
  });

  it('is null of what was never measured', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    for (const [query, variables] of [
      ['{', {}],
      ['{ nothing }', {}],
      ['query ($n: Int!) { devices(first: $n) { totalCount } }', {}],
      ['query ($n: Int!) { devices(first: $n) { totalCount } }', { n: 'x' }],
      ['query A { __typename } query B { __typename }', {}],
    ] as const) {
      const { extensions, status } = await harness.run(query, variables);
      assert.deepEqual([extensions?.cost, status], [{ computed: null, limit: LIMIT }, 400], query);
    }
  });
});

describe('the account of a caller', () => {
  it('is charged once: the cost, or what was read of what is not executed', async () => {
    const charged: number[] = [];
    const takeCost = async (cost: number) => void charged.push(cost);
    await using harness = await createHarness({ snapshot: openSmallInventory(), takeCost });
    await harness.run('{ certificates(first: 10) { nodes { thumbprint } } }');
    await harness.run('{ certificates(first: -1) { nodes { thumbprint } } }');
    await harness.run('{');
    await harness.run('{ nothing }');
    await harness.run(`{ ${'__typename '.repeat(500)} }`);
    await harness.run('query ($n: Int!) { devices(first: $n) { totalCount } }');
    await harness.run(
      '{ certificates(first: 1000) { nodes { installations(first: 1000) { nodes { path } } } } }',
    );
    assert.deepEqual(charged, [13, 2, 1, 2, 252, 11, 13]);
  });

  it('is charged for the bytes of long bodies, as the answer says', async () => {
    const charged: number[] = [];
    const takeCost = async (cost: number) => void charged.push(cost);
    const computed: unknown[] = [];
    for (const bodyBytes of [16_384, 16_385, 262_144]) {
      await using harness = await createHarness({ snapshot: openSmallInventory(), takeCost, bodyBytes });
      const { extensions } = await harness.run('{ certificates(first: 10) { nodes { thumbprint } } }');
      computed.push((extensions!.cost as { computed: number }).computed);
      await harness.run('{');
    }
    assert.deepEqual(computed, [13, 14, 13 + 3_840]);
    assert.deepEqual(charged, [13, 257, 14, 257, 13 + 3_840, 4_097]);
  });

  it('may refuse, later too, and then nothing is executed', async () => {
    const takeCost = async () => {
      await Promise.resolve();
      throw new GatewayError('RATE_LIMITED', 'The caller must wait.');
    };
    await using harness = await createHarness({ snapshot: openSmallInventory(), takeCost });
    const { data, errors, status, account } = await harness.run(
      'mutation { refreshSnapshot { status { id } } }',
    );
    assert.deepEqual([data, status, harness.refreshRequests()], [undefined, 429, 0]);
    assert.equal(errors[0]?.extensions?.code, 'RATE_LIMITED');
    assert.equal(account.cost, 1);
    const { errors: malformed, status: stillBad } = await harness.run('{');
    assert.deepEqual([malformed[0]?.extensions?.code, stillBad], ['GRAPHQL_PARSE_FAILED', 400]);
    assert.deepEqual(harness.log.lines, []);
  });
});

describe('the rows of an answer', () => {
  it('are those given out, not those counted or left on the page', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const rowsOf = async (query: string) => (await harness.run(query)).account.rows;
    const { devices } = await harness.ask('{ devices { totalCount } }');
    assert.equal(await rowsOf('{ devices { totalCount } }'), 0);
    assert.equal(await rowsOf('{ devices { nodes { id } } }'), devices.totalCount);
    assert.equal(await rowsOf('{ devices { edges { cursor } } }'), devices.totalCount);
    assert.equal(await rowsOf(`{ device(deviceId: "${'a1'.repeat(20)}") { id rbacGroup { id } } }`), 2);
    assert.equal(await rowsOf('{ device(deviceId: "nobody") { id } }'), 0);
    assert.equal(
      await rowsOf('{ installations(first: 1) { nodes { device { id } certificate { id } } } }'),
      3,
    );
  });
});

describe('the errors of an answer', () => {
  it('are bounded, whoever makes them, and say how many there were', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const ids = new Array<string>(1_000).fill('malformed');
    const { data, errors } = await harness.run('query ($ids: [ID!]!) { nodes(ids: $ids) { id } }', { ids });
    assert.equal(data.nodes.length, 1_000);
    assert.equal(errors.length, 9);
    assert.deepEqual(errors[8]?.extensions, {
      code: 'BAD_USER_INPUT',
      rule: 'list at most 8 errors',
      value: 992,
    });
    const cop = await harness.run(`query cop { __typename ${'@aa'.repeat(10)} }`);
    assert.notEqual(cop.errors.length, 10);
  });

  it('are those of the first rows where all rows fail, sooner or later, and the others are counted', async () => {
    const records = Array.from({ length: 30 }, (_, index) => ({
      device: { deviceId: `${index}`, name: null, rbacGroupId: null, rbacGroupName: null },
      certificate: bareCertificate(index),
      path: `${index}`,
    }));
    await using harness = await createHarness({ snapshot: openRecords(records) });
    const fields = ['first: -1', 'last: 2000', 'filter: { path: { contains: null } }'];
    const roots = fields.map(
      (given, at) => `a${at}: devices { nodes { installations(${given}) { totalCount } } }`,
    );
    const wrong = await harness.run(`{ ${roots.join(' ')} }`);
    assert.deepEqual(
      wrong.errors.map(({ path }) => path),
      fields.map((_, at) => [`a${at}`, 'nodes', 0, 'installations']),
    );
    const ids = new Array<string>(20).fill('malformed');
    const { errors } = await harness.run(
      'query ($ids: [ID!]!) { nodes(ids: $ids) { id } devices { nodes { certificates(first: -1) { totalCount } } } }',
      { ids },
    );
    assert.deepEqual(
      errors.slice(0, 8).map(({ path }) => path),
      [['devices', 'nodes', 0, 'certificates'], ...Array.from({ length: 7 }, (_, index) => ['nodes', index])],
    );
    assert.deepEqual([errors.length, errors[8]?.extensions?.value], [9, 13]);
  });

  it('are few for a schema that is asked for in circles', async () => {
    await using harness = await createHarness();
    const circle = `{ __schema { types { ${'fields { type { '.repeat(4)}name${' } }'.repeat(4)} } } }`;
    const { data, status } = await harness.run(circle);
    assert.deepEqual([data, status], [undefined, 400]);
  });

  it('are bounded in the log too', async () => {
    const broken = openRecords(
      Array.from({ length: 50 }, (_, index) => ({
        device: { deviceId: `${index}`, name: null, rbacGroupId: null, rbacGroupName: null },
        certificate: bareCertificate(index),
        path: `${index}`,
      })),
    );
    const devices = through(broken.devices, (name) => {
      if (name === 'name') throw new Error('broken');
    });
    const snapshot = new Proxy(
      through(broken, () => undefined),
      {
        get: (target, name) => (name === 'devices' ? devices : Reflect.get(target, name)),
      },
    );
    await using harness = await createHarness({ snapshot });
    const { errors } = await harness.run('{ devices { nodes { name } } }');
    assert.deepEqual([errors.length, harness.log.lines.length], [9, 8]);
    assert.equal(errors[8]?.extensions?.code, 'INTERNAL_SERVER_ERROR');
  });
});

describe('a schema that is told to nobody', () => {
  it('is neither introspected nor hinted at', async () => {
    const limits = { ...DEFAULT_OPERATION_LIMITS, introspection: false };
    await using harness = await createHarness({ snapshot: openSmallInventory(), limits });
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: "Query") { name } }']) {
      const { data, errors, status } = await harness.run(query);
      assert.deepEqual([data, status], [undefined, 400]);
      assert.equal(errors[0]?.extensions?.code, 'GRAPHQL_VALIDATION_FAILED');
    }
    const { errors } = await harness.run(
      '{ certificate(thumbprnt: "x") { id } device { idd } devises { id } }',
    );
    assert.ok(errors.length > 0);
    for (const { message } of errors) assert.doesNotMatch(message, /did you mean/i);
    assert.deepEqual((await harness.run('{ __typename }')).data, { __typename: 'Query' });
  });
});
