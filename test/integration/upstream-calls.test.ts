/** How many calls each trouble costs, by the simulated tenant's own count: exact, and no more than it takes. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { GatewayError } from '../../src/core/errors.ts';
import { DAY_MS, MINUTE_MS } from '../../src/core/units.ts';
import { createCallLedger } from '../../src/defender/call-ledger.ts';
import { createDefender } from '../../src/defender/defender.ts';
import type { SourceMode } from '../../src/defender/defender-source.ts';
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts';
import type { Fault } from '../../src/simulator/tenant/faults.ts';
import { createTestBudget } from '../support/call-records.ts';
import { type CollectingSink, createCollectingSink, neverAborted } from '../support/defender-fixtures.ts';
import { toDefenderSettings } from '../support/defender-settings.ts';
import { createMemoryStore } from '../support/entra-fixture.ts';
import { createManualClock } from '../support/manual-clock.ts';
import { createRecordingLogger } from '../support/recording-logger.ts';

const TENANT = { devices: 6, recordsPerDevice: 20, quirks: 'none', seed: 5 } as const;
/** Three pages. */
const PAGE_SIZE = 45;
const ALWAYS = Number.POSITIVE_INFINITY;

/** A client whose waits pass at once. */
function connect(simulator: Simulator, mode: SourceMode, pageSize = PAGE_SIZE) {
  const clock = createManualClock(Date.now(), { autoAdvance: true });
  const ledger = createCallLedger({ clock });
  const defender = createDefender<CollectingSink>(toDefenderSettings(simulator, { mode, pageSize }), {
    budget: createTestBudget(clock, { ledger }),
    tokenCache: createMemoryStore(),
    clock,
    random: () => 0,
    log: createRecordingLogger(),
    prompt: () => {},
    onRequest: () => {},
  });
  return {
    ledger,
    [Symbol.asyncDispose]: () => defender[Symbol.asyncDispose](),
    /** Reads everything: the records as texts, or the error; and the calls that it took. */
    read: async (onProgress: (pages: number) => void = () => {}) => {
      const before = simulator.calls.length;
      const outcome = await defender.source
        .readInventory({
          createSink: createCollectingSink,
          signal: neverAborted(),
          knownGeneratedAtMs: null,
          onProgress: ({ filesDone }) => onProgress(filesDone ?? 0),
        })
        .catch((error: GatewayError) => error);
      return {
        error: outcome instanceof Error ? outcome : undefined,
        rows:
          outcome instanceof Error
            ? []
            : outcome.sink.records.map(
                ({ device, certificate, path }) => `${device.deviceId} ${certificate.thumbprint} ${path}`,
              ),
        calls: simulator.calls.slice(before).map(({ endpoint, status }) => `${endpoint} ${status}`),
      };
    },
  };
}

function truthOf(simulator: Simulator): string[] {
  return [...simulator.records()].map(
    ({ deviceId, thumbprint, path }) => `${deviceId} ${thumbprint} ${path}`,
  );
}

const refusal = (
  status: number,
  error: Record<string, string> | string,
  headers: Readonly<Record<string, string>> = {},
): Fault => ({
  kind: 'reply',
  status,
  headers,
  body: typeof error === 'string' ? error : JSON.stringify({ error }),
});
const UNAUTHORIZED = { code: 'Unauthorized', target: '6d1f4a5e-0000-4000-a000-000000000001' };
const expired = { ...UNAUTHORIZED, message: 'Token is expired' };
const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };

