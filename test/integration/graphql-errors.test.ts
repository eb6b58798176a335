import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createHarness, IDLE, NOW_MS } from '../support/graphql-harness.ts';
import { openSmallInventory } from '../support/small-inventory.ts';

const SNAPSHOT_MESSAGE =
  'The inventory must have been read once before it can be asked, but no snapshot has been published yet. ' +
  'Follow `refresh` and ask again.';

describe('a fault of the caller', () => {
  it('names argument, rule and value, and leaves the other roots standing', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { data, errors, status } = await harness.run(`{
      certificate(thumbprint: "12 34") { id }
      tooMany: certificates(first: 1001) { totalCount }
      both: devices(first: 1, last: 1) { totalCount }
      negative: certificates(filter: { validity: { expiresWithinDays: -3 } }) { totalCount }
      refresh { phase }
      devices { totalCount }
    }`);
    assert.deepEqual(data, {
      certificate: null,
      tooMany: null,
      both: null,
      negative: null,
      refresh: { phase: 'IDLE' },
      devices: { totalCount: 3 },
    });
    assert.equal(status, undefined);
    assert.deepEqual(
      errors.map(({ message, path, extensions }) => ({ message, path, extensions })),
      [
        {
          message: 'thumbprint must be 40 hexadecimal digits, but got: "12 34".',
          path: ['certificate'],
          extensions: {
            code: 'BAD_USER_INPUT',
            argument: 'thumbprint',
            rule: 'be 40 hexadecimal digits',
            value: '"12 34"',
          },
        },
        {
          message: 'first must be between 0 and 1000, but got: 1001.',
          path: ['tooMany'],
          extensions: {
            code: 'BAD_USER_INPUT',
            argument: 'first',
            rule: 'be between 0 and 1000',
            value: '1001',
          },
        },
        {
          message: 'first must not be given together with last, but got: 1.',
          path: ['both'],
          extensions: {
            code: 'BAD_USER_INPUT',
            argument: 'first',
            rule: 'not be given together with last',
            value: '1',
          },
        },
        {
          message: 'filter.validity.expiresWithinDays must not be negative, but got: -3.',
          path: ['negative'],
          extensions: {
            code: 'BAD_USER_INPUT',
            argument: 'filter.validity.expiresWithinDays',
            rule: 'not be negative',
            value: '-3',
          },
        },
      ],
    );
    assert.deepEqual(harness.log.lines, []);
  });

  it('is none when a thumbprint or a device is well formed and unknown', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    assert.deepEqual(
      await harness.ask(
        `{ certificate(thumbprint: "${'EE'.repeat(20)}") { id } device(deviceId: "") { id } }`,
      ),
      { certificate: null, device: null },
    );
  });

  it('is refused, never page one, for a cursor of another connection, or altered', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { certificates } = await harness.ask('{ certificates(first: 1) { pageInfo { endCursor } } }');
    const cursor = certificates.pageInfo.endCursor;
    const { data, errors } = await harness.run(
      `query ($cursor: String!, $cut: String!) {
        order: certificates(after: $cursor, orderBy: { field: NOT_AFTER }) { totalCount }
        direction: certificates(before: $cursor, orderBy: { field: THUMBPRINT, direction: DESC }) { totalCount }
        type: devices(after: $cursor) { totalCount }
        altered: certificates(after: $cut) { totalCount }
        empty: certificates(after: "") { totalCount }
        right: certificates(after: $cursor) { nodes { thumbprint } }
      }`,
      { cursor, cut: cursor.slice(0, -1) },
    );
    const { right, ...wrong } = data;
    assert.equal(right.nodes.length, 3);
    assert.deepEqual(Object.values(wrong), [null, null, null, null, null]);
    assert.deepEqual(
      errors.map(({ extensions }) => [extensions?.code, extensions?.argument, extensions?.rule]),
      [
        ['BAD_USER_INPUT', 'after', 'be a cursor of Certificate ordered by NOT_AFTER ASC, as this page is'],
        [
          'BAD_USER_INPUT',
          'before',
          'be a cursor of Certificate ordered by THUMBPRINT DESC, as this page is',
        ],
        ['BAD_USER_INPUT', 'after', 'be a cursor of Device ordered by DEVICE_ID ASC, as this page is'],
        ['BAD_USER_INPUT', 'after', 'be an unaltered cursor that this API has issued'],
        ['BAD_USER_INPUT', 'after', 'be an unaltered cursor that this API has issued'],
      ],
    );
    assert.ok(errors.every(({ message }) => message.length < 300));
  });

  it('keeps the codes of Apollo for requests that cannot be run at all, at status 400', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const cases: readonly (readonly [query: string, variables: Record<string, unknown>, code: string])[] = [
      ['{', {}, 'GRAPHQL_PARSE_FAILED'],
      ['{ certificate { id } }', {}, 'GRAPHQL_VALIDATION_FAILED'],
      [
        '{ certificates(filter: { notAfter: { lt: "soon" } }) { totalCount } }',
        {},
        'GRAPHQL_VALIDATION_FAILED',
      ],
      [
        'query ($at: DateTime!) { certificates(filter: { notAfter: { lt: $at } }) { totalCount } }',
        {},
        'BAD_USER_INPUT',
      ],
      [
        'query ($at: DateTime!) { certificates(filter: { notAfter: { lt: $at } }) { totalCount } }',
        { at: 'soon' },
        'BAD_USER_INPUT',
      ],
      ['query ($n: Int) { certificates(first: $n) { totalCount } }', { n: 1.5 }, 'BAD_USER_INPUT'],
      ['query A { __typename } query B { __typename }', {}, 'OPERATION_RESOLUTION_FAILURE'],
      ['subscription { snapshot }', {}, 'BAD_REQUEST'],
      ['', {}, 'BAD_REQUEST'],
    ];
    for (const [query, variables, code] of cases) {
      const { data, errors, status, extensions } = await harness.run(query, variables);
      assert.deepEqual([data, status, errors[0]?.extensions?.code], [undefined, 400, code], query);
      assert.ok(extensions?.snapshot, query);
    }
    assert.deepEqual(harness.log.lines, []);
  });

  it('says which variable is no instant, and what would be', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { errors } = await harness.run(
      'query ($at: DateTime) { certificates(filter: { notAfter: { lt: $at } }) { totalCount } }',
      {
        at: '2026-02-30',
      },
    );
    assert.deepEqual(errors[0]?.extensions, {
      code: 'BAD_USER_INPUT',
      argument: 'at',
      rule: 'be an RFC 3339 instant in the years 0001 to 9999, such as "2026-11-23T08:15:30Z"',
      value: '"2026-02-30"',
    });
    assert.match(
      String(errors[0]?.message),
      /^Variable "\$at" got invalid value "2026-02-30"; A DateTime must be an/,
    );
  });

  it('says where in a variable, whatever is wrong with it', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { errors, status } = await harness.run(
      `query ($filter: CertificateFilter, $thumbprint: String!) {
        certificates(filter: $filter) { totalCount }
        certificate(thumbprint: $thumbprint) { id }
      }`,
      {
        filter: { notAfter: { lt: 'soon' }, validity: { in: ['GONE'] }, and: [{ keySize: { gt: 'large' } }] },
      },
    );
    assert.equal(status, 400);
    assert.deepEqual(
      errors.map(({ extensions }) => [extensions?.code, extensions?.argument, extensions?.value]),
      [
        ['BAD_USER_INPUT', 'filter.and.0.keySize.gt', '"large"'],
        ['BAD_USER_INPUT', 'filter.notAfter.lt', '"soon"'],
        ['BAD_USER_INPUT', 'filter.validity.in.0', '"GONE"'],
        ['BAD_USER_INPUT', 'thumbprint', 'undefined'],
      ],
    );
    assert.ok(errors.every(({ extensions }) => typeof extensions?.rule === 'string'));
  });

  it('shows an instant as an instant', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { errors } = await harness.run(
      '{ certificates(filter: { validity: { at: "2026-01-01T01:00:00+01:00" } }) { totalCount } }',
    );
    assert.deepEqual(errors[0]?.extensions, {
      code: 'BAD_USER_INPUT',
      argument: 'filter.validity',
      rule: 'have at least one operand that is not null',
      value: '{"at":"2026-01-01T00:00:00Z"}',
    });
  });

  it('is one too when a null variable takes the place of a value that must be there', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { data, errors } = await harness.run(
      'query ($t: String = "x") { certificate(thumbprint: $t) { id } devices { totalCount } }',
      { t: null },
    );
    assert.deepEqual(data, { certificate: null, devices: { totalCount: 3 } });
    assert.deepEqual(
      errors.map(({ message, extensions }) => [message, extensions]),
      [
        [
          'Argument "thumbprint" of non-null type "String!" must not be null.',
          { code: 'BAD_USER_INPUT', argument: 'thumbprint', rule: 'not be null', value: 'null' },
        ],
      ],
    );
  });

  it('is bounded in how much it says', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const list = new Array<number>(500).fill(0);
    const { errors } = await harness.run(
      'query ($in: [String!]) { certificates(filter: { thumbprint: { in: $in } }) { totalCount } }',
      { in: list },
    );
    assert.equal(errors.length, 9);
    const fields = Array.from({ length: 500 }, (_, index) => `nothing${index}`);
    assert.equal((await harness.run(`{ devices { ${fields.join(' ')} } }`)).errors.length, 9);
    const tokens = await harness.run(`{ ${'__typename '.repeat(6_000)} }`);
    assert.equal(tokens.errors[0]?.extensions?.code, 'GRAPHQL_PARSE_FAILED');
    assert.equal(
      tokens.errors[0]?.message,
      'Syntax Error: Document contains more that 5000 tokens. Parsing aborted.',
    );
  });
});

