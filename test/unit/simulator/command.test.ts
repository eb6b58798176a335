/** The simulator as a command: what it prints, what it refuses, and that it stops. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseSimulatorArguments, runSimulatorCommand } from '../../../src/simulator/command.ts';
import { NAMED_FAULTS } from '../../../src/simulator/faults/named-faults.ts';
import { resolveOptions } from '../../../src/simulator/options.ts';

interface Run {
  readonly exitCode: number;
  readonly lines: readonly string[];
  readonly errors: readonly string[];
}

async function run(args: readonly string[], onLine: (line: string, stop: () => void) => void): Promise<Run> {
  const lines: string[] = [];
  const errors: string[] = [];
  const controller = new AbortController();
  const exitCode = await runSimulatorCommand(args, {
    writeLine: (line) => {
      lines.push(line);
      onLine(line, () => controller.abort());
    },
    writeError: (line) => errors.push(line),
    signal: controller.signal,
  });
  return { exitCode, lines, errors };
}

const ignore = (): void => undefined;

describe('simulator command', () => {
  it('prints its address and the settings of a gateway, and stops on the signal', async () => {
    let seen = 0;
    const { exitCode, lines } = await run(['--devices', '1', '--records-per-device', '2'], (line, stop) => {
      if (line.startsWith('http') || line.includes('DEFENDER_API_URL')) seen++;
      if (line.startsWith('DEFENDER_DOWNLOAD_HOSTS=')) stop();
    });
    assert.equal(exitCode, 0);
    assert.equal(seen, 1);
    const url = /^Simulated Defender tenant on (http:\/\/127\.0\.0\.1:\d+)$/.exec(lines[0]!)![1]!;
    assert.ok(lines.includes(`DEFENDER_API_URL=${url}`));
    assert.ok(lines.includes(`AZURE_AUTHORITY_HOST=${url}`));
    await assert.rejects(fetch(url), 'the port is closed');
  });

  it('has the faults that it is told to have', async () => {
    let answered: Promise<readonly number[]> | undefined;
    await run(['--devices', '1', '--fault', 'sign-in-502:2'], (line, stop) => {
      const base = /^AZURE_AUTHORITY_HOST=(.*)/.exec(line)?.[1];
      if (base === undefined) return;
      const ask = async () => (await fetch(`${base}/common/oauth2/v2.0/token`, { method: 'POST' })).status;
      answered = (async () => [await ask(), await ask(), await ask()])().finally(stop);
    });
    assert.deepEqual(await answered, [502, 502, 400]);
  });

  it('describes every option with --help', async () => {
    const { exitCode, lines } = await run(['--help', '--nonsense'], ignore);
    assert.equal(exitCode, 0);
    for (const option of ['--devices', '--port', '--seed', '--quirks', '--spelling', '--no-licence']) {
      assert.ok(lines.join('\n').includes(option), option);
    }
  });

  it('lists every bad argument with what is expected, and does not start', async () => {
    const { exitCode, lines, errors } = await run(
      [
        '--devices',
        'many',
        '--port=70000',
        'stray',
        '--quirks',
        'dates,odd',
        '--spelling',
        'kebab',
        '--colour',
        '--no-role=1',
        '--public-url',
        'host',
        '--fault',
        'export-500:0,earthquake,toString',
        '--seed',
      ],
      ignore,
    );
    assert.equal(exitCode, 64);
    assert.deepEqual(lines, []);
    const text = errors.join('\n');
    for (const fault of [
      'stray: expected an option that starts with --.',
      '--colour: no such option.',
      '--no-role: takes no value.',
      '--seed: expected a value.',
      '--devices: expected a whole number from 0 to 10000000, but got: many.',
      '--port: expected a whole number from 0 to 65535, but got: 70000.',
      'but got: odd.',
      '--fault: expected names that --faults lists, each with a number of calls or none, but got: export-500:0.',
      'but got: earthquake.',
      'but got: toString.',
      '--spelling: expected one of legacy, current, pascal, but got: kebab.',
      '--public-url: expected http:// or https://, a host and maybe a port, but got: host.',
    ]) {
      assert.ok(text.includes(fault), fault);
    }
  });

  it('lists the faults, and what each is about', async () => {
    const { exitCode, lines } = await run(['--faults'], ignore);
    assert.equal(exitCode, 0);
    assert.equal(lines.length, Object.keys(NAMED_FAULTS).length);
    assert.ok(
      lines.some((line) => /^file-reset +a connection that is reset in the middle of a file$/.test(line)),
    );
  });

  it('reads every option', () => {
    assert.deepEqual(
      parseSimulatorArguments([
        ...['--devices', '10', '--records-per-device', '20', '--records-per-file', '30', '--coverage', '50'],
        ...['--seed', '4', '--quirks', 'dates, groups', '--spelling', 'legacy', '--spelling-paged', 'pascal'],
        ...[
          '--host',
          '0.0.0.0',
          '--port',
          '81',
          '--public-url',
          'http://sim.test:81/',
          '--no-licence',
          '--no-role',
        ],
        '--no-limits',
        ...['--fault', 'export-500, file-reset:3'],
      ]),
      {
        kind: 'options',
        orders: [
          { name: 'export-500', times: Number.POSITIVE_INFINITY },
          { name: 'file-reset', times: 3 },
        ],
        options: {
          devices: 10,
          recordsPerDevice: 20,
          recordsPerFile: 30,
          coverage: 0.5,
          seed: 4,
          quirks: ['dates', 'groups'],
          spelling: { export: 'legacy', paged: 'pascal' },
          host: '0.0.0.0',
          port: 81,
          publicUrl: 'http://sim.test:81',
          licensed: false,
          roles: [],
          limits: {
            paged: { perMinute: Number.POSITIVE_INFINITY, perHour: Number.POSITIVE_INFINITY },
            export: { perMinute: Number.POSITIVE_INFINITY, perHour: Number.POSITIVE_INFINITY },
          },
        },
      },
    );
  });
});

describe('simulator options', () => {
  it('have defaults for everything', () => {
    const options = resolveOptions({ now: () => Date.UTC(2026, 10, 23, 15, 4, 5) });
    assert.equal(options.startAt, Date.UTC(2026, 10, 23, 15, 4, 5));
    assert.equal(options.startDaySeconds, Date.UTC(2026, 10, 23) / 1000);
    assert.deepEqual(options.limits, {
      paged: { perMinute: 30, perHour: 1000 },
      export: { perMinute: 5, perHour: 20 },
    });
    assert.deepEqual(options.spelling, { export: 'pascal', paged: 'current' });
  });

  it('are refused by name when out of range', () => {
    for (const [name, value] of [
      ['devices', -1],
      ['devices', 10_000_001],
      ['recordsPerDevice', 0],
      ['recordsPerFile', 1.5],
      ['port', 65_536],
      ['exportIntervalMs', 59_999],
      ['tokenLifetimeSeconds', 0],
    ] as const) {
      assert.throws(() => resolveOptions({ [name]: value }), {
        name: 'RangeError',
        message: new RegExp(`^${name} must be a whole number from \\d+ to \\d+, but got: ${value}\\.$`),
      });
    }
    assert.throws(
      () => resolveOptions({ coverage: 1.1 }),
      /^RangeError: coverage must be a number from 0 to 1, but got: 1\.1\.$/,
    );
  });
});