describe('calls that a refusal costs', { concurrency: 3 }, () => {
  for (const mode of ['export', 'paged'] as const) {
    for (const [name, fault, code, statuses] of [
      ['401 of a token that stays refused', refusal(401, expired), 'UPSTREAM_UNAUTHORIZED', [401, 'T', 401]],
      [
        '401 with a challenge',
        refusal(401, { ...UNAUTHORIZED, message: '' }, challenge),
        'UPSTREAM_UNAUTHORIZED',
        [401, 'T', 401],
      ],
      [
        '401 of a licence that is missing',
        refusal(401, {
          ...UNAUTHORIZED,
          message: 'Unauthorized request - reason of failure: No Tvm license',
        }),
        'UPSTREAM_LICENSE_MISSING',
        [401],
      ],
      [
        '401 of an inactive account',
        refusal(
          401,
          { code: 'Unauthorized', message: 'reason of failure: Account mode is inactive' },
          challenge,
        ),
        'UPSTREAM_ACCOUNT_INACTIVE',
        [401],
      ],
      [
        '403 of a feature that is off',
        refusal(403, { code: 'DisabledFeature' }),
        'UPSTREAM_FEATURE_DISABLED',
        [403],
      ],
      [
        '403 of a wrong audience',
        refusal(403, { code: 'Forbidden', message: 'The audience of the token is not valid.' }),
        'UPSTREAM_FORBIDDEN',
        [403],
      ],
      ['403 with a code that nobody knows', refusal(403, { code: 'Brand-new' }), 'UPSTREAM_FORBIDDEN', [403]],
      ['404', refusal(404, { code: 'ResourceNotFound', message: 'x' }), 'UPSTREAM_NOT_FOUND', [404]],
      ['400', refusal(400, { code: 'InvalidInput', message: 'x' }), 'UPSTREAM_BAD_REQUEST', [400]],
      [
        '429',
        refusal(429, { code: 'TooManyRequests' }, { 'retry-after': '5' }),
        'UPSTREAM_RATE_LIMITED',
        [429],
      ],
      [
        '500 without a message',
        refusal(500, { code: 'InternalServerError', message: '' }),
        'UPSTREAM_UNAVAILABLE',
        [500, 500, 500, 500],
      ],
      ['502 of HTML', refusal(502, '<html>502</html>'), 'UPSTREAM_UNAVAILABLE', [502, 502, 502, 502]],
      ['503 of text', refusal(503, 'Unavailable.'), 'UPSTREAM_UNAVAILABLE', [503, 503, 503, 503]],
      ['504 without a body', refusal(504, ''), 'UPSTREAM_UNAVAILABLE', [504, 504, 504, 504]],
      ['200 of HTML', refusal(200, '<html>'), 'UPSTREAM_INVALID_RESPONSE', [200, 200, 200]],
    ] as const) {
      it(`${name}: ${statuses.length} from the ${mode} endpoint`, async () => {
        await using simulator = await createSimulator(TENANT);
        simulator.fail({ endpoint: mode, fault, times: ALWAYS });
        await using client = connect(simulator, mode);
        const { error, calls } = await client.read();
        assert.equal(error?.code, code);
        const expected = statuses.map((status) => (status === 'T' ? 'token 200' : `${mode} ${status}`));
        assert.deepEqual(calls, ['token 200', ...expected]);
        // A refused call is a call, for the budget as for Defender.
        const { limitPerHour, remainingThisHour } = client.ledger.state(
          mode === 'paged' ? 'PAGED' : 'EXPORT',
        );
        assert.equal(limitPerHour - remainingThisHour, statuses.filter((status) => status !== 'T').length);
      });
    }
  }

  it('a token that expires in the middle of a walk: one more, and one sign-in', async () => {
    await using simulator = await createSimulator(TENANT);
    simulator.fail({ endpoint: 'paged', fault: refusal(401, expired), after: 1 });
    await using client = connect(simulator, 'paged');
    const { rows, calls } = await client.read();
    assert.deepEqual(calls, ['token 200', 'paged 200', 'paged 401', 'token 200', 'paged 200', 'paged 200']);
    assert.deepEqual(rows, truthOf(simulator));
  });

  it('a role that is granted later: one refused call, and a new token before the next', async () => {
    await using simulator = await createSimulator({ ...TENANT, roles: ['Machine.Read.All'] });
    await using client = connect(simulator, 'paged');
    const first = await client.read();
    assert.deepEqual([first.error?.code, first.calls], ['UPSTREAM_ROLE_MISSING', ['token 200', 'paged 403']]);
    simulator.change({ roles: ['Vulnerability.Read.All'] });
    const { rows, calls } = await client.read();
    assert.deepEqual(calls, ['token 200', 'paged 200', 'paged 200', 'paged 200']);
    assert.deepEqual(rows, truthOf(simulator));
  });

  for (const mode of ['auto', 'export', 'paged'] as const) {
    for (const [name, fault, status] of [
      ['answers 502', refusal(502, '<html>'), 502],
      [
        'is unavailable for the moment',
        {
          kind: 'reply',
          status: 400,
          body: JSON.stringify({ error: 'temporarily_unavailable', error_codes: [90033] }),
        },
        400,
      ],
    ] as const) {
      it(`an Entra ID that ${name}: four, and none to Defender, with REFRESH_SOURCE=${mode}`, async () => {
        await using simulator = await createSimulator(TENANT);
        simulator.fail({ endpoint: 'token', fault, times: ALWAYS });
        await using client = connect(simulator, mode);
        const { error, calls } = await client.read();
        assert.deepEqual([error?.code, error?.retryable], ['UPSTREAM_SIGN_IN_UNAVAILABLE', true]);
        assert.deepEqual(calls, Array(4).fill(`token ${status}`));
      });
    }
  }
});

describe('a new export in the middle of a walk', () => {
  /** Another inventory after most of a day: three more records. */
  const CHANGING = {
    ...TENANT,
    devices: 40,
    exportIntervalMs: MINUTE_MS,
    tokenLifetimeSeconds: 86_400,
  };
  const MOST_OF_A_DAY_MS = 0.9 * DAY_MS;

  it('changes nothing where Defender keeps the old one for those who have begun', async () => {
    await using simulator = await createSimulator(CHANGING);
    const truth = truthOf(simulator);
    await using client = connect(simulator, 'paged', 300);
    const { rows, calls } = await client.read((pages) => {
      if (pages === 1) simulator.advance(MOST_OF_A_DAY_MS);
    });
    assert.deepEqual(calls, ['token 200', 'paged 200', 'paged 200', 'paged 200']);
    assert.deepEqual(rows, truth);
    assert.notEqual(truthOf(simulator).length, truth.length);
  });

  it('starts it over where Defender refuses links into the old one', async () => {
    await using simulator = await createSimulator(CHANGING);
    const old = truthOf(simulator);
    const refused = refusal(400, { code: 'InvalidInput', message: 'The skip token is not valid.' });
    simulator.fail({ endpoint: 'paged', fault: refused, after: 1 });
    await using client = connect(simulator, 'paged', 300);
    let isRenewed = false;
    const { rows, calls } = await client.read((pages) => {
      if (pages !== 1 || isRenewed) return;
      isRenewed = true;
      simulator.advance(MOST_OF_A_DAY_MS);
    });
    const again = ['paged 200', 'paged 200', 'paged 200'];
    assert.deepEqual(calls, ['token 200', 'paged 200', 'paged 400', ...again]);
    assert.deepEqual(rows, truthOf(simulator));
    assert.notEqual(rows.length, old.length);
  });
});