describe('an error of ours', () => {
  it('is masked, and logged with the request id that the caller is told', async () => {
    const broken = openSmallInventory();
    const snapshot = new Proxy(broken, {
      get: (target, name) => {
        if (name === 'devices') throw new Error('secret detail');
        const value = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await using harness = await createHarness({ snapshot });
    const { data, errors, status } = await harness.run(
      '{ device(deviceId: "a") { id } certificates { totalCount } }',
    );
    assert.deepEqual(data, { device: null, certificates: { totalCount: 4 } });
    assert.equal(status, undefined);
    assert.deepEqual(errors, [
      {
        message: 'The gateway failed to answer; its log holds the cause under request id request-1.',
        locations: [{ line: 1, column: 3 }],
        path: ['device'],
        extensions: { code: 'INTERNAL_SERVER_ERROR' },
      },
    ]);
    const [line] = harness.log.lines;
    assert.ok(line);
    assert.equal(line.level, 'error');
    assert.equal((line.fields.err as Error).message, 'secret detail');
  });
});

describe('before the first snapshot', () => {
  const DATA_ROOTS = `
    node(id: "WyJHIiwiMCJd") { id }
    nodes(ids: ["WyJHIiwiMCJd"]) { id }
    certificate(thumbprint: "${'AA'.repeat(20)}") { id }
    device(deviceId: "a") { id }
    certificates { totalCount }
    installations { totalCount }
    devices { totalCount }
    rbacGroups { totalCount }`;

  it('every data root is null with SNAPSHOT_UNAVAILABLE, and refresh answers, at 200', async () => {
    await using harness = await createHarness();
    const { data, errors, status, extensions } = await harness.run(
      `{ ${DATA_ROOTS} snapshot { id } refresh { phase } }`,
    );
    const { refresh, ...others } = data;
    assert.deepEqual(refresh, { phase: 'IDLE' });
    assert.deepEqual(Object.values(others), new Array(9).fill(null));
    assert.deepEqual(
      errors.map(({ message, path, extensions }) => [message, path, extensions]),
      ['node', 'nodes', 'certificate', 'device', 'certificates', 'installations', 'devices', 'rbacGroups']
        .map((root) => [SNAPSHOT_MESSAGE, [root], { code: 'SNAPSHOT_UNAVAILABLE' }])
        .sort(([, left], [, right]) => order(errors, left) - order(errors, right)),
    );
    assert.equal(status, undefined);
    assert.equal(extensions?.snapshot, null);
    assert.deepEqual(harness.log.lines, []);
  });

  it('an operation without any data is 503, with the time to come back', async () => {
    const run = {
      runId: 'r',
      trigger: 'STARTUP',
      startedAtMs: NOW_MS,
      finishedAtMs: null,
      outcome: null,
      failure: null,
    };
    const progress = { filesTotal: null, filesDone: 0, bytesDownloaded: 0, recordsRead: 0 };
    const running = { ...run, trigger: 'STARTUP', progress } as const;
    for (const [status, retryAfter] of [
      [IDLE, '60'],
      [{ ...IDLE, nextRunAtMs: NOW_MS + 90_500 }, '91'],
      [{ ...IDLE, nextRunAtMs: NOW_MS - 1 }, '5'],
      [{ ...IDLE, currentRun: running, nextRunAtMs: NOW_MS + 90_500 }, '5'],
    ] as const) {
      await using harness = await createHarness({ status });
      for (const query of [`{ ${DATA_ROOTS} }`, '{ __typename devices { totalCount } snapshot { id } }']) {
        const answer = await harness.run(query);
        assert.deepEqual([answer.status, answer.headers.get('retry-after')], [503, retryAfter], query);
        assert.equal(answer.extensions?.snapshot, null);
      }
    }
  });

  it('an operation that asks for nothing of it is 200, and a malformed one is still the caller’s fault', async () => {
    await using harness = await createHarness();
    for (const query of [
      '{ snapshot { id } }',
      '{ __typename }',
      '{ refresh { id } }',
      'mutation { refreshSnapshot { status { id } } }',
    ]) {
      const { errors, status, extensions } = await harness.run(query);
      assert.deepEqual([errors, status, extensions?.snapshot], [[], undefined, null], query);
    }
    const { errors, status } = await harness.run('{ certificate(thumbprint: "x") { id } }');
    assert.deepEqual([errors[0]?.extensions?.code, status], ['BAD_USER_INPUT', undefined]);
  });

  it('nodes that need no snapshot are found', async () => {
    await using harness = await createHarness();
    assert.deepEqual(await harness.ask('{ nodes(ids: ["WyJSIl0"]) { id __typename } }'), {
      nodes: [{ id: 'WyJSIl0', __typename: 'RefreshStatus' }],
    });
  });
});

describe('extensions.snapshot', () => {
  it('names the snapshot of the answer, as the field does', async () => {
    await using harness = await createHarness({ snapshot: openSmallInventory() });
    const { data, extensions } = await harness.run('{ snapshot { id revision generatedAt } }');
    assert.deepEqual(extensions?.snapshot, data.snapshot);
    assert.deepEqual(Object.keys(data.snapshot), ['id', 'revision', 'generatedAt']);
  });
});

function order(errors: readonly { readonly path?: readonly (string | number)[] }[], path: unknown): number {
  return errors.findIndex((error) => JSON.stringify(error.path) === JSON.stringify(path));
}
